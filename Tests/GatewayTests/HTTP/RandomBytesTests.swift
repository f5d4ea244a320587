import Testing

@testable import WebhookGateway

/// Bytes from a seed: legal messages with some bytes changed, dropped or doubled.
@Suite struct RandomBytesTests {
    @Test(arguments: 0..<8) func `damaged requests never crash and are read alike in pieces`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let rows = FramingTests.cases.filter { $0.bytes.count < 400 }
        for _ in 0..<300 {
            var bytes = rows[Int.random(in: 0..<rows.count, using: &random)].bytes
            bytes += rows[Int.random(in: 0..<rows.count, using: &random)].bytes
            Self.damage(&bytes, &random)
            let splits = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let whole = Conversation(bytes, splits: []).transcript
            let pieces = Conversation(bytes, splits: splits).transcript
            guard whole == pieces else {
                Issue.record("\(bytes) split at \(splits): \(pieces) instead of \(whole)")
                return
            }
        }
    }

    @Test(arguments: 0..<8) func `damaged answers never crash`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let rows = ResponseParserTests.cases.filter { $0.wire.utf8.count < 400 }
        for _ in 0..<300 {
            let row = rows[Int.random(in: 0..<rows.count, using: &random)]
            var bytes = latin1(row.wire)
            Self.damage(&bytes, &random)
            var parser = ResponseParser(isHead: row.isHead, maxBodyBytes: 64)
            let response = Result { () throws(ResponseError) in try parser.received(bytes.span) }
            if case .success(let response?) = response { #expect(response.body.count <= 64) }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let interesting = latin1("\r\n \t:;,\0\u{7F}\u{80}0aF\"\\/?*")
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] = interesting[Int.random(in: 0..<interesting.count, using: &random)]
            case 2: bytes.remove(at: index)
            default: bytes.insert(contentsOf: bytes.suffix(from: index).prefix(8), at: index)
            }
        }
    }
}

/// A small generator that repeats (Steele, Lea, Flood 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Testing

@testable import Verifiers

/// The scan of regularly written texts goes ahead of the one that judges: the outcome must be the same with and without.
struct JSONRegularScanTests {
    @Test func `what is accepted, refused or no UTF-8 is so wherever it stands in a longer text`() {
        let texts =
            JSONCases.accepted.map { Array($0.utf8) } + JSONCases.refused.map { Array($0.text.utf8) }
            + JSONCases.notUTF8.map { [0x22] + $0 + [0x22] } + [Array(JSONCases.sample.utf8)]
        let space = [UInt8](repeating: 0x20, count: 64)
        for text in texts {
            expectSame(text)
            expectSame(text + space)
            expectSame(Array("[1, ".utf8) + text + Array(", \"z\" ]".utf8) + space)
            expectSame(Array("{\"name\": ".utf8) + text + Array(",\n\"z\":[]}".utf8) + space)
            expectSame(Array("{".utf8) + text + Array(":1}".utf8) + space)
        }
    }

    @Test func `bodies with bytes changed at random are judged the same`() {
        var generator = SeededGenerator(seed: 7)
        let sample = Array(JSONCases.sample.utf8)
        let bytes = Array("\"\\{}[],: \n\t0-1.eEtfnua".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xFF]
        for _ in 0..<3000 {
            var text = sample + sample.prefix(Int.random(in: 0...sample.count, using: &generator))
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                text[Int.random(in: 0..<text.count, using: &generator)] = bytes.randomElement(using: &generator) ?? 0
            }
            expectSame(text)
            expectSame(Array("[".utf8) + text.prefix(sample.count) + Array(",".utf8) + sample + Array("]".utf8))
        }
    }

    @Test func `a text may end anywhere`() {
        let sample = Array(JSONCases.sample.utf8)
        for end in 0...sample.count { expectSame(Array(sample.prefix(end))) }
    }

    private enum Outcome: Equatable {
        case read(count: Int, spaced: Bool, loneSurrogates: Bool, nodes: [[Int]])
        case failed(JSONError)
    }

    private func expectSame(_ text: [UInt8]) {
        let (first, second) = (outcome(text, beginsRegularly: true), outcome(text, beginsRegularly: false))
        #expect(first == second, "\(String(decoding: text, as: UTF8.self))")
    }

    private func outcome(_ text: [UInt8], beginsRegularly: Bool) -> Outcome {
        var records = [JSONDocument.Record.null]
        do {
            let (count, traits) = try JSONScanner.scan(text.span, into: &records, beginsRegularly: beginsRegularly)
            let nodes = records.prefix(count).map { record in
                [record.start, record.end, record.keyStart, record.keyEnd, record.next].map { Int($0) }
                    + [Int(record.kind.rawValue), Int(record.flags.rawValue)]
            }
            return .read(
                count: count, spaced: traits.spaced, loneSurrogates: traits.loneSurrogates, nodes: nodes)
        } catch {
            return .failed(error)
        }
    }
}

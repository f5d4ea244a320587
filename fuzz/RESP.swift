@testable import WebhookGateway

/// Replies of Redis from arbitrary bytes: whole and in pieces they must be read alike.
enum RESPTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        guard input.count > 1, !announcesMuch(input) else { return }
        let bytes = Array(input[1...])
        let whole = read(bytes, stride: bytes.count)
        precondition(whole == read(bytes, stride: Int(input[0]) + 1), "the result depends on where the bytes are split")
        for reply in whole { _ = (reply.string, reply.integer, reply.elements?.count) }
    }

    /// hiredis makes room for an array of the announced length before it sees its elements, and Redis is trusted with
    /// that; the fuzzer would find nothing else.
    private static func announcesMuch(_ bytes: [UInt8]) -> Bool {
        var digits = -1
        for byte in bytes {
            if byte == UInt8(ascii: "*") {
                digits = 0
            } else if digits >= 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits += 1
                if digits > 5 { return true }
            } else if digits > 0 {
                digits = -1
            }
        }
        return false
    }

    private static func read(_ bytes: [UInt8], stride: Int) -> [RedisReply] {
        guard let decoder = RESPDecoder() else { preconditionFailure("out of memory") }
        var replies: [RedisReply] = []
        var start = 0
        do throws(RedisFailure) {
            while start < bytes.count {
                let end = min(bytes.count, start + stride)
                let fed = bytes[start..<end].withUnsafeBytes { piece in
                    Result { () throws(RedisFailure) in try decoder.feed(piece) }
                }
                try fed.get()
                start = end
                while let reply = try decoder.next() { replies.append(reply) }
            }
        } catch {
            precondition(!error.description.isEmpty)
        }
        return replies
    }
}

import CHiredis
import Foundation

/// One connection to Redis with a thread of its own, which sends whatever has gathered while it waited.
final class RedisPipeline: @unchecked Sendable {
    // Unchecked, because `calls` is only touched under `condition`, and `context` only by the thread.
    private struct Call {
        let arguments: [[UInt8]]
        let continuation: CheckedContinuation<Int?, Never>
    }

    struct ConnectionRefused: Error {}

    private let condition = NSCondition()
    private let context: UnsafeMutablePointer<redisContext>
    private var calls: [Call] = []

    init(port: Int32) throws {
        guard let context = redisConnect("127.0.0.1", port), context.pointee.err == 0 else { throw ConnectionRefused() }
        self.context = context
        Thread { [unowned self] in run() }.start()
    }

    /// The reply's integer; nil when Redis answered anything else.
    func call(_ arguments: [[UInt8]]) async -> Int? {
        await withCheckedContinuation { continuation in
            condition.lock()
            calls.append(Call(arguments: arguments, continuation: continuation))
            condition.signal()
            condition.unlock()
        }
    }

    private func run() {
        while true {
            condition.lock()
            while calls.isEmpty { condition.wait() }
            let batch = calls
            calls = []
            condition.unlock()
            for call in batch { append(call.arguments) }
            for call in batch { call.continuation.resume(returning: reply()) }
        }
    }

    private func append(_ arguments: [[UInt8]]) {
        // hiredis copies the bytes; they lie one after the other for the call.
        let joined = arguments.flatMap { $0 }
        joined.withUnsafeBytes { bytes in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for argument in arguments {
                pointers.append(bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) })
                offset += argument.count
            }
            let lengths = arguments.map(\.count)
            _ = redisAppendCommandArgv(context, Int32(arguments.count), &pointers, lengths)
        }
    }

    private func reply() -> Int? {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReply(context, &raw) == REDIS_OK, let raw else { return nil }
        defer { freeReplyObject(raw) }
        let reply = raw.assumingMemoryBound(to: redisReply.self)
        return reply.pointee.type == REDIS_REPLY_INTEGER ? Int(reply.pointee.integer) : nil
    }
}

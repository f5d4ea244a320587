/// What an operator does to a queue as a whole: look, pause, resume, clear.
@ControlPlane
struct QueueControl {
    static nonisolated let scripts: [RedisScript] = [.queuePause, .queueResume, .queueClear]

    /// What becomes of a pause or its end.
    enum Change: Equatable, Sendable {
        /// How many entries wait.
        case done(waiting: Int)
        /// It was so before.
        case unchanged
    }

    let queue: String
    let connection: RedisConnection
    let keys: Keys
    let archiveSeconds: Int

    /// The first entries in the order in which they will be taken; nothing is moved.
    func peek(_ count: Int) async throws(RedisFailure) -> [[UInt8]] {
        let replies = try await connection.pipeline(
            [keys.queueAside(queue), keys.queue(queue)].map { key in
                ["LRANGE", .text(key), 0, .integer(Int64(count - 1))]
            })
        return Array(replies.flatMap { $0.elements?.compactMap(\.bytes) ?? [] }.prefix(count))
    }

    /// When the entry that is taken next was received, in Unix milliseconds; nil when there is none that says so.
    func oldest() async throws(RedisFailure) -> Int64? {
        guard let entry = try await peek(1).first, let event = try? Event(json: entry) else { return nil }
        return event.receivedAt
    }

    /// No worker gets anything from the queue any more; what they hold they finish.
    func pause() async throws(RedisFailure) -> Change {
        var call = ScriptCall(.queuePause, keys: pauseKeys)
        call.add(Clock.unixMilliseconds())
        return Self.change(try await connection.evaluate(call))
    }

    /// Workers get what waits, in the old order.
    func resume() async throws(RedisFailure) -> Change {
        Self.change(try await connection.evaluate(ScriptCall(.queueResume, keys: pauseKeys)))
    }

    /// Discards what waits; the ledger counts it. Returns how many entries there were.
    ///
    /// It takes them a part at a time, so that others get their turn at Redis; what comes in meanwhile stays.
    func clear() async throws(RedisFailure) -> Int {
        let lengths = try await connection.pipeline(
            [keys.queue(queue), keys.queueAside(queue)].map { ["LLEN", .text($0)] })
        let waiting = lengths.reduce(0) { $0 + Int($1.integer ?? 0) }
        var cleared = 0
        while cleared < waiting {
            var call = ScriptCall(.queueClear, keys: [keys.queue(queue), keys.queueAside(queue), keys.ledger])
            call.add(queue)
            call.add(keys.prefix)
            call.add(Int64(archiveSeconds))
            call.add(Int64(min(waiting - cleared, Self.entriesPerCall)))
            let count = Int(try await connection.evaluate(call).integer ?? 0)
            guard count > 0 else { break }
            cleared += count
        }
        return cleared
    }

    private static let entriesPerCall = 500

    private var pauseKeys: [String] { [keys.queue(queue), keys.queueAside(queue), keys.queuePaused(queue)] }

    private static func change(_ reply: RedisReply) -> Change {
        guard let count = reply.integer, count >= 0 else { return .unchanged }
        return .done(waiting: Int(count))
    }
}

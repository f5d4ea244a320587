/// One call of a script, encoded as it is put together: keys first, then arguments.
struct ScriptCall {
    let script: RedisScript
    private var encoder = RESPEncoder()
    private var count: Int

    init(_ script: RedisScript, keys: [String]) {
        self.script = script
        encoder.argument(Int64(keys.count))
        for key in keys { encoder.argument(key) }
        count = 1 + keys.count
    }

    mutating func add(_ value: String) {
        encoder.argument(value)
        count += 1
    }

    mutating func add(_ value: StaticString) {
        encoder.argument(value)
        count += 1
    }

    mutating func add(_ value: [UInt8]) {
        encoder.argument(value)
        count += 1
    }

    mutating func add(_ value: Int64) {
        encoder.argument(value)
        count += 1
    }

    /// Hands the call to this turn's write.
    func send(on connection: RedisConnection, then completion: @escaping RedisConnection.Completion) {
        connection.evaluate(script, argumentCount: count, tail: [encoder.bytes], then: completion)
    }
}

extension RedisConnection {
    /// Runs a script and waits for its reply; an error reply is thrown as `refused`.
    func evaluate(_ call: ScriptCall) async throws(RedisFailure) -> RedisReply {
        let replies = try await evaluate([call])
        return replies[0]
    }

    /// Runs scripts one after another, sent in one write; the first error is thrown when all have been answered.
    func evaluate(_ calls: [ScriptCall]) async throws(RedisFailure) -> [RedisReply] {
        guard !calls.isEmpty else { return [] }
        typealias Outcome = Result<RedisReply, RedisFailure>
        let results = await withCheckedContinuation { (continuation: CheckedContinuation<[Outcome?], Never>) in
            // A script that the server lost is sent again and answered later than its successors.
            var results = [Outcome?](repeating: nil, count: calls.count)
            var missing = calls.count
            for (index, call) in calls.enumerated() {
                call.send(on: self) { result in
                    results[index] = result
                    missing -= 1
                    if missing == 0 { continuation.resume(returning: results) }
                }
            }
        }
        var replies: [RedisReply] = []
        replies.reserveCapacity(results.count)
        for case .some(let result) in results {
            let reply = try result.get()
            if case .error(let text) = reply { throw .refused(text) }
            replies.append(reply)
        }
        return replies
    }
}

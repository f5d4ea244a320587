/// The same connection for those who may wait: callers must be on the connection's loop (the control plane).
extension RedisConnection {
    /// Connects and waits until commands can be sent; false when that does not happen in time. Installs `stateChanged`.
    func becomesReady(within limit: Duration) async -> Bool {
        if isReady { return true }
        return await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            var isDone = false
            let finish = { (value: Bool) in
                guard !isDone else { return }
                isDone = true
                continuation.resume(returning: value)
            }
            stateChanged = { isReady, _ in if isReady { finish(true) } }
            loop.schedule(after: limit) { finish(false) }
            start()
        }
    }

    /// Sends one command and waits for its reply; an error reply is thrown as `refused`.
    func command(_ arguments: [RedisArgument]) async throws(RedisFailure) -> RedisReply {
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
            send(arguments) { continuation.resume(returning: $0) }
        }
        return try Self.value(result)
    }

    /// Sends several commands in one write and waits for all replies, in order; error replies stay values.
    func pipeline(_ commands: [[RedisArgument]]) async throws(RedisFailure) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        let results = await withCheckedContinuation { (continuation: CheckedContinuation<[Outcome], Never>) in
            var results: [Outcome] = []
            for command in commands {
                send(command) { result in
                    results.append(result)
                    if results.count == commands.count { continuation.resume(returning: results) }
                }
            }
        }
        var replies: [RedisReply] = []
        replies.reserveCapacity(results.count)
        for result in results { replies.append(try result.get()) }
        return replies
    }

    /// Runs a script; an error reply is thrown as `refused`.
    func evaluate(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]
    ) async throws(RedisFailure) -> RedisReply {
        var encoder = RESPEncoder()
        encoder.arguments([.integer(Int64(keys.count))] + keys + arguments)
        let tail = [encoder.bytes]
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
            evaluate(script, argumentCount: 1 + keys.count + arguments.count, tail: tail) {
                continuation.resume(returning: $0)
            }
        }
        return try Self.value(result)
    }

    private typealias Outcome = Result<RedisReply, RedisFailure>

    private static func value(_ result: Outcome) throws(RedisFailure) -> RedisReply {
        let reply = try result.get()
        if case .error(let text) = reply { throw .refused(text) }
        return reply
    }
}

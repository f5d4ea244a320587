/// Commands that one connection sends between MULTI and EXEC.
///
/// The server runs them in one step, however many reads their bytes come in. Where it syncs its log after every turn of
/// its own loop (`appendfsync always`), that is one write to disk instead of one for each 16 to 32 KiB.
final class RedisTransaction {
    private static let rejection = "EXECABORT Transaction discarded because of: "

    /// Who waits for EXEC, in the order of the commands.
    private var queued: [RedisConnection.Completion] = []
    /// What the server said to a command that it did not take; it then executes none.
    private var refusal: String?

    /// The completion to send a command of the transaction with. A server that knows no transaction answers at once.
    func completion(for completion: @escaping RedisConnection.Completion) -> RedisConnection.Completion {
        { [self] result in
            switch result {
            case .success(.status("QUEUED")): return queued.append(completion)
            case .success(.error(let text)): refusal = refusal ?? text
            case .success, .failure: break
            }
            completion(result)
        }
    }

    /// EXEC was answered: everybody is told of their own command.
    func end(_ result: Result<RedisReply, RedisFailure>) {
        let waiting = queued
        queued = []
        if case .success(.array(let replies)) = result, replies.count == waiting.count {
            for (completion, reply) in zip(waiting, replies) { completion(.success(reply)) }
            return
        }
        let failure = failure(result)
        for completion in waiting { completion(failure) }
    }

    /// The word on a transaction that was not executed: rather why than that.
    private func failure(_ result: Result<RedisReply, RedisFailure>) -> Result<RedisReply, RedisFailure> {
        switch result {
        case .failure: return result
        case .success(.error(let text)):
            let reason = text.hasPrefix(Self.rejection) ? String(text.dropFirst(Self.rejection.count)) : text
            return .success(.error(refusal ?? reason))
        case .success: return .failure(.unexpectedReply("EXEC answers a list of replies"))
        }
    }
}

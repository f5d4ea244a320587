import Verifiers

/// Watches the workers of all queues: what a dead one held goes back, what is due comes in.
@ControlPlane
final class QueueReaper {
    /// What one round did to one queue.
    struct Round: Equatable, Sendable {
        var queue: String
        /// Entries back at the head of the queue.
        var returned = 0
        /// Entries that came back too often.
        var dead = 0
        /// Consumers not watched any more.
        var forgotten = 0
        /// Delayed entries that became due.
        var due = 0
    }

    private let connection: RedisConnection
    private let keys: Keys
    private let mostReturns: Int

    init(connection: RedisConnection, keys: Keys, mostReturns: Int) {
        self.connection = connection
        self.keys = keys
        self.mostReturns = mostReturns
    }

    /// Notes queues of the configuration, so that they are watched after they have left it, too.
    func watch(_ queues: [String]) async throws(RedisFailure) {
        guard !queues.isEmpty else { return }
        _ = try await connection.command(["SADD", .text(keys.queues)] + queues.map { .text($0) })
    }

    /// Goes through all queues once; tells about those where something happened.
    func round() async throws(RedisFailure) -> [Round] {
        let queues =
            try await connection.command(["SMEMBERS", .text(keys.queues)]).elements?.compactMap(\.string) ?? []
        let replies = try await connection.evaluate(queues.map(call))
        return zip(queues, replies).compactMap { queue, reply in
            let counts = reply.elements?.compactMap { $0.integer.map(Int.init) } ?? []
            guard counts.count == 4, counts.contains(where: { $0 > 0 }) else { return nil }
            return Round(queue: queue, returned: counts[0], dead: counts[1], forgotten: counts[2], due: counts[3])
        }
    }

    private func call(for queue: String) -> ScriptCall {
        var call = ScriptCall(
            .queueReap,
            keys: [
                keys.queue(queue), keys.consumers(queue), keys.delayed(queue), keys.dead(queue), keys.returns(queue),
                keys.idle(queue),
            ])
        call.add(keys.work(queue, ""))
        call.add(keys.lease(queue, ""))
        call.add(Int64(mostReturns))
        call.add(QueueStore.consumerMemory.milliseconds)
        call.add(DeadEntry.now())
        call.add(keys.prefix)
        call.add(queue)
        return call
    }
}

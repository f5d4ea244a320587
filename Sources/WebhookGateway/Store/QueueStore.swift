/// What the forwarder does with a queue of events: take, dispatch to lanes, give back, and reap for workers that died.
///
/// The forwarder is one consumer among others by the public protocol (docs/workers.md); its scripts only do in one step
/// for a hundred entries what a worker does for one. Scripts/Queue*.swift and Scripts/DispatchScript.swift hold the rules.
@ControlPlane
final class QueueStore {
    /// A work list holds at most this many entries (contract of the protocol).
    static let mostHeld = 100
    /// Entries are taken until they weigh this much, so that a queue of huge events cannot fill the memory.
    static let mostBytes = 4 << 20
    /// How long a consumer may be silent before its work goes back.
    static let leaseSeconds = 30
    /// A consumer without lease and work is remembered this long: its next take may still be on the way.
    static let consumerMemory = Duration.seconds(3600)

    static nonisolated let scripts: [RedisScript] = [.queueClaim, .queueRelease, .queueReap, .dispatch]

    let queue: String
    let consumer: String
    /// Whether entries are taken only while no other consumer holds any, so that they are dispatched in their order.
    var isExclusive = false
    private let connection: RedisConnection
    private let keys: Keys
    private let archiveSeconds: Int

    /// - Parameter consumer: names one life of one process.
    init(_ queue: String, consumer: String, connection: RedisConnection, keys: Keys, archiveSeconds: Int) {
        self.queue = queue
        self.consumer = consumer
        self.connection = connection
        self.keys = keys
        self.archiveSeconds = archiveSeconds
    }

    /// Renews the lease, tops the work list up and returns all that it holds.
    func claim() async throws(RedisFailure) -> [[UInt8]] {
        try Self.entries(try await connection.evaluate(claimCall()))
    }

    /// Moves the work list to the lanes and claims the next one, in one write.
    ///
    /// - Returns: whether the entries were still this consumer's (else nothing was moved), and the next entries.
    func dispatch(_ batch: DispatchBatch) async throws(RedisFailure) -> (isMoved: Bool, next: [[UInt8]]) {
        let replies = try await connection.evaluate([dispatchCall(batch), claimCall()])
        return (replies[0].integer == 1, try Self.entries(replies[1]))
    }

    /// Waits on a connection of its own until the queue has an entry, which is then in the work list.
    ///
    /// - Returns: whether one came before the time was up.
    func wait(_ seconds: Int, on blocking: RedisConnection) async throws(RedisFailure) -> Bool {
        let work = keys.work(queue, consumer)
        let reply = try await blocking.command([
            "BLMOVE", .text(keys.queue(queue)), .text(work), "LEFT", "RIGHT", .integer(Int64(seconds)),
        ])
        return reply.bytes != nil
    }

    /// Gives the whole work list back to the head of the queue.
    func release() async throws(RedisFailure) -> Int {
        let call = ScriptCall(
            .queueRelease, keys: [keys.queue(queue), keys.work(queue, consumer), keys.lease(queue, consumer)])
        return Int(try await connection.evaluate(call).integer ?? 0)
    }

    private func claimCall() -> ScriptCall {
        var call = ScriptCall(
            .queueClaim,
            keys: [
                keys.queue(queue), keys.work(queue, consumer), keys.lease(queue, consumer), keys.consumers(queue),
                keys.returns(queue),
            ])
        call.add(consumer)
        call.add(Int64(Self.leaseSeconds))
        call.add(Int64(Self.mostHeld))
        call.add(Int64(Self.mostBytes))
        call.add(isExclusive ? keys.work(queue, "") : "")
        return call
    }

    private func dispatchCall(_ batch: DispatchBatch) -> ScriptCall {
        var call = ScriptCall(
            .dispatch, keys: [keys.work(queue, consumer), keys.ledger, keys.dead(queue), keys.returns(queue)])
        call.add(keys.prefix)
        call.add(Int64(archiveSeconds))
        call.add(queue)
        call.add(Int64(batch.destinations.count))
        for destination in batch.destinations { call.add(destination) }
        for entry in batch.entries {
            switch entry {
            case .event(let route, let id, let bytes):
                call.add(route)
                call.add(id)
                call.add(Int64(bytes))
            case .junk(let entry, let dead):
                call.add("!" as StaticString)
                call.add(entry)
                call.add(dead)
            }
        }
        return call
    }

    private static func entries(_ reply: RedisReply) throws(RedisFailure) -> [[UInt8]] {
        guard let elements = reply.elements else { throw .unexpectedReply("a claim is a list") }
        return elements.compactMap(\.bytes)
    }
}

/// A work list and where each of its entries goes.
struct DispatchBatch: Sendable {
    enum Entry: Sendable {
        /// `route` is what the dispatch script reads: `<wanted>;<disabled>`, numbers into `destinations`, from 1; `!<n>`
        /// behind it: the n-th forced replay.
        case event(route: String, id: String, bytes: Int)
        /// Not an event: `dead` goes to the dead list instead.
        case junk([UInt8], dead: [UInt8])
    }

    var destinations: [String] = []
    var entries: [Entry] = []
}

/// Hands deliveries to a Redis that syncs each write to disk: one transaction is under way at a time, and the next one
/// holds all that has come meanwhile. The slower the disk, the more deliveries share a wait for it.
final class GroupCommit {
    /// So many events at most go together: a transaction holds up everybody else on the server.
    private static let eventsPerTransaction = 500

    private struct Delivery {
        var events: [NewEvent]
        var source: SourceKeys
        var settlement: EventStore.Settlement?
        var completion: EventStore.Completion
    }

    private let store: EventStore
    private let connection: RedisConnection
    private var held: [Delivery] = []
    private var isUnderWay = false

    init(_ store: EventStore, on connection: RedisConnection) {
        self.store = store
        self.connection = connection
    }

    /// Adds a delivery to the next transaction; for the rest as `EventStore.accept`.
    func add(
        _ events: [NewEvent], of source: SourceKeys, through settlement: EventStore.Settlement?,
        then completion: @escaping EventStore.Completion
    ) {
        held.append(Delivery(events: events, source: source, settlement: settlement, completion: completion))
    }

    /// Begins the next transaction unless one is under way; without a connection all deliveries are told so.
    func flush() {
        while !held.isEmpty, !isUnderWay {
            let batch = takeBatch()
            isUnderWay = true
            connection.transact {
                for delivery in batch {
                    store.accept(
                        delivery.events, of: delivery.source, through: delivery.settlement, then: delivery.completion)
                }
                store.flush()
            } ended: { [weak self] in
                self?.isUnderWay = false
            }
        }
    }

    private func takeBatch() -> [Delivery] {
        var count = 0
        var events = 0
        while count < held.count, events < Self.eventsPerTransaction {
            events += held[count].events.count
            count += 1
        }
        let batch = Array(held[..<count])
        held.removeFirst(count)
        return batch
    }
}

/// New events for those who watch: looked up twice a second, once for all of them.
@ControlPlane
final class EventFeed {
    /// One who watches.
    @ControlPlane
    final class Subscriber {
        let query: EventQuery
        /// Of a tenant's token; nil: it sees all.
        fileprivate let tenant: String?
        /// Events that were not taken yet, oldest first.
        fileprivate(set) var waiting: [EventSummary] = []
        /// How many were left out because too many waited.
        fileprivate(set) var dropped = 0
        fileprivate var wake: CheckedContinuation<Void, Never>?

        fileprivate init(_ query: EventQuery, tenant: String?) {
            self.query = query
            self.tenant = tenant
        }

        fileprivate func take(_ event: EventSummary) {
            if waiting.count < EventFeed.mostWaiting { waiting.append(event) } else { dropped += 1 }
        }

        fileprivate func wakeUp() {
            wake?.resume()
            wake = nil
        }
    }

    private static let interval = Duration.milliseconds(500)
    /// Events come into the index a moment after their arrival, so each look goes back a little.
    private static let overlap: Int64 = 3000
    private static let eventsPerLook = 1000
    fileprivate static let mostWaiting = 1000
    static let mostSubscribers = 100
    /// Of one tenant's tokens, so that it does not keep others from watching.
    static let mostOfTenant = 20

    private let services: AdminServices
    private var subscribers: [ObjectIdentifier: Subscriber] = [:]
    private var seen: [String: Int64] = [:]
    private var since: Int64 = 0
    private var task: Task<Void, Never>?

    init(_ services: AdminServices) { self.services = services }

    /// Nil when there are too many already, in all or of the tenant's.
    func subscribe(_ query: EventQuery, tenant: String?) -> Subscriber? {
        guard subscribers.count < Self.mostSubscribers,
            tenant == nil || subscribers.values.count(where: { $0.tenant == tenant }) < Self.mostOfTenant
        else { return nil }
        let subscriber = Subscriber(query, tenant: tenant)
        subscribers[ObjectIdentifier(subscriber)] = subscriber
        if task == nil { start() }
        return subscriber
    }

    func unsubscribe(_ subscriber: Subscriber) {
        subscribers[ObjectIdentifier(subscriber)] = nil
        subscriber.wakeUp()
        if subscribers.isEmpty { stop() }
    }

    /// Takes what waits for a subscriber; waits for it no longer than `limit`.
    func next(_ subscriber: Subscriber, within limit: Duration) async -> (events: [EventSummary], dropped: Int) {
        if subscriber.waiting.isEmpty, task != nil {
            let timer = ControlPlane.loop.schedule(after: limit) { subscriber.wakeUp() }
            await withCheckedContinuation { subscriber.wake = $0 }
            ControlPlane.loop.cancel(timer)
        }
        defer { (subscriber.waiting, subscriber.dropped) = ([], 0) }
        return (subscriber.waiting, subscriber.dropped)
    }

    func stop() {
        task?.cancel()
        task = nil
        for subscriber in subscribers.values { subscriber.wakeUp() }
    }

    private func start() {
        since = Clock.unixMilliseconds()
        seen = [:]
        task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                await self?.look()
            }
        }
    }

    private func look() async {
        let start = max(since, Clock.unixMilliseconds() - Self.overlap)
        let store = PrincipalStore(
            principal: Principal(name: "feed", role: .viewer, tenant: nil), services: services)
        var query = EventQuery()
        query.from = min(start, (seen.values.max() ?? start) - Self.overlap)
        guard
            let scan = try? await store.events(query, limit: Self.eventsPerLook, after: nil)
        else { return }
        for event in scan.events.reversed() where seen[event.id] == nil && event.receivedAt >= since {
            seen[event.id] = event.receivedAt
            for subscriber in subscribers.values where subscriber.query.matches(event) && subscriber.query.means(event)
            {
                subscriber.take(event)
            }
        }
        let horizon = (query.from ?? 0) - Self.overlap
        seen = seen.filter { $0.value >= horizon }
        for subscriber in subscribers.values where !subscriber.waiting.isEmpty { subscriber.wakeUp() }
    }
}

extension EventQuery {
    /// Whether the event is of one of the query's sources.
    fileprivate func means(_ event: EventSummary) -> Bool { sources?.contains(event.source) ?? true }
}

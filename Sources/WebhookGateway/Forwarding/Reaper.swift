/// Brings back what died with its holder: entries of workers whose lease has lapsed, events whose claim has ended; lets
/// in what is due, and what tenants' limits held back. Every forwarder runs one; the scripts are atomic, so any number do no harm.
@ControlPlane
final class Reaper {
    /// Lanes that one command asks for.
    private static let lanesPerCall = 500

    private let queues: QueueReaper
    private let tenants: TenantStore
    private let link: StoreLink
    private let interval: Duration
    private let log: Log
    private let loop: StoreLoop
    private var names: Set<String> = []
    private var lanes: [String: LaneStore] = [:]
    private var limits = TenantLimitsConfiguration()
    /// Tenants of whom something is held back, as was said.
    private var holding: Set<String> = []
    private var wake: (String) -> Void = { _ in }

    init(queues: QueueReaper, tenants: TenantStore, link: StoreLink, interval: Duration, log: Log) {
        self.queues = queues
        self.tenants = tenants
        self.link = link
        self.interval = interval
        self.log = log
        loop = StoreLoop(link)
    }

    /// Watches these queues (besides all that were ever watched) and lanes, and lets held events go by these limits.
    ///
    /// - Parameter wake: told the destinations whose lane got events back.
    func watch(
        queues: [String], lanes: [LaneStore], limits: TenantLimitsConfiguration, wake: @escaping (String) -> Void
    ) {
        names = Set(queues)
        self.lanes = Dictionary(lanes.map { ($0.destination, $0) }) { first, _ in first }
        self.limits = limits
        self.wake = wake
    }

    /// Watches these queues besides.
    func watch(queues: [String]) { names.formUnion(queues) }

    /// Watches a lane besides.
    func watch(_ lane: LaneStore) { lanes[lane.destination] = lane }

    /// Watches a lane no more.
    func unwatch(_ destination: String) { lanes[destination] = nil }

    func start() {
        loop.start { () async throws(RedisFailure) in
            if self.mayReap { try await self.round() }
            self.link.succeeded()
            return self.interval
        }
    }

    func stop() async { await loop.stop() }

    /// After Redis has been away, the living come first: lanes settle and renew what they held before it counts as lost.
    private var mayReap: Bool {
        guard let since = link.readySince else { return false }
        return Clock.monotonicNanoseconds() &- since >= min(interval, .seconds(1)).nanoseconds
    }

    private func round() async throws(RedisFailure) {
        // Again each time: a Redis that came back empty knows of none.
        try await queues.watch(names.sorted())
        var refusal: RedisFailure?
        do throws(RedisFailure) {
            for round in try await queues.round() where round.returned + round.dead > 0 {
                log.warning(
                    "work of a worker whose lease lapsed went back to its queue",
                    ["queue": .text(round.queue), "returned": .number(round.returned), "dead": .number(round.dead)])
            }
        } catch {
            // A queue's keys are workers' to write; what they have made of them stops no lane.
            guard case .refused = error else { throw error }
            refusal = error
        }
        try await releaseHeld()
        try await reapLanes()
        if let refusal { throw refusal }
    }

    private func reapLanes() async throws(RedisFailure) {
        let lanes = Array(lanes.values)
        for start in stride(from: 0, to: lanes.count, by: Self.lanesPerCall) {
            let part = lanes[start..<min(start + Self.lanesPerCall, lanes.count)]
            for lane in try await LaneStore.inFlight(among: part, on: link.connection) {
                let count = try await reap(lane)
                guard count > 0 else { continue }
                log.warning(
                    "events whose claim ended went back to their lane",
                    ["destination": .text(lane.destination), "events": .number(count)])
                wake(lane.destination)
            }
        }
    }

    private func releaseHeld() async throws(RedisFailure) {
        var releases = try await tenants.release(limits)
        while !loop.isStopping, releases.contains(where: TenantStore.mayHaveMore) {
            releases = try await tenants.release(limits)
        }
        let now = Set(releases.lazy.filter { $0.held > 0 }.map(\.tenant))
        for release in releases where now.contains(release.tenant) && !holding.contains(release.tenant) {
            log.warning(
                "events of a tenant over its limit are held back; they join their queues as the limit allows. Raise its tenantLimits.eventsPerMinute to let them go sooner",
                ["tenant": .text(release.tenant), "held": .number(release.held)])
        }
        for tenant in holding.subtracting(now).sorted() {
            log.info("nothing of a tenant is held back any more", ["tenant": .text(tenant)])
        }
        holding = now
    }

    /// All that has ended, a part at a time: a forwarder may die with tens of thousands of events in flight.
    private func reap(_ lane: LaneStore) async throws(RedisFailure) -> Int {
        var total = 0
        while !loop.isStopping {
            let count = try await lane.reap()
            total += count
            guard count == LaneStore.eventsPerCall else { break }
        }
        return total
    }
}

/// Brings back what died with its holder: entries of workers whose lease has lapsed, events whose claim has ended; lets
/// in what is due. Every forwarder runs one; the scripts are atomic, so any number do no harm.
@ControlPlane
final class Reaper {
    private let queues: QueueReaper
    private let link: StoreLink
    private let interval: Duration
    private let log: Log
    private let signal = Signal()
    private var names: [String] = []
    private var lanes: [LaneStore] = []
    private var wake: (String) -> Void = { _ in }
    private var isStopping = false
    private var task: Task<Void, Never>?

    init(queues: QueueReaper, link: StoreLink, interval: Duration, log: Log) {
        self.queues = queues
        self.link = link
        self.interval = interval
        self.log = log
    }

    /// Watches these queues (besides all that were ever watched) and lanes.
    ///
    /// - Parameter wake: told the destinations whose lane got events back.
    func watch(queues: [String], lanes: [LaneStore], wake: @escaping (String) -> Void) {
        names = queues
        self.lanes = lanes
        self.wake = wake
    }

    func start() {
        guard task == nil else { return }
        task = Task { @ControlPlane in await self.run() }
    }

    func stop() async {
        isStopping = true
        signal.raise()
        await task?.value
    }

    private func run() async {
        while !isStopping {
            await link.untilReady()
            guard !isStopping else { return }
            do throws(RedisFailure) {
                if mayReap { try await round() }
                link.succeeded()
                await signal.wait(atMost: interval)
            } catch {
                await link.recover(from: error)
            }
        }
    }

    /// After Redis has been away, the living come first: lanes settle and renew what they held before it counts as lost.
    private var mayReap: Bool {
        guard let since = link.readySince else { return false }
        return Clock.monotonicNanoseconds() &- since >= min(interval, .seconds(1)).nanoseconds
    }

    private func round() async throws(RedisFailure) {
        // Again each time: a Redis that came back empty knows of none.
        try await queues.watch(names)
        for round in try await queues.round() where round.returned + round.dead > 0 {
            log.warning(
                "work of a worker whose lease lapsed went back to its queue",
                ["queue": .text(round.queue), "returned": .number(round.returned), "dead": .number(round.dead)])
        }
        for lane in lanes {
            let count = try await reap(lane)
            guard count > 0 else { continue }
            log.warning(
                "events whose claim ended went back to their lane",
                ["destination": .text(lane.destination), "events": .number(count)])
            wake(lane.destination)
        }
    }

    /// All that has ended, a part at a time: a forwarder may die with tens of thousands of events in flight.
    private func reap(_ lane: LaneStore) async throws(RedisFailure) -> Int {
        var total = 0
        while !isStopping {
            let count = try await lane.reap()
            total += count
            guard count == LaneStore.eventsPerCall else { break }
        }
        return total
    }
}

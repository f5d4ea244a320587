import Glibc

/// The role `forward`: dispatches the queue `events` to lanes, runs a lane for each enabled destination, and watches over
/// the workers of all queues.
@ControlPlane
final class Forwarder {
    typealias MakeDestination = (DestinationConfiguration) throws(InvalidDestination) -> any Destination

    static nonisolated let scripts: [RedisScript] = QueueStore.scripts + LaneStore.scripts + TenantStore.scripts

    private let link: StoreLink
    private let waiting: StoreLink
    private let keys: Keys
    private let log: Log
    private let makeDestination: MakeDestination
    private let reaper: Reaper
    private var diary: LaneDiary?
    private var configuration: Configuration
    private var lanes: [String: (configuration: DestinationConfiguration, lane: Lane)] = [:]
    /// Lanes that are ending, by a number of their own.
    private var retired: [Int: Task<Void, Never>] = [:]
    private var retirements = 0
    private var dispatcher: Dispatcher?
    private var laneWatch: LaneWatch?
    private var isStarted = false

    /// Builds every destination and takes nothing yet.
    ///
    /// - Parameter makeDestination: knows the types (`DestinationCatalog`).
    init(
        _ configuration: Configuration, redis: RedisSettings, log: Log, makeDestination: @escaping MakeDestination
    ) throws(InvalidDestination) {
        self.configuration = configuration
        self.log = log
        self.makeDestination = makeDestination
        keys = Keys(prefix: configuration.redis.prefix)
        link = StoreLink(
            redis, scripts: Self.scripts, log: log, examination: StoreExamination(redis, configuration.redis))
        var blocking = redis
        blocking.commandDeadline = .seconds(Dispatcher.waitSeconds) + (redis.commandDeadline ?? .seconds(2))
        waiting = StoreLink(blocking, scripts: [], log: Log(level: .error))
        reaper = Reaper(
            queues: QueueReaper(connection: link.connection, keys: keys, mostReturns: configuration.queues.maxReturns),
            tenants: TenantStore(connection: link.connection, keys: keys), link: link,
            interval: .seconds(configuration.queues.leaseCheckSeconds), log: log)
        for destination in configuration.destinations where destination.enabled {
            lanes[destination.name] = (destination, try makeLane(destination))
        }
        diary = LaneDiary(link: link, keys: keys) { [weak self] in self?.lanes.values.map(\.lane) ?? [] }
        let queue = QueueStore(
            Keys.eventsQueue, consumer: Self.consumerName(), connection: link.connection, keys: keys,
            archiveSeconds: configuration.archive.ttlSeconds)
        dispatcher = Dispatcher(
            queue: queue, destinations: configuration.routedDestinations, link: link, waiting: waiting, log: log
        ) { [weak self] fed in
            guard let self else { return }
            for name in fed { self.lanes[name]?.lane.wake() }
        }
    }

    func start() {
        isStarted = true
        link.start()
        waiting.start()
        for (_, lane) in lanes.values { lane.start() }
        watch()
        let laneWatch = LaneWatch(link: link, keys: keys) { [weak self] in self?.lanes.values.map(\.lane) ?? [] }
        self.laneWatch = laneWatch
        laneWatch.start()
        reaper.start()
        diary?.start()
        dispatcher?.start()
    }

    /// Stops taking, lets requests under way end within the limit, gives the rest back, and leaves Redis.
    func stop(within limit: Duration) async {
        link.drain()
        waiting.drain()
        let end = ControlPlane.loop.schedule(after: limit + .seconds(1)) { [link] in link.stop() }
        let stopping = lanes.values.map { entry in Task { @ControlPlane in await entry.lane.stop(within: limit) } }
        await dispatcher?.stop()
        await reaper.stop()
        await laneWatch?.stop()
        for task in stopping + retired.values { await task.value }
        await diary?.stop()
        ControlPlane.loop.cancel(end)
        link.stop()
    }

    /// Routes and delivers by another configuration from now on. Lanes whose destination is unchanged go on; others end
    /// (within `drainSeconds`) beside their successors. When a destination cannot be built, all stays as it was.
    func reload(_ configuration: Configuration) throws(InvalidDestination) {
        var next: [String: (configuration: DestinationConfiguration, lane: Lane)] = [:]
        var fresh: [Lane] = []
        for destination in configuration.destinations where destination.enabled {
            if let current = lanes[destination.name], current.configuration == destination {
                next[destination.name] = current
            } else {
                let lane = try makeLane(destination)
                next[destination.name] = (destination, lane)
                fresh.append(lane)
            }
        }
        for (name, current) in lanes where next[name]?.lane !== current.lane { retire(current.lane) }
        self.configuration = configuration
        lanes = next
        dispatcher?.reload(configuration.routedDestinations)
        guard isStarted else { return }
        for lane in fresh { lane.start() }
        watch()
        laneWatch?.look()
    }

    /// Takes up entries of these names as a configuration has them now, and touches no other. A destination that cannot be
    /// built stays as it was.
    func take(_ names: EntryNames, of configuration: Configuration) {
        self.configuration = configuration
        reaper.watch(queues: names.sources.flatMap { configuration.source(named: $0)?.queues ?? [] })
        for name in names.destinations {
            let held = configuration.heldDestinations.entry(named: name)
            take(configuration.destination(named: name), orHeld: held, named: name)
        }
        if isStarted { laneWatch?.look() }
    }

    private func take(
        _ destination: DestinationConfiguration?, orHeld held: DestinationConfiguration?, named name: String
    ) {
        if let destination, destination.enabled {
            guard lanes[name]?.configuration != destination else { return }
            do throws(InvalidDestination) {
                let lane = try makeLane(destination)
                retire(lanes[name]?.lane)
                lanes[name] = (destination, lane)
                if isStarted { lane.start() }
            } catch {
                log.error(
                    "a destination stays as it was", ["destination": .text(name), "reason": .text("\(error)")])
                return
            }
        } else {
            retire(lanes.removeValue(forKey: name)?.lane)
        }
        let routed = destination ?? held
        dispatcher?.take(routed, named: name)
        if routed == nil { reaper.unwatch(name) } else { reaper.watch(laneStore(name)) }
    }

    /// Ends a lane within `drainSeconds`, beside its successor if there is one.
    private func retire(_ lane: Lane?) {
        guard let lane else { return }
        let limit = Duration.seconds(configuration.drainSeconds)
        retirements += 1
        retired[retirements] = Task { @ControlPlane [number = retirements] in
            await lane.stop(within: limit)
            retired[number] = nil
        }
    }

    /// What each lane has done since it was started, by destination.
    var counts: [String: Lane.Counts] { lanes.mapValues { $0.lane.counts } }

    /// What each lane has done and how long its requests took, by destination.
    var deliveries: [(destination: String, counts: Lane.Counts, durations: Histogram)] {
        lanes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.lane.counts, $0.value.lane.durations) }
    }

    /// Events moved from the queue to lanes since the start.
    var dispatched: Int { dispatcher?.dispatched ?? 0 }

    private func watch() {
        let queues = Set(configuration.sources.flatMap(\.queues)).union([Keys.eventsQueue])
        reaper.watch(
            queues: queues.sorted(), lanes: configuration.routedDestinations.map { laneStore($0.name) },
            limits: configuration.tenantLimits,
            wake: { [weak self] name in self?.lanes[name]?.lane.wake() })
    }

    private func makeLane(_ destination: DestinationConfiguration) throws(InvalidDestination) -> Lane {
        Lane(
            destination, destination: try makeDestination(destination),
            store: laneStore(destination.name, LaneRules(destination)), link: link, log: log, isWatched: true)
    }

    private func laneStore(_ name: String, _ rules: LaneRules = LaneRules()) -> LaneStore {
        LaneStore(
            name, connection: link.connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds,
            rules: rules)
    }

    /// One life of this process: host, process id, and a random part, since ids are used again.
    private static func consumerName() -> String {
        let host = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress, gethostname(base, buffer.count - 1) == 0 else { return "host" }
            return String(cString: base)
        }
        return "\(host)-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    }
}

extension Configuration {
    /// Every destination that events are for, whether or not it can be delivered to now.
    fileprivate var routedDestinations: [DestinationConfiguration] {
        Array(destinations) + Array(heldDestinations)
    }
}

/// Keeps the archive within `archive.maxEvents` and `archive.maxBytes`, oldest events first, and its indexes free of what
/// has expired. Any number of processes may run one.
///
/// It goes through the indexes a page at a time and leaves Redis to others in between. How many events there are it
/// knows exactly; their bytes it measures on each pass and estimates from the average between two. Where there are several
/// tenants, those lose events who have more than their share (`ArchiveShares`).
@ControlPlane
final class ArchiveTrimmer {
    /// What the last pass found.
    struct Figures: Equatable, Sendable {
        /// Events in the archive, whether or not they are still owed to someone.
        var events = 0
        /// Bytes of their records.
        var bytes = 0
        /// Those that no limit touches, since they are owed to someone.
        var owed = 0
        /// What of it is whose.
        var tenants: [String: ArchiveShares.Amount] = [:]
        /// The same of each source whose events are several tenants'.
        fileprivate var shared: [String: [String: ArchiveShares.Amount]] = [:]
    }

    /// One pass' place in a source's index.
    private struct Place {
        var source: String
        /// Entries that stay, passed over.
        var offset = 0
        /// Arrival of the next entry, in Unix milliseconds; nil at the end.
        var next: Int64?
    }

    /// How much younger than an event the first in its queue may be: events come to the store in another order than they
    /// arrived, and clocks differ.
    static nonisolated let margin = Duration.seconds(3600)
    /// Redis serves nobody else while it looks at a page, some 6 µs an entry: more at once is a wait that deliveries notice.
    private static let page = 20
    /// Counting an index takes Redis about a sixth of what an entry takes; where there are thousands, fewer and larger pages
    /// hold it up less.
    private static let indexesPerEntry = 6
    private static let largestPage = 200
    /// Redis is left alone for twice as long as a page took, and where there was nothing to remove for at least so long. No
    /// longer: what comes during a whole look is over the limit until its end.
    private static let pause = Duration.milliseconds(2)
    private static let checkPeriod = Duration.seconds(1)
    /// Thousands of sources are looked at less often: a check asks for each index.
    private static let checkPeriodPerSource = Duration.milliseconds(2)
    /// How often the whole archive is looked at though it is within its limits.
    private static let passPeriod = Duration.seconds(60)
    /// An archive this small is looked at on each check.
    private static let smallArchive = 1000
    /// When nothing could be removed, it is no use to try again at once.
    private static let pauseAfterNothing = Duration.seconds(10)

    /// As of the last pass; nil before the first.
    private(set) var figures: Figures?
    /// Events removed since the start.
    private(set) var trimmed = 0

    let connection: RedisConnection
    private let keys: Keys
    private var limits: ArchiveConfiguration
    private var sources: [String: SourceConfiguration]
    private var shares: ArchiveShares
    /// The only tenant there is; nil where there are several.
    private var onlyTenant: String?
    /// A configuration that has not been taken up yet: with thousands of sources each change would cost as much as a look.
    private var fresh: Configuration?
    private var task: Task<Void, Never>?

    init(_ redis: RedisSettings, _ configuration: Configuration) {
        connection = RedisConnection(redis, scripts: [.trimArchive], loop: ControlPlane.loop)
        keys = Keys(prefix: configuration.redis.prefix)
        limits = configuration.archive
        sources = configuration.sourcesByName
        shares = ArchiveShares(configuration.archive, configuration.tenantLimits)
        onlyTenant = configuration.onlyTenant
    }

    func start() {
        connection.start()
        task = Task { await run() }
    }

    /// Takes up a new configuration's limits, when it next looks at the archive.
    func reload(_ configuration: Configuration) { fresh = configuration }

    private func takeUp() {
        guard let configuration = fresh else { return }
        fresh = nil
        limits = configuration.archive
        sources = configuration.sourcesByName
        shares = ArchiveShares(configuration.archive, configuration.tenantLimits)
        onlyTenant = configuration.onlyTenant
    }

    func stop() {
        task?.cancel()
        connection.stop()
    }

    private func run() async {
        var nextPass = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: max(Self.checkPeriod, Self.checkPeriodPerSource * sources.count))
                guard connection.isReady else { continue }
                takeUp()
                let names = try await sourceNames()
                let events = try await count(names)
                let isOver = isOver(events)
                let isDue = ContinuousClock.now >= nextPass || events <= Self.smallArchive
                guard isOver || isDue else { continue }
                let before = trimmed
                try await pass(names, endsWithinLimits: !isDue)
                if isDue { nextPass = ContinuousClock.now + Self.passPeriod }
                if isOver, trimmed == before, events > Self.smallArchive {
                    try await Task.sleep(for: Self.pauseAfterNothing)
                }
            } catch {
                // Redis is away, or the gateway stops: both show at the loop's head.
            }
        }
    }

    /// Every source that ever had an event, in or out of the configuration.
    private func sourceNames() async throws(RedisFailure) -> [String] {
        var names = Set(sources.keys)
        for field in try await connection.command(["HKEYS", .text(keys.ledger)]).elements?.compactMap(\.string) ?? [] {
            let parts = field.split(separator: ":")
            if parts.count == 3, parts[0] == "source" { names.insert(String(parts[1])) }
        }
        return names.sorted()
    }

    /// How many events the indexes have now, what has expired among them included.
    private func count(_ names: [String]) async throws(RedisFailure) -> Int {
        let counts = try await connection.pipeline(names.map { ["ZCARD", .text(keys.index($0))] })
        return counts.reduce(0) { $0 + Int($1.integer ?? 0) }
    }

    private func isOver(_ events: Int) -> Bool {
        limits.maxEvents > 0 && events > limits.maxEvents
            || limits.maxBytes > 0 && events * bytesPerEvent > limits.maxBytes
    }

    /// The average of the last pass; 0 when it is not known.
    private var bytesPerEvent: Int {
        guard let figures, figures.events > 0 else { return 0 }
        return figures.bytes / figures.events
    }

    /// Whose events a source has; `*`: each event says it itself.
    private func tenant(of source: String) -> String {
        if let onlyTenant { return onlyTenant }
        // Of a source that has left the configuration nobody knows it any more.
        guard let source = sources[source], source.tenants.isEmpty else { return "*" }
        return source.tenant
    }

    /// What each tenant has too much now. How a source's events are spread over several tenants is known of the last pass;
    /// before the first, nobody's there count as too much.
    private func excess(_ names: [String]) async throws(RedisFailure) -> [String: ArchiveShares.Amount] {
        guard onlyTenant == nil else { return [:] }
        let counts = try await connection.pipeline(names.map { ["ZCARD", .text(keys.index($0))] })
        var holdings: [String: ArchiveShares.Amount] = [:]
        for (name, count) in zip(names, counts) {
            let events = Int(count.integer ?? 0)
            let tenant = tenant(of: name)
            guard tenant == "*" else {
                holdings[tenant, default: .init()].events += events
                continue
            }
            let seen = figures?.shared[name] ?? [:]
            let whole = max(1, seen.values.reduce(0) { $0 + $1.events })
            for (tenant, part) in seen { holdings[tenant, default: .init()].events += part.events * events / whole }
        }
        for (tenant, held) in holdings {
            guard let seen = figures?.tenants[tenant], seen.events > 0 else { continue }
            holdings[tenant]?.bytes = held.events * seen.bytes / seen.events
        }
        return shares.excess(holdings)
    }

    /// Goes through all indexes once, where the oldest events are first.
    ///
    /// - Parameter endsWithinLimits: whether to look no further than the first event that no limit asks to go; the figures
    ///   stay those of the last whole look then. Of several tenants only a whole one tells who has too much.
    func pass(_ names: [String]? = nil, endsWithinLimits: Bool = false) async throws {
        takeUp()
        let names = if let names { names } else { try await sourceNames() }
        var excess = try await excess(names)
        let oldest = try await connection.pipeline(
            names.map { ["ZRANGE", .text(keys.index($0)), 0, 0, "WITHSCORES"] })
        var places = zip(names, oldest).map { Place(source: $0, next: $1.elements?.last?.integer) }
        // What is there in all is counted anew for each page, which is dear with thousands of sources.
        let indexes = isOver(try await count(names)) ? names.map { keys.index($0) } : []
        // The first look, which limits and metrics wait for, is quick.
        let page =
            figures == nil
            ? Self.largestPage : min(max(Self.page, indexes.count / Self.indexesPerEntry), Self.largestPage)
        var found = Figures()
        while let index = places.indices.filter({ places[$0].next != nil }).min(by: {
            places[$0].next ?? 0 < places[$1].next ?? 0
        }) {
            try Task.checkCancellation()
            let started = ContinuousClock.now
            let parts = try await connection.evaluate(call(places[index], page, indexes, excess)).elements ?? []
            let numbers = parts.compactMap(\.integer)
            guard numbers.count == 6, parts.count == 7 else {
                throw RedisFailure.unexpectedReply("six numbers were due")
            }
            for row in parts[6].elements ?? [] {
                let name = row.elements?.first?.string ?? ""
                let counts = row.elements?.compactMap { $0.integer.map { Int($0) } } ?? []
                guard counts.count == 4 else { throw RedisFailure.unexpectedReply("four numbers were due") }
                found.tenants[name, default: .init()].add(counts[2], counts[3])
                if tenant(of: places[index].source) == "*" {
                    found.shared[places[index].source, default: [:]][name, default: .init()].add(counts[2], counts[3])
                }
                excess[name]?.add(-counts[0], -counts[1])
            }
            trimmed += Int(numbers[1])
            places[index].offset += Int(numbers[2])
            found.events += Int(numbers[2])
            found.bytes += Int(numbers[3])
            found.owed += Int(numbers[4])
            if endsWithinLimits, onlyTenant != nil, numbers[2] > numbers[4] { return }
            places[index].next = numbers[0] > 0 && numbers[5] >= 0 ? numbers[5] : nil
            if places.contains(where: { $0.next != nil }) {
                let least = numbers[1] > 0 ? Duration.zero : Self.pause
                try await Task.sleep(for: max(least, (ContinuousClock.now - started) * 2))
            }
        }
        figures = found
    }

    private func call(_ place: Place, _ page: Int, _ indexes: [String], _ excess: [String: ArchiveShares.Amount])
        -> ScriptCall
    {
        var call = ScriptCall(.trimArchive, keys: [keys.index(place.source)] + indexes)
        call.add(keys.prefix)
        call.add(Int64(place.offset))
        call.add(Int64(page))
        call.add(Int64(limits.maxEvents))
        call.add(Int64(limits.maxBytes))
        call.add(Int64(bytesPerEvent))
        // Of a source that has left the configuration nobody knows where its events went.
        call.add(sources[place.source]?.queues.contains(Keys.eventsQueue) ?? true ? "1" as StaticString : "0")
        call.add(Int64(limits.ttlSeconds))
        call.add(Self.margin.milliseconds)
        let owner = tenant(of: place.source)
        call.add(owner)
        call.add(onlyTenant == nil ? "1" as StaticString : "0")
        for (tenant, amount) in excess where owner == "*" || owner == tenant {
            call.add(tenant)
            call.add(Int64(amount.events))
            call.add(Int64(amount.bytes))
        }
        return call
    }
}

extension ArchiveShares.Amount {
    fileprivate mutating func add(_ events: Int, _ bytes: Int) {
        self.events += events
        self.bytes += bytes
    }
}

extension Configuration {
    fileprivate var sourcesByName: [String: SourceConfiguration] {
        Dictionary(sources.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The tenant of all sources; nil where there are several.
    fileprivate var onlyTenant: String? {
        let first = sources.first?.tenant ?? "default"
        return sources.allSatisfy { $0.tenant == first && $0.tenants.values.allSatisfy { $0 == first } } ? first : nil
    }
}

extension PrometheusText {
    /// The archive's families; before the first pass there are none.
    @ControlPlane
    mutating func append(_ archive: ArchiveTrimmer) {
        guard let figures = archive.figures else { return }
        family("webhook_archive_events", .gauge, "Events in the archive, as of the last look.")
        sample("webhook_archive_events", figures.events)
        family("webhook_archive_bytes", .gauge, "Bytes of their records.")
        sample("webhook_archive_bytes", figures.bytes)
        family("webhook_archive_owed_events", .gauge, "Events in it that are owed to someone: no limit touches them.")
        sample("webhook_archive_owed_events", figures.owed)
        family("webhook_archive_trimmed_total", .counter, "Events removed for archive.maxEvents or archive.maxBytes.")
        sample("webhook_archive_trimmed_total", archive.trimmed)
    }
}

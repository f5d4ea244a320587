import Verifiers

/// Everything an ingest worker is built from: values, so that each thread can build its own.
struct WorkerPlan: Sendable {
    var listen: ListenConfiguration
    var redis: RedisSettings
    var keys: Keys
    var archiveSeconds: Int
    /// How many entries a queue may hold; 0: no limit.
    var maxDepth: Int
    var dataDirectory: String
    /// What must hold of Redis before it gets events.
    var examination: StoreExamination
    var identity: StoreIdentity
    /// Those that are enabled, by name.
    private(set) var sources: [String: PlannedSource] = [:]
    private let tenantLimits: TenantLimitsConfiguration
    /// Whether there may be sources that have not been read yet: one that is not known is answered 503, not 404.
    var mayLackSources = false
    /// Sources that are as they were in the plan before: workers keep theirs, and what they have prepared for them.
    var unchanged: Set<String> = []
    /// The operator's mappings and those that came through the API, by name.
    private var mappings: [String: JSONValue]
    /// By provider and mapping; sources share them.
    private var mappers: [String: Mapper] = [:]
    /// The public port's certificates; nil: plain HTTP.
    var tls: TLSMaterial?
    var log: Log
    /// Nil: there is no spool.
    var spool: DurableStore.Plan?
    var outages: OutageLog
    /// The worker's number.
    var index = 0

    /// - Parameters:
    ///   - dataDirectory: its absolute path.
    ///   - tls: the public port's certificates; nil: plain HTTP.
    ///   - spool: where the spool is; nil when there shall be none.
    init(
        _ configuration: Configuration, dataDirectory: String, redis: RedisSettings, tls: TLSMaterial? = nil,
        spool: DurableStore.Plan?, log: Log
    ) throws(ConfigurationError) {
        self.spool = spool
        outages = OutageLog(
            remedy: spool == nil
                ? "deliveries are answered 503" : "deliveries go to the spool on disk and are answered 200")
        listen = configuration.listen
        self.tls = tls
        self.redis = redis
        keys = Keys(prefix: configuration.redis.prefix)
        archiveSeconds = configuration.archive.ttlSeconds
        maxDepth = configuration.queues.maxDepth
        self.dataDirectory = dataDirectory
        examination = StoreExamination(redis, configuration.redis)
        identity = StoreIdentity(directory: dataDirectory)
        tenantLimits = configuration.tenantLimits
        mappings = configuration.mappings
        self.log = log
        for source in configuration.sources where source.enabled { sources[source.name] = try plan(source) }
    }

    /// In bytes: the highest limit that any of the sources has, or will have by default.
    var largestBody: Int { sources.values.reduce(listen.maxBodyBytes) { max($0, $1.configuration.maxBodyBytes) } }

    private mutating func plan(_ source: SourceConfiguration) throws(ConfigurationError) -> PlannedSource {
        let name = "\(source.provider)/\(source.mapping)"
        let mapper: Mapper
        if let known = mappers[name] {
            mapper = known
        } else {
            let rules = try MappingCatalog(overrides: mappings).rules(named: source.mapping)
            mapper = Mapper(provider: source.provider, rules: rules)
            mappers[name] = mapper
        }
        return PlannedSource(
            configuration: source, mapper: mapper,
            rate: source.rateLimit.map { SourceRate(requests: $0.requests, perSeconds: $0.perSeconds) },
            refusals: RefusalGate())
    }

    /// Notes which sources are as they were in the plan that the workers have now.
    mutating func compare(with before: WorkerPlan) {
        guard tenantLimits == before.tenantLimits else { return }
        let changed = Set(mappings.keys).union(before.mappings.keys).filter { mappings[$0] != before.mappings[$0] }
        unchanged = Set(
            sources.lazy.filter { name, source in
                !changed.contains(source.configuration.mapping)
                    && before.sources[name]?.configuration == source.configuration
            }.map(\.key))
    }

    /// Takes up the sources of these names as a configuration has them now; returns what workers are to be told.
    ///
    /// A source whose mapping cannot be used stays as it is.
    ///
    /// - Parameter overrides: the mappings that came through the API, by source.
    mutating func take(
        _ names: Set<String>, of configuration: Configuration, overrides: [String: JSONValue]
    ) -> SourceChanges {
        var changes = SourceChanges(
            keys: keys, limits: tenantLimits, mayLackSources: mayLackSources, log: log)
        for name in names {
            guard var source = configuration.source(named: name), source.enabled else {
                sources[name] = nil
                changes.removed.append(name)
                continue
            }
            if let mapping = overrides[name] {
                source.mapping = Configuration.mappingName(ofSource: name)
                mappings[source.mapping] = mapping
                mappers["\(source.provider)/\(source.mapping)"] = nil
            }
            do {
                let planned = try plan(source)
                sources[name] = planned
                changes.changed.append(planned)
            } catch {
                log.error("a source stays as it was", ["source": .text(name), "reason": .text("\(error)")])
            }
        }
        unchanged = []
        return changes
    }

    /// The endpoints, with keys and mappings of the calling thread's own.
    ///
    /// - Parameter current: the endpoint of a name that the thread has already; kept when it is unchanged.
    func makeSources(_ current: (String) -> Source? = { _ in nil }) -> [Source] {
        sources.compactMap { name, source in
            if unchanged.contains(name), let source = current(name) { return source }
            return source.make(keys: keys, limits: tenantLimits, log: log)
        }
    }
}

/// What a worker makes an endpoint of.
struct PlannedSource: Sendable {
    let configuration: SourceConfiguration
    let mapper: Mapper
    /// A token bucket that the workers share; a changed source begins with a full one.
    let rate: SourceRate?
    /// Which refused deliveries are kept; the workers share it.
    let refusals: RefusalGate

    /// The endpoint with keys of the calling thread's own; nil, with a word in the log, when its provider refuses.
    func make(keys: Keys, limits: TenantLimitsConfiguration, log: Log) -> Source? {
        let (others, own) = (limits.others, limits.byTenant)
        do {
            let source = try Source(configuration, mapper: mapper, keys: keys) { tenant in
                TenantLimit(tenant, own[tenant] ?? others, keys: keys)
            }
            source.rate = rate
            source.refusals = refusals
            return source
        } catch {
            log.error("source left out", ["source": .text(configuration.name), "reason": .text("\(error)")])
            return nil
        }
    }
}

/// What has changed of a plan's sources.
struct SourceChanges: Sendable {
    let keys: Keys
    let limits: TenantLimitsConfiguration
    let mayLackSources: Bool
    let log: Log
    var changed: [PlannedSource] = []
    var removed: [String] = []
}

extension ServerLimits {
    /// What one of `workers` grants: the connections and the memory of all of them together are the configuration's.
    init(_ listen: ListenConfiguration, largestBody: Int, workers: Int, openFiles: Int) {
        http = HTTPLimits(maxHeaderBytes: listen.maxHeaderBytes, maxHeaderFields: listen.maxHeaderFields)
        headerTimeout = .seconds(listen.headerTimeoutSeconds)
        bodyTimeout = .seconds(listen.bodyTimeoutSeconds)
        minBodyBytesPerSecond = listen.minBodyBytesPerSecond
        idleTimeout = .seconds(listen.idleTimeoutSeconds)
        writeTimeout = .seconds(listen.writeTimeoutSeconds)
        let places = min(listen.maxConnections, max(1, openFiles - Self.reservedDescriptors))
        maxConnections = max(1, places / workers)
        maxHeldBytes = max(2 * largestBody, max(Self.heldBytes, 4 * largestBody) / workers)
    }

    /// The admin port's: it serves people, dashboards and monitoring, and must not take what deliveries need.
    static let admin: ServerLimits = {
        var limits = ServerLimits()
        limits.maxConnections = reservedDescriptors / 2
        limits.maxHeldBytes = heldBytes / 4
        return limits
    }()

    /// Descriptors for Redis, destinations, the admin port and files.
    private static let reservedDescriptors = 256
    /// Bytes of unfinished requests in all.
    private static let heldBytes = 256 * 1024 * 1024
}

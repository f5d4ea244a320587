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
    var sources: [SourceConfiguration]
    private let tenantLimits: TenantLimitsConfiguration
    /// Whether there may be sources that have not been read yet: one that is not known is answered 503, not 404.
    var mayLackSources = false
    /// Sources that are as they were in the plan before: workers keep theirs, and what they have prepared for them.
    var unchanged: Set<String> = []
    /// The operator's mappings, by name.
    private var mappings: [String: JSONValue]
    /// Compiled once, by source.
    var mappers: [String: Mapper]
    /// Token buckets that the workers share, by source; a reload begins with full ones.
    var rates: [String: SourceRate]
    /// Which refused deliveries are kept, by source; the workers share them.
    var refusals: [String: RefusalGate]
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
        sources = configuration.sources.filter(\.enabled)
        tenantLimits = configuration.tenantLimits
        mappings = configuration.mappings
        let catalog = MappingCatalog(overrides: configuration.mappings)
        mappers = [:]
        var compiled: [String: Mapper] = [:]
        rates = [:]
        refusals = [:]
        for source in sources {
            refusals[source.name] = RefusalGate()
            if let limit = source.rateLimit {
                rates[source.name] = SourceRate(requests: limit.requests, perSeconds: limit.perSeconds)
            }
            let name = "\(source.provider)/\(source.mapping)"
            if compiled[name] == nil {
                compiled[name] = Mapper(provider: source.provider, rules: try catalog.rules(named: source.mapping))
            }
            mappers[source.name] = compiled[name]
        }
        self.log = log
    }

    /// Notes which sources are as they were in the plan that the workers have now.
    mutating func compare(with before: WorkerPlan) {
        guard tenantLimits == before.tenantLimits else { return }
        let known = Dictionary(before.sources.map { ($0.name, $0) }) { first, _ in first }
        let changed = Set(mappings.keys).union(before.mappings.keys).filter { mappings[$0] != before.mappings[$0] }
        unchanged = Set(
            sources.lazy.filter { !changed.contains($0.mapping) && known[$0.name] == $0 }.map(\.name))
    }

    /// The endpoints, with keys and mappings of the calling thread's own.
    ///
    /// - Parameter current: the endpoint of a name that the thread has already; kept when it is unchanged.
    func makeSources(_ current: (String) -> Source? = { _ in nil }) -> [Source] {
        let (limits, own) = (tenantLimits.others, tenantLimits.byTenant)
        return sources.compactMap { configuration in
            if unchanged.contains(configuration.name), let source = current(configuration.name) { return source }
            guard let mapper = mappers[configuration.name] else { return nil }
            do {
                let source = try Source(configuration, mapper: mapper, keys: keys) { tenant in
                    TenantLimit(tenant, own[tenant] ?? limits, keys: keys)
                }
                source.rate = rates[configuration.name]
                source.refusals = refusals[configuration.name]
                return source
            } catch {
                log.error("source left out", ["source": .text(configuration.name), "reason": .text("\(error)")])
                return nil
            }
        }
    }
}

extension ServerLimits {
    /// What one of `workers` grants: the connections and the memory of all of them together are the configuration's.
    init(_ listen: ListenConfiguration, workers: Int, openFiles: Int) {
        http = HTTPLimits(maxHeaderBytes: listen.maxHeaderBytes, maxHeaderFields: listen.maxHeaderFields)
        headerTimeout = .seconds(listen.headerTimeoutSeconds)
        bodyTimeout = .seconds(listen.bodyTimeoutSeconds)
        minBodyBytesPerSecond = listen.minBodyBytesPerSecond
        idleTimeout = .seconds(listen.idleTimeoutSeconds)
        writeTimeout = .seconds(listen.writeTimeoutSeconds)
        let places = min(listen.maxConnections, max(1, openFiles - Self.reservedDescriptors))
        maxConnections = max(1, places / workers)
        maxHeldBytes = max(2 * listen.maxBodyBytes, max(Self.heldBytes, 4 * listen.maxBodyBytes) / workers)
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

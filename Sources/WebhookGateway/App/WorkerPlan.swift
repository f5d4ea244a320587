import Verifiers

/// Everything an ingest worker is built from: values, so that each thread can build its own.
struct WorkerPlan: Sendable {
    var listen: ListenConfiguration
    var redis: RedisSettings
    var keys: Keys
    var archiveSeconds: Int
    var sources: [SourceConfiguration]
    /// Compiled once, by source.
    var mappers: [String: Mapper]
    var log: Log
    /// Nil: there is no spool.
    var spool: DurableStore.Plan?
    var outages: OutageLog
    /// The worker's number.
    var index = 0

    /// - Parameter spool: where the spool is; nil when there shall be none.
    init(_ configuration: Configuration, redis: RedisSettings, spool: DurableStore.Plan?, log: Log)
        throws(ConfigurationError)
    {
        self.spool = spool
        outages = OutageLog(
            remedy: spool == nil
                ? "deliveries are answered 503" : "deliveries go to the spool on disk and are answered 200")
        listen = configuration.listen
        self.redis = redis
        keys = Keys(prefix: configuration.redis.prefix)
        archiveSeconds = configuration.archive.ttlSeconds
        sources = configuration.sources.filter(\.enabled)
        let catalog = MappingCatalog(overrides: configuration.mappings)
        mappers = [:]
        for source in sources {
            mappers[source.name] = Mapper(provider: source.provider, rules: try catalog.rules(named: source.mapping))
        }
        self.log = log
    }

    /// The endpoints, with keys and mappings of the calling thread's own.
    func makeSources() -> [Source] {
        sources.compactMap { configuration in
            guard let mapper = mappers[configuration.name] else { return nil }
            do {
                return try Source(configuration, mapper: mapper, keys: keys)
            } catch {
                log.error("source left out", ["source": .text(configuration.name), "reason": .text("\(error)")])
                return nil
            }
        }
    }
}

extension ServerLimits {
    init(_ listen: ListenConfiguration) {
        http = HTTPLimits(maxHeaderBytes: listen.maxHeaderBytes, maxHeaderFields: listen.maxHeaderFields)
        headerTimeout = .seconds(listen.headerTimeoutSeconds)
        bodyTimeout = .seconds(listen.bodyTimeoutSeconds)
        minBodyBytesPerSecond = listen.minBodyBytesPerSecond
        idleTimeout = .seconds(listen.idleTimeoutSeconds)
        writeTimeout = .seconds(listen.writeTimeoutSeconds)
        maxConnections = listen.maxConnections
    }
}

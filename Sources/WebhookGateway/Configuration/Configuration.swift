/// The whole configuration as values: what gateway.json5 says, with every default filled in.
struct Configuration: ConfigurationSection {
    var listen = ListenConfiguration()
    var admin = AdminConfiguration()
    var redis = RedisConfiguration()
    /// Where the private Redis, the spool and the generated secrets live; 0700, one process at a time.
    var dataDirectory = "./data"
    var dedupe = DedupeConfiguration()
    var archive = ArchiveConfiguration()
    var spool = SpoolConfiguration()
    var queues = QueuesConfiguration()
    /// What each tenant may have and use.
    var tenantLimits = TenantLimitsConfiguration()
    /// How long a stopping process may take to finish what is in flight.
    var drainSeconds = 25
    var log = LogConfiguration()
    /// Under which keys the credentials of integrations are kept.
    var vault = VaultConfiguration()
    /// The operator's own provider definitions by name; those in the folder `providers` beside the file join them.
    var providers: [String: JSONValue] = [:]
    /// The endpoints providers post to, ordered by name.
    var sources: NamedTable<SourceConfiguration> = []
    /// The operator's field mappings by name; each overrides the bundled one of that name.
    var mappings: [String: JSONValue] = [:]
    /// Where the forwarder sends events, ordered by name.
    var destinations: NamedTable<DestinationConfiguration> = []
    /// Managed destinations that cannot be delivered to as they are: their events wait in their lanes. No file has any.
    var heldDestinations: NamedTable<DestinationConfiguration> = []

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.section("listen", &listen)
        keys.section("admin", &admin)
        keys.section("redis", &redis)
        keys.text("dataDirectory", &dataDirectory, .notEmpty)
        keys.section("dedupe", &dedupe)
        keys.section("archive", &archive)
        keys.section("spool", &spool)
        keys.section("queues", &queues)
        keys.section("tenantLimits", &tenantLimits)
        keys.integer("drainSeconds", &drainSeconds, in: 0...86_400)
        keys.section("log", &log)
        keys.section("vault", &vault)
        keys.free("providers", &providers)
        let (maxBodyBytes, windowSeconds) = (listen.maxBodyBytes, dedupe.windowSeconds)
        keys.named("sources", &sources, .sourceName) { name in
            SourceConfiguration(name: name, maxBodyBytes: maxBodyBytes, dedupeWindowSeconds: windowSeconds)
        }
        keys.free("mappings", &mappings)
        keys.named("destinations", &destinations, .name) { DestinationConfiguration(name: $0) }
    }
}

extension Configuration {
    /// The source of that name, enabled or not.
    func source(named name: String) -> SourceConfiguration? {
        sources.entry(named: name)
    }

    /// The destination of that name, enabled or not.
    func destination(named name: String) -> DestinationConfiguration? {
        destinations.entry(named: name)
    }
}

/// What the routes' handlers work with: the store, the configuration in force, and the gateway itself.
@ControlPlane
final class AdminServices {
    static nonisolated let scripts: [RedisScript] =
        DeadStore.scripts + QueueControl.scripts + StatsStore.scripts + MappingStore.scripts + ReplayStore.scripts
        + RefusalAcceptance.scripts + IntegrationStore.scripts + ShapeStore.scripts
        + Vault.scripts + LaneControl.scripts + AuditStore.scripts + [
            .queueReap, .ledger, .replay, .quarantineRelease, .quarantineStay,
        ]

    /// Long lists may take a while, and a person waits.
    private static let commandDeadline = Duration.seconds(10)

    let connection: RedisConnection
    let keys: Keys
    let control: ControlKeys
    let log: Log
    let authenticator: Authenticator
    let audit: AuditStore
    let cursors: CursorSeal
    let stats: StatsStore
    let mappings: MappingStore
    let replays: ReplayStore
    let integrations: IntegrationStore
    let shapes: ShapeStore
    let tenants: TenantStore
    /// As the file says it.
    private(set) var fileConfiguration: Configuration
    /// What is in force: the file's, with the mappings that came through the API.
    private(set) var configuration: Configuration
    private var overrides: [String: JSONValue] = [:]
    private var sampler: StatsSampler?
    private var runner: ReplayRunner?
    private var drains: DrainRunner?
    private(set) lazy var feed = EventFeed(self)
    let gallery = ProviderGallery()
    let outbound = OutboundQuota()
    private(set) weak var gateway: (any AdminHandler.Gateway)?

    init(
        _ configuration: Configuration, redis: RedisSettings, gateway: any AdminHandler.Gateway, log: Log
    ) throws(ConfigurationError) {
        self.configuration = configuration
        fileConfiguration = configuration
        self.gateway = gateway
        self.log = log
        var settings = redis
        settings.commandDeadline = max(settings.commandDeadline ?? .zero, Self.commandDeadline)
        connection = RedisConnection(settings, scripts: Self.scripts, loop: ControlPlane.loop)
        keys = Keys(prefix: configuration.redis.prefix)
        control = ControlKeys(prefix: configuration.redis.prefix)
        audit = AuditStore(connection: connection, keys: control)
        cursors = CursorSeal(connection: connection, keys: control)
        stats = StatsStore(connection: connection, keys: keys)
        mappings = MappingStore(connection: connection, keys: control)
        replays = ReplayStore(connection: connection, keys: keys)
        integrations = IntegrationStore(connection: connection, keys: control)
        shapes = ShapeStore(connection: connection, keys: control)
        tenants = TenantStore(connection: connection, keys: keys)
        authenticator = try Authenticator(connection, control, jwt: configuration.admin.jwt)
    }

    func start() {
        connection.start()
        let sampler = StatsSampler(self)
        self.sampler = sampler
        sampler.start()
        let runner = ReplayRunner(self)
        self.runner = runner
        runner.start()
        let drains = DrainRunner(self)
        self.drains = drains
        drains.start()
    }

    func stop() {
        sampler?.stop()
        runner?.stop()
        drains?.stop()
        feed.stop()
        connection.stop()
    }

    /// Takes up another configuration; throws, and changes nothing, when the key for JSON web tokens cannot be used.
    func reload(_ configuration: Configuration) throws(ConfigurationError) {
        try authenticator.reload(configuration.admin.jwt)
        fileConfiguration = configuration
        self.configuration = configuration.applying(overrides)
    }

    /// Takes up integrations that have changed, in a configuration that is the same but for them.
    func take(_ configuration: Configuration) {
        fileConfiguration = configuration
        self.configuration = configuration.applying(overrides)
    }

    /// Takes up the mappings that came through the API, by source.
    func take(_ overrides: [String: JSONValue]) {
        self.overrides = overrides
        configuration = fileConfiguration.applying(overrides)
    }

    /// The ledger, with the queues and destinations of the configuration whether or not anything was counted there.
    func ledger() async throws(RedisFailure) -> Ledger {
        try await Ledger.read(
            connection, keys, sources: configuration.sources.map(\.name),
            queues: Set(configuration.sources.flatMap(\.queues)), destinations: configuration.destinations.map(\.name))
    }

    func control(of queue: String) -> QueueControl {
        QueueControl(
            queue: queue, connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
    }

    var lanes: LaneControl {
        LaneControl(connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
    }

    /// The configuration file's, without what is managed here.
    var declared: Configuration { gateway?.declared ?? fileConfiguration }

    /// Where a caller changes integrations.
    func desk(of principal: Principal) throws(Problem) -> IntegrationDesk {
        guard let vault = gateway?.vault else {
            throw Problem(.serviceUnavailable, "The vault is not there; try again.", retryAfter: 5)
        }
        return IntegrationDesk(
            principal: principal, store: integrations, vault: vault, file: declared,
            others: { self.catalog?.integrations(of: principal.tenant) ?? [] },
            hasHistory: { (id) async throws(RedisFailure) in try await self.hasHistory(id) },
            changed: { await self.takeUpIntegrations() })
    }

    /// Has this process take up changed integrations, now.
    func takeUpIntegrations() async { await gateway?.takeUpIntegrations() }

    /// Whether anything is kept under the name of a source or destination: counted events, or refused deliveries.
    func hasHistory(_ id: Integration.ID) async throws(RedisFailure) -> Bool {
        let commands: [[RedisArgument]] =
            switch id.kind {
            case .source:
                [
                    ["HEXISTS", .text(keys.ledger), .text("source:\(id.key):accepted")],
                    ["EXISTS", .text(keys.refused(id.key))],
                ]
            case .destination: [["HEXISTS", .text(keys.ledger), .text("lane:\(id.key):entered")]]
            }
        return try await connection.pipeline(commands).contains { $0.integer == 1 }
    }

    /// The managed integrations as this process has taken them up.
    var catalog: IntegrationCatalog? { gateway?.catalog }

    /// Whether only this machine reaches the port.
    var isPrivate: Bool { AdminSurroundings(configuration.admin).isPrivate }
}

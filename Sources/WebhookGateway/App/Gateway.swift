import Glibc
import Verifiers

/// The running gateway: builds the parts in order, watches over signals, reloads, and takes them down in reverse.
@ControlPlane
final class Gateway: AdminHandler.Gateway {
    /// Why the gateway cannot start.
    struct StartFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// How long a load balancer gets to notice that `/readyz` turned 503 before the port closes.
    private static let noticePeriod = Duration.milliseconds(500)

    /// How long idle connections are kept for a next request when another process serves the port: closing one just
    /// as its client sends would fail a delivery, and nothing is gained by haste.
    private static let idleGrace = Duration.seconds(5)

    /// How long after the start its last steps are over: connections to Redis, first looks at what is there.
    private static let settlingTime = Duration.milliseconds(250)

    let loader: ConfigurationLoader
    let path: String?
    private let roles: Roles
    private let takesOver: Bool
    private let services: ServiceManager
    let log: Log
    /// The file's, without managed integrations.
    var declared: Configuration
    /// What is in force: the file's entries and the managed ones.
    var configuration: Configuration
    var certificates: Certificates?
    var redisSettings: RedisSettings?
    var dataDirectory: String?
    var lockDescriptor: Int32?
    var control: ControlSocket?
    /// What another process serves now, by the names of `ControlProtocol`; nil while this one serves.
    var handedOver: Set<String>?
    var spool: DurableStore.Plan?
    /// What the workers have now.
    var plan: WorkerPlan?
    private(set) var privateRedis: PrivateRedis?
    private(set) var vault: Vault?
    private(set) var ingest: IngestServer?
    var forwarder: Forwarder?
    /// Whether the forwarder starts when the managed destinations have been read.
    var forwarderWaits = false
    private(set) var adminListener: Listener?
    var isAdminInherited = false
    private(set) var adminHandler: AdminHandler?
    private(set) var watch: ChangeWatch?
    private var ledgerMetrics: LedgerMetrics?
    var archiveTrimmer: ArchiveTrimmer?
    var shapes: ShapeLearner?
    private var signals: Signals?
    private var stopRequest: CheckedContinuation<Void, Never>?
    private(set) var isStopping = false

    /// - Parameter takesOver: whether to replace a gateway that runs on the same data directory.
    init(
        _ loaded: LoadedConfiguration, loader: ConfigurationLoader, path: String?, roles: Roles,
        takesOver: Bool = false
    ) {
        declared = loaded.configuration
        configuration = loaded.configuration
        self.loader = loader
        self.path = path
        self.roles = roles
        self.takesOver = takesOver
        services = ServiceManager(loader.environment)
        log = Log(loaded.configuration.log)
    }

    /// Starts everything, calls `started` with the public port's address, and returns when a signal has ended it.
    func run(started: (SocketAddress?) async -> Void) async throws {
        signals = try Signals { [weak self] in self?.received($0) }
        OpenFiles.raiseLimit()
        for note in configuration.unavailable(.builtIn) {
            log.info("not available in this version", ["key": .text(note.keyPath), "instead": .text(note.sentence)])
        }
        let takeover = takesOver ? try findRunning() : nil
        let directory: DataDirectory
        if let takeover {
            directory = try DataDirectory(configuration.dataDirectory, sharing: takeover.lock)
        } else {
            directory = try DataDirectory(configuration.dataDirectory)
        }
        lockDescriptor = directory.lockDescriptor
        var sockets = try takeover?.sockets ?? services.sockets()
        do {
            try await start(dataDirectory: directory.path, after: takeover, &sockets)
            sockets.closeRest()
            if let takeover {
                try commit(takeover)
                directory.writeHolder()
            }
            control = try makeControl(in: directory.path, after: takeover)
            logStart()
            services.tellReady()
            await started(ingest?.address)
            ControlPlane.loop.schedule(after: Self.settlingTime) { ProgramPages.release() }
            // A signal may have come while the parts were still starting.
            if !isStopping { await withCheckedContinuation { stopRequest = $0 } }
        } catch {
            await stop()
            throw error
        }
        if handedOver == nil { services.tellStopping() }
        await stop()
    }

    // MARK: Starting

    private func start(dataDirectory: String, after takeover: Takeover?, _ sockets: inout ListeningSockets) async throws
    {
        self.dataDirectory = dataDirectory
        let certificates = try Certificates(configuration)
        certificates.warn(log)
        self.certificates = certificates
        let redis = try await startRedis(dataDirectory: dataDirectory, joins: takeover?.offersRedis == true)
        redisSettings = redis
        try await StoreCheck(configuration.redis, log: log).run(redis)
        vault = try makeVault(redis)
        if let vault { watch = await startWatch(redis, vault) }
        configuration = watch?.catalog.applied(to: declared) ?? declared
        if roles.contains(.ingest) {
            spool = makeSpool(dataDirectory: dataDirectory)
            if let plan = try makePlan(configuration, certificates) {
                ingest = try IngestServer.start(plan, &sockets)
                self.plan = plan
            }
        }
        if roles.contains(.forward) {
            let client = HTTPClient(version: Version.number)
            let forwarder = try Forwarder(configuration, redis: redis, log: log) {
                destination throws(InvalidDestination) in
                try DestinationCatalog.make(DestinationContext(destination, client: client))
            }
            self.forwarder = forwarder
            // Routed without destinations that could not be read yet, events would miss them for good.
            if watch?.catalog.isComplete == true { forwarder.start() } else { forwarderWaits = true }
        }
        if !roles.isDisjoint(with: [.forward, .admin]) {
            archiveTrimmer = ArchiveTrimmer(redis, configuration)
            archiveTrimmer?.start()
            shapes = ShapeLearner(redis, configuration, log: log)
            shapes?.start()
        }
        if roles.contains(.admin) {
            ledgerMetrics = LedgerMetrics(redis, configuration.redis)
            try startAdmin(&sockets)
        }
        if certificates.listen != nil { renewTicketKeys() }
    }

    private func logStart() {
        log.info(
            "gateway started",
            [
                "version": .text(Version.number), "listen": ingest.map { .text($0.address.description) } ?? .absent,
                "admin": adminListener.map { .text($0.address.description) } ?? .absent,
                "sources": .integer(Int64(configuration.sources.filter(\.enabled).count)),
                "destinations": .integer(Int64(configuration.destinations.filter(\.enabled).count)),
            ])
    }

    /// The part of the spool that this process writes goes by the moment of its start, so that older parts come first.
    private func makeSpool(dataDirectory: String) -> DurableStore.Plan? {
        guard configuration.spool.enabled else { return nil }
        var ids = ULIDGenerator()
        return DurableStore.Plan(
            directory: "\(dataDirectory)/spool", instance: ids.next(milliseconds: Clock.unixMilliseconds()).description,
            segmentBytes: configuration.spool.segmentBytes, status: SpoolStatus(maxBytes: configuration.spool.maxBytes))
    }

    /// - Parameter joins: whether a gateway that still runs has a private Redis here.
    private func startRedis(dataDirectory: String, joins: Bool) async throws -> RedisSettings {
        if let endpoint = configuration.redis.endpoint { return RedisSettings(endpoint, configuration.redis) }
        let server = try PrivateRedis(dataDirectory: dataDirectory, searchPath: loader.environment["PATH"], log: log)
        privateRedis = server
        if joins { try await server.join() } else { try await server.start() }
        var settings = server.settings
        settings.apply(configuration.redis)
        return settings
    }

    private func startAdmin(_ sockets: inout ListeningSockets) throws {
        guard let redisSettings else { return }
        let handler = try AdminHandler(configuration, redis: redisSettings, gateway: self, log: log)
        handler.services.take(watch?.mappings ?? [:])
        adminHandler = handler
        let admin = configuration.admin
        let address = try ListenAddress.resolve(host: admin.host, port: admin.port)
        let options = ListenerOptions(tls: try certificates?.admin.map { try TLSServerContext($0) })
        do throws(SystemError) {
            let given = sockets.take(.admin, at: address)
            isAdminInherited = !given.isEmpty
            let open = given.isEmpty ? [try Socket.listen(on: address, sharesPort: false).release()] : given
            adminListener = try Listener(
                FileDescriptor(owning: open[0]), handler: handler, limits: .admin,
                options: options, loop: ControlPlane.loop)
            for socket in open.dropFirst() { try adminListener?.add(FileDescriptor(owning: socket)) }
        } catch {
            throw StartFailure(description: ListenAddress.explain(error, address, key: "admin"))
        }
    }

    // MARK: Signals

    private func received(_ signal: Int32) {
        switch signal {
        case SIGTERM, SIGINT:
            guard !isStopping else {
                log.warning("stopped at once, by a second signal")
                exit(1)
            }
            log.info("stopping", ["signal": .text(signal == SIGTERM ? "SIGTERM" : "SIGINT")])
            requestStop()
        case SIGHUP: reload()
        case SIGCHLD: privateRedis?.childEnded()
        default: break
        }
    }

    func requestStop() {
        isStopping = true
        stopRequest?.resume()
        stopRequest = nil
    }

    /// Events in this process' spool that the store does not have yet, by source.
    func spooled() -> [String: Int] { spool?.status.figures.waiting ?? [:] }

    private func renewTicketKeys() {
        ControlPlane.loop.schedule(after: Certificates.ticketKeyLifetime) { [weak self] in
            guard let self, !self.isStopping else { return }
            do {
                let key = try TLSTicketKey()
                for worker in self.ingest?.workers ?? [] { worker.replaceTicketKey(key) }
            } catch {
                self.log.error("session tickets keep their key", ["reason": .text("\(error)")])
            }
            self.renewTicketKeys()
        }
    }

    // MARK: Stopping

    private func stop() async {
        isStopping = true
        let deadline = ContinuousClock.now + .seconds(configuration.drainSeconds)
        control?.close(keepsName: false)
        if let ingest {
            for worker in ingest.workers { worker.beginDraining() }
            let half = Duration.seconds(configuration.drainSeconds) / 2
            var grace = Duration.zero
            if handedOver?.contains(ListeningSockets.Purpose.listen.rawValue) == true {
                grace = min(Self.idleGrace, half)
            } else {
                try? await Task.sleep(for: min(Self.noticePeriod, half))
            }
            await finish(ingest.workers, grace: grace, until: deadline)
        }
        await forwarder?.stop(within: max(Duration.milliseconds(100), deadline - .now))
        adminListener?.abort()
        adminHandler?.services.stop()
        watch?.stop()
        ledgerMetrics?.stop()
        archiveTrimmer?.stop()
        vault?.close()
        shapes?.stop()
        await privateRedis?.stop(within: max(Duration.seconds(5), deadline - .now))
        log.info("stopped")
    }

    /// Lets the workers answer what is under way, but no longer than the deadline.
    private func finish(_ workers: [WorkerHandle], grace: Duration, until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { group in
                    for worker in workers { group.addTask { await worker.finish(grace: grace) } }
                }
            }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            for worker in workers { worker.stop() }
            group.cancelAll()
        }
    }

    // MARK: For the admin listener

    func isReady() async -> Bool {
        // Connections to the admin port outlive a takeover: the port is served, if not by this process.
        guard !isStopping || handedOver != nil else { return false }
        for worker in ingest?.workers ?? [] {
            guard await worker.isReady() else { return false }
        }
        return true
    }

    func metrics() async -> [UInt8] {
        var snapshots: [WorkerSnapshot] = []
        for worker in ingest?.workers ?? [] {
            if let snapshot = await worker.snapshot() { snapshots.append(snapshot) }
        }
        var isStoreUp: Bool?
        if ingest == nil, let ledgerMetrics { isStoreUp = await ledgerMetrics.isStoreUp() }
        var text = PrometheusText()
        Metrics.append(
            snapshots, spool: spool?.status.figures ?? SpoolStatus.Figures(), isStoreUp: isStoreUp, to: &text)
        Metrics.append(certificates?.expiries ?? [], to: &text)
        if let forwarder { DeliveryMetrics.append(forwarder, to: &text) }
        await ledgerMetrics?.append(configuration, to: &text)
        if let archiveTrimmer { text.append(archiveTrimmer) }
        if let shapes { await text.append(shapes) }
        return text.bytes
    }
}

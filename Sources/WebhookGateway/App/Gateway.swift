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

    private let loader: ConfigurationLoader
    private let path: String?
    private let roles: Roles
    private let log: Log
    private var configuration: Configuration
    private var certificates: Certificates?
    private var redisSettings: RedisSettings?
    private var dataDirectory: String?
    private var spool: DurableStore.Plan?
    private var privateRedis: PrivateRedis?
    private var ingest: IngestServer?
    private var forwarder: Forwarder?
    private var adminListener: Listener?
    private var ledgerMetrics: LedgerMetrics?
    private var signals: Signals?
    private var stopRequest: CheckedContinuation<Void, Never>?
    private var isStopping = false

    init(_ loaded: LoadedConfiguration, loader: ConfigurationLoader, path: String?, roles: Roles) {
        configuration = loaded.configuration
        self.loader = loader
        self.path = path
        self.roles = roles
        log = Log(loaded.configuration.log)
    }

    /// Starts everything, calls `started` with the public port's address, and returns when a signal has ended it.
    func run(started: (SocketAddress?) -> Void) async throws {
        signals = try Signals { [weak self] in self?.received($0) }
        OpenFiles.raiseLimit()
        for note in configuration.unavailable(.builtIn) {
            log.info("not available in this version", ["key": .text(note.keyPath), "instead": .text(note.sentence)])
        }
        let directory = try DataDirectory(configuration.dataDirectory)
        do {
            try await start(dataDirectory: directory.path)
            started(ingest?.address)
            // A signal may have come while the parts were still starting.
            await withCheckedContinuation { continuation in
                if isStopping { continuation.resume() } else { stopRequest = continuation }
            }
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    // MARK: Starting

    private func start(dataDirectory: String) async throws {
        self.dataDirectory = dataDirectory
        let certificates = try Certificates(configuration)
        certificates.warn(log)
        self.certificates = certificates
        let redis = try await startRedis(dataDirectory: dataDirectory)
        redisSettings = redis
        try await StoreCheck(configuration.redis, log: log).run(redis)
        if roles.contains(.ingest) {
            spool = makeSpool(dataDirectory: dataDirectory)
            ingest = try IngestServer.start(
                try WorkerPlan(
                    configuration, dataDirectory: dataDirectory, redis: redis, tls: certificates.listen, spool: spool,
                    log: log))
        }
        if roles.contains(.forward) {
            let client = HTTPClient(version: Version.number)
            let forwarder = try Forwarder(configuration, redis: redis, log: log) {
                destination throws(InvalidDestination) in
                try DestinationCatalog.make(DestinationContext(destination, client: client))
            }
            self.forwarder = forwarder
            forwarder.start()
        }
        if roles.contains(.admin) {
            ledgerMetrics = LedgerMetrics(redis, configuration.redis)
            try startAdmin()
        }
        if certificates.listen != nil { renewTicketKeys() }
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

    private func startRedis(dataDirectory: String) async throws -> RedisSettings {
        if let endpoint = configuration.redis.endpoint { return RedisSettings(endpoint, configuration.redis) }
        guard roles == .all else {
            throw StartFailure(
                description:
                    "--roles: processes with roles of their own share a Redis; set redis.url, the private Redis serves one process"
            )
        }
        let server = try PrivateRedis(dataDirectory: dataDirectory, searchPath: loader.environment["PATH"], log: log)
        privateRedis = server
        try await server.start()
        var settings = server.settings
        settings.apply(configuration.redis)
        return settings
    }

    private func startAdmin() throws {
        let admin = configuration.admin
        let address = try ListenAddress.resolve(host: admin.host, port: admin.port)
        let options = ListenerOptions(tls: try certificates?.admin.map { try TLSServerContext($0) })
        do throws(SystemError) {
            let socket = try Socket.listen(on: address, sharesPort: false)
            adminListener = try Listener(
                socket, handler: AdminHandler(gateway: self, log: log), limits: ServerLimits(), options: options,
                loop: ControlPlane.loop)
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
            isStopping = true
            log.info("stopping", ["signal": .text(signal == SIGTERM ? "SIGTERM" : "SIGINT")])
            stopRequest?.resume()
            stopRequest = nil
        case SIGHUP: reload()
        case SIGCHLD: privateRedis?.childEnded()
        default: break
        }
    }

    /// Takes up the configuration file anew; one that is wrong changes nothing.
    private func reload() {
        do {
            let loaded = try loader.load(path)
            guard let redisSettings, let dataDirectory else { return }
            let certificates = try Certificates(loaded.configuration)
            let plan = try WorkerPlan(
                loaded.configuration, dataDirectory: dataDirectory, redis: redisSettings, tls: certificates.listen,
                spool: spool, log: log)
            try forwarder?.reload(loaded.configuration)
            for worker in ingest?.workers ?? [] { worker.reload(plan) }
            try use(certificates)
            configuration = loaded.configuration
            log.info("configuration reloaded", ["from": .text(loaded.place)])
        } catch {
            log.error("configuration not reloaded, the old one stays", ["reason": .text("\(error)")])
        }
    }

    /// New connections to the admin port get the new certificates; a port does not change between plain and TLS.
    private func use(_ new: Certificates) throws {
        if let listener = adminListener, listener.options.tls != nil, let material = new.admin {
            listener.options.tls = try TLSServerContext(material)
        }
        if (new.listen == nil) != (certificates?.listen == nil) || (new.admin == nil) != (certificates?.admin == nil) {
            log.warning("turning TLS on or off needs a restart")
        }
        new.warn(log)
        certificates = new
    }

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
        if let ingest {
            for worker in ingest.workers { worker.beginDraining() }
            try? await Task.sleep(for: min(Self.noticePeriod, .seconds(configuration.drainSeconds) / 2))
            await finish(ingest.workers, until: deadline)
        }
        await forwarder?.stop(within: max(Duration.milliseconds(100), deadline - .now))
        adminListener?.abort()
        ledgerMetrics?.stop()
        await privateRedis?.stop(within: max(Duration.seconds(5), deadline - .now))
        log.info("stopped")
    }

    /// Lets the workers answer what is under way, but no longer than the deadline.
    private func finish(_ workers: [WorkerHandle], until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for worker in workers { await worker.finish() } }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            for worker in workers { worker.stop() }
            group.cancelAll()
        }
    }

    // MARK: For the admin listener

    func isReady() async -> Bool {
        guard !isStopping else { return false }
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
        var text = PrometheusText()
        Metrics.append(snapshots, spool: spool?.status.figures ?? SpoolStatus.Figures(), to: &text)
        Metrics.append(certificates?.expiries ?? [], to: &text)
        if let forwarder { DeliveryMetrics.append(forwarder, to: &text) }
        await ledgerMetrics?.append(configuration, to: &text)
        return text.bytes
    }
}

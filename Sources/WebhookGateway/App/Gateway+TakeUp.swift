/// What changes while the gateway runs: the file at a SIGHUP, integrations and mappings at any time.
extension Gateway {
    /// Takes up the configuration file anew; one that is wrong changes nothing.
    func reload() {
        do {
            let loaded = try loader.load(path)
            let certificates = try Certificates(loaded.configuration)
            let masterKeys = try MasterKeys.make(loaded.configuration, environment: loader.environment, log: log)
            watch?.catalog.rebase(on: loaded.configuration)
            try apply(watch?.catalog.applied(to: loaded.configuration) ?? loaded.configuration, certificates)
            try use(certificates)
            vault?.use(masterKeys)
            let waiting = loaded.configuration.readAtStart(differingFrom: declared)
            declared = loaded.configuration
            Task { await watch?.openAgain() }
            log.info("configuration reloaded", ["from": .text(loaded.place)])
            if !waiting.isEmpty {
                log.warning(
                    "changes that take effect at the next start only", ["keys": .text(waiting.joined(separator: ", "))])
            }
        } catch {
            watch?.catalog.rebase(on: declared)
            log.error("configuration not reloaded, the old one stays", ["reason": .text("\(error)")])
        }
    }

    /// Puts a configuration in force in all parts, or leaves them as they were.
    private func apply(_ new: Configuration, _ certificates: Certificates) throws {
        guard let plan = try makePlan(new, certificates) else { return }
        try adminHandler?.services.reload(new)
        try forwarder?.reload(new)
        archiveTrimmer?.reload(new)
        shapes?.reload(new)
        for worker in ingest?.workers ?? [] { worker.reload(plan) }
        self.plan = plan
        configuration = new
    }

    /// The workers' plan for a configuration; nil before there is a store.
    func makePlan(_ configuration: Configuration, _ certificates: Certificates) throws -> WorkerPlan? {
        guard let redisSettings, let dataDirectory else { return nil }
        var plan = try WorkerPlan(
            configuration.applying(watch?.mappings ?? [:]), dataDirectory: dataDirectory, redis: redisSettings,
            tls: certificates.listen, spool: spool, log: log)
        plan.mayLackSources = mayLackSources
        if let current = self.plan { plan.compare(with: current) }
        return plan
    }

    private var mayLackSources: Bool { watch?.catalog.isComplete == false }

    // MARK: Integrations and mappings

    /// Reads what is managed, and watches it from now on.
    func startWatch(_ redis: RedisSettings, _ vault: Vault) async -> ChangeWatch {
        let watch = ChangeWatch(
            redis, configuration, vault: vault, log: log,
            observer: ChangeWatch.Observer(
                file: { [weak self] in self?.declared ?? Configuration() },
                integrationsChanged: { [weak self] in self?.takeIntegrations($0) },
                mappingsChanged: { [weak self] in self?.takeMappings(of: $0) }))
        await watch.start()
        return watch
    }

    /// Takes up managed integrations that have changed, and touches nothing else. Each was checked by itself, so that
    /// none stops the others.
    private func takeIntegrations(_ names: EntryNames) {
        guard let catalog = watch?.catalog else { return }
        catalog.apply(names, to: &configuration, file: declared)
        adminHandler?.services.take(configuration)
        archiveTrimmer?.reload(configuration)
        shapes?.take(names.sources, of: configuration)
        tellWorkers(of: names.sources)
        forwarder?.take(names, of: configuration)
        if forwarderWaits {
            forwarderWaits = false
            forwarder?.start()
        }
        log.info(
            "integrations taken up",
            [
                "changed": .number(names.sources.count + names.destinations.count),
                "integrations": .number(catalog.entries.count),
            ])
    }

    /// Takes up mappings that came through the API. They were checked when they came; one that this version does not
    /// take any more changes nothing.
    private func takeMappings(of sources: Set<String>) {
        adminHandler?.services.take(watch?.mappings ?? [:])
        tellWorkers(of: sources)
        log.info("mappings taken up", ["sources": .text(sources.sorted().joined(separator: " "))])
    }

    private func tellWorkers(of sources: Set<String>) {
        guard let ingest, plan != nil else { return }
        let isNews = plan?.mayLackSources != mayLackSources
        plan?.mayLackSources = mayLackSources
        guard !sources.isEmpty || isNews,
            let changes = plan?.take(sources, of: configuration, overrides: watch?.mappings ?? [:])
        else { return }
        for worker in ingest.workers { worker.take(changes) }
    }

    /// Has this process take up now what has changed in the store.
    func takeUpIntegrations() async { await watch?.look() }

    /// Has this process take up now what has changed in the store.
    func takeUpMappings() async { await watch?.look() }

    /// The managed integrations as this process has them.
    var catalog: IntegrationCatalog? { watch?.catalog }

    /// What the archive holds, as of the last look.
    var archive: ArchiveTrimmer.Figures? { archiveTrimmer?.figures }

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
}

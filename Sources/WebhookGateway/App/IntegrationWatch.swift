/// Watches the managed integrations in the store, so that every process takes a change up within a second.
///
/// A number is asked for twice a second; there is no message that could be missed.
@ControlPlane
final class IntegrationWatch {
    private static let interval = Duration.milliseconds(500)
    /// How long credentials that could not be opened rest before another attempt.
    private static let openingPause = Duration.seconds(5)
    /// A start waits no longer for Redis than this; the integrations are then taken up when it is there.
    private static let patience = Duration.seconds(1)

    let catalog: IntegrationCatalog
    private let store: IntegrationStore
    private let log: Log
    private let file: () -> Configuration
    private let changed: () -> Void
    private var known: Int64 = -1
    private var isLooking = false
    private var openedLast = ContinuousClock.now
    private var task: Task<Void, Never>?

    /// Reads what is there, and goes on watching.
    ///
    /// - Parameters:
    ///   - file: the configuration without managed entries.
    ///   - changed: something has, and is in the catalog.
    static func start(
        _ redis: RedisSettings, _ configuration: Configuration, vault: Vault, log: Log,
        file: @escaping () -> Configuration, changed: @escaping () -> Void
    ) async -> IntegrationWatch {
        let connection = RedisConnection(redis, scripts: IntegrationStore.scripts, loop: ControlPlane.loop)
        let keys = ControlKeys(prefix: configuration.redis.prefix)
        let catalog = IntegrationCatalog(known: .builtIn) { await vault.open($0) }
        let watch = IntegrationWatch(
            IntegrationStore(connection: connection, keys: keys), catalog, log, file, changed)
        if await connection.becomesReady(within: patience) { _ = await watch.read() }
        watch.watch()
        return watch
    }

    private init(
        _ store: IntegrationStore, _ catalog: IntegrationCatalog, _ log: Log, _ file: @escaping () -> Configuration,
        _ changed: @escaping () -> Void
    ) {
        self.store = store
        self.catalog = catalog
        self.log = log
        self.file = file
        self.changed = changed
    }

    func stop() {
        task?.cancel()
        store.connection.stop()
    }

    /// Looks once; tells when something has changed.
    func look() async {
        if await read() { changed() }
    }

    private func watch() {
        task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard !Task.isCancelled, let self else { return }
                await self.look()
            }
        }
    }

    /// Whether there is something new. While Redis is away the integrations stay as they are.
    private func read() async -> Bool {
        guard !isLooking else { return false }
        isLooking = true
        defer { isLooking = false }
        do throws(RedisFailure) {
            guard try await store.changeNumber() != known else { return await openAgain() }
            let changes = try await store.changes(since: max(known, 0))
            for id in changes.damaged {
                log.error("an integration's record is damaged and left out", ["integration": .text(id.description)])
            }
            await catalog.take(changes, file: file())
            openedLast = .now
            known = changes.number
            for id in changes.changed.map(\.id) {
                guard let problem = catalog.entries[id]?.problem else { continue }
                log.warning(
                    "an integration is not in force", ["integration": .text(id.description), "reason": .text(problem)])
            }
            return true
        } catch {
            return false
        }
    }

    private func openAgain() async -> Bool {
        guard ContinuousClock.now - openedLast >= Self.openingPause else { return false }
        openedLast = .now
        return await catalog.openAgain(file: file())
    }
}

/// Watches what is managed in the store, integrations and mappings, so that every process takes a change up at once.
///
/// Two numbers grow with the changes; they are what counts, and are asked for twice a second. Who makes a change says so
/// on a channel besides, which only makes the next look come sooner: a message that is missed is made up for by the next
/// look.
@ControlPlane
final class ChangeWatch {
    private static let interval = Duration.milliseconds(500)
    /// How long credentials that could not be opened rest before another attempt.
    private static let openingPause = Duration.seconds(5)
    /// A start waits no longer for Redis than this; what is managed is then taken up when it is there.
    private static let patience = Duration.seconds(1)

    /// What a watch tells of.
    struct Observer {
        /// The configuration without managed entries.
        var file: @ControlPlane () -> Configuration
        /// Integrations have changed, and are in the catalog.
        var integrationsChanged: @ControlPlane (EntryNames) -> Void
        /// Mappings have changed: those of these sources.
        var mappingsChanged: @ControlPlane (_ sources: Set<String>) -> Void
    }

    let catalog: IntegrationCatalog
    /// The mappings that came through the API, by source.
    private(set) var mappings: [String: JSONValue] = [:]
    private let connection: RedisConnection
    private let subscription: RedisSubscription
    private let keys: ControlKeys
    private let integrationStore: IntegrationStore
    private let mappingStore: MappingStore
    private let log: Log
    private let observer: Observer
    private var integrationsNumber: Int64 = -1
    private var mappingsNumber: Int64 = 0
    private var openedLast = ContinuousClock.now
    private var hasNewKeys = false
    private var isLooking = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var task: Task<Void, Never>?

    /// - Parameter vault: opens credentials.
    init(_ redis: RedisSettings, _ configuration: Configuration, vault: Vault, log: Log, observer: Observer) {
        connection = RedisConnection(redis, scripts: [], loop: ControlPlane.loop)
        keys = ControlKeys(prefix: configuration.redis.prefix)
        subscription = RedisSubscription(redis, channel: keys.changes, loop: ControlPlane.loop)
        integrationStore = IntegrationStore(connection: connection, keys: keys)
        mappingStore = MappingStore(connection: connection, keys: keys)
        catalog = IntegrationCatalog(known: .builtIn) { await vault.open($0) }
        self.log = log
        self.observer = observer
    }

    /// Reads what is there, without telling of it, and goes on watching.
    func start() async {
        if await connection.becomesReady(within: Self.patience) { _ = await read() }
        subscription.received = { [weak self] in
            guard let self else { return }
            Task { await self.look() }
        }
        subscription.start()
        task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard !Task.isCancelled, let self else { return }
                await self.look()
            }
        }
    }

    func stop() {
        task?.cancel()
        subscription.stop()
        connection.stop()
    }

    /// Returns when what had changed before the call has been taken up, if Redis is there.
    ///
    /// A look that is under way may have read the numbers before the change: who comes meanwhile waits for the next.
    func look() async {
        await withCheckedContinuation { continuation in
            waiters.append(continuation)
            guard !isLooking else { return }
            isLooking = true
            Task { await self.lookForAll() }
        }
    }

    /// There are other master keys: what did not open before may now.
    func openAgain() async {
        hasNewKeys = true
        await look()
    }

    private func lookForAll() async {
        while !waiters.isEmpty {
            let served = waiters
            waiters = []
            await takeUp()
            for waiter in served { waiter.resume() }
        }
        isLooking = false
    }

    private func takeUp() async {
        guard let news = await read() else { return }
        if !news.entries.isEmpty || news.isFirst { observer.integrationsChanged(news.entries) }
        if !news.mappings.isEmpty { observer.mappingsChanged(news.mappings) }
    }

    private struct News {
        var entries = EntryNames()
        /// Whether nothing was known of the integrations before.
        var isFirst = false
        var mappings: Set<String> = []
    }

    /// What is new; nil while Redis is away: all stays as it is.
    private func read() async -> News? {
        do throws(RedisFailure) {
            let numbers = try await connection.command([
                "MGET", .text(keys.integrationsVersion), .text(keys.mappingsVersion),
            ]).elements
            guard let numbers, numbers.count == 2 else { throw .unexpectedReply("MGET without two values") }
            var news = News()
            if numbers[0].integer ?? 0 != integrationsNumber {
                news.isFirst = integrationsNumber < 0
                news.entries = try await readIntegrations()
            } else {
                news.entries = await openUnopened()
            }
            let changes = numbers[1].integer ?? 0
            if changes != mappingsNumber {
                let fresh = try await mappingStore.current().compactMapValues(\.value)
                news.mappings = Set(fresh.keys).union(mappings.keys).filter { fresh[$0] != mappings[$0] }
                mappings = fresh
                mappingsNumber = changes
            }
            return news
        } catch {
            return nil
        }
    }

    private func readIntegrations() async throws(RedisFailure) -> EntryNames {
        let changes = try await integrationStore.changes(since: max(integrationsNumber, 0))
        for id in changes.damaged {
            log.error("an integration's record is damaged and left out", ["integration": .text(id.description)])
        }
        let names = await catalog.take(changes, file: observer.file())
        openedLast = .now
        integrationsNumber = changes.number
        for id in changes.changed.map(\.id) {
            guard let problem = catalog.entries[id]?.problem else { continue }
            log.warning(
                "an integration is not in force", ["integration": .text(id.description), "reason": .text(problem)])
        }
        return names
    }

    private func openUnopened() async -> EntryNames {
        guard hasNewKeys || ContinuousClock.now - openedLast >= Self.openingPause else { return EntryNames() }
        openedLast = .now
        defer { hasNewKeys = false }
        return await catalog.openAgain(file: observer.file(), all: hasNewKeys)
    }
}

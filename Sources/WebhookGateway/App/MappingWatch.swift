/// Watches the mappings that came through the API, so that every process' workers take them up within a second.
@ControlPlane
final class MappingWatch {
    private static let interval = Duration.milliseconds(500)
    /// A start waits no longer for Redis than this; the mappings are then taken up when it is there.
    private static let patience = Duration.seconds(1)

    /// By source.
    private(set) var mappings: [String: JSONValue] = [:]
    private let store: MappingStore
    private let changed: ([String: JSONValue]) -> Void
    private var known: Int64 = 0
    private var task: Task<Void, Never>?

    /// Reads what is there, and goes on watching.
    static func start(
        _ redis: RedisSettings, _ configuration: RedisConfiguration,
        changed: @escaping ([String: JSONValue]) -> Void
    ) async -> MappingWatch {
        let connection = RedisConnection(redis, scripts: [], loop: ControlPlane.loop)
        let store = MappingStore(connection: connection, keys: ControlKeys(prefix: configuration.prefix))
        let watch = MappingWatch(store, changed: changed)
        if await connection.becomesReady(within: patience) { _ = await watch.read() }
        watch.watch()
        return watch
    }

    private init(_ store: MappingStore, changed: @escaping ([String: JSONValue]) -> Void) {
        self.store = store
        self.changed = changed
    }

    func stop() {
        task?.cancel()
        store.connection.stop()
    }

    /// Looks once; tells when something has changed.
    func look() async {
        if await read() { changed(mappings) }
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

    /// Whether there is something new. While Redis is away the mappings stay as they are.
    private func read() async -> Bool {
        do throws(RedisFailure) {
            let changes = try await store.changes()
            guard changes != known else { return false }
            mappings = try await store.current().compactMapValues(\.value)
            known = changes
            return true
        } catch {
            return false
        }
    }
}

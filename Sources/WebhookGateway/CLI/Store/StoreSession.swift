import FoundationEssentials
import Glibc

/// The store as a command works on it: beside the gateway, by the same scripts, over a connection of its own.
@ControlPlane
struct StoreSession {
    /// Why a command has no store.
    struct Unreachable: Error, CustomStringConvertible {
        var description: String
    }

    /// A person waits, and a ledger or a long list may take a while.
    private static let shortestDeadline = Duration.seconds(10)

    nonisolated static let scripts: [RedisScript] =
        LaneControl.scripts + Vault.scripts + IntegrationValues.scripts + ShapeStore.scripts + AuditStore.scripts
        + [.ledger]

    let configuration: Configuration
    let connection: RedisConnection
    let keys: Keys

    /// Loads the configuration (`--config`), connects, runs the work and leaves.
    static func run<Value: Sendable>(
        _ path: String?, _ work: @ControlPlane (StoreSession) async throws -> Value
    ) async throws -> Value {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(path).configuration
        return try await run(configuration, work)
    }

    static func run<Value: Sendable>(
        _ configuration: Configuration, _ work: @ControlPlane (StoreSession) async throws -> Value
    ) async throws -> Value {
        let session = try await StoreSession(configuration)
        defer { session.connection.stop() }
        return try await work(session)
    }

    private init(_ configuration: Configuration) async throws {
        self.configuration = configuration
        keys = Keys(prefix: configuration.redis.prefix)
        var settings = try Self.settings(configuration)
        settings.commandDeadline = max(settings.commandDeadline ?? .zero, Self.shortestDeadline)
        connection = RedisConnection(settings, scripts: Self.scripts, loop: ControlPlane.loop)
        try await Self.becomeReady(connection, settings, configuration)
    }

    /// Waits until a connection can be used; one that cannot is stopped, and the error says what to do.
    static func becomeReady(
        _ connection: RedisConnection, _ settings: RedisSettings, _ configuration: Configuration
    ) async throws(Unreachable) {
        guard await !connection.becomesReady(within: settings.connectDeadline) else { return }
        let problem = connection.problem
        connection.stop()
        let place = problem.hasPrefix(settings.description) ? "" : "\(settings): "
        throw Unreachable(description: "\(place)\(problem); \(remedy(configuration))")
    }

    /// How the store of a configuration is reached: `redis.url`, or the private Redis in the data directory.
    static nonisolated func settings(_ configuration: Configuration) throws -> RedisSettings {
        if let endpoint = configuration.redis.endpoint { return RedisSettings(endpoint, configuration.redis) }
        do throws(DataDirectory.Unusable) {
            var settings = RedisSettings(
                place: .unix(path: try DataDirectory.redisSocket(in: configuration.dataDirectory)))
            settings.apply(configuration.redis)
            return settings
        } catch {
            throw Unreachable(description: "\(error); \(remedy(configuration))")
        }
    }

    private static nonisolated func remedy(_ configuration: Configuration) -> String {
        configuration.redis.url == nil
            ? "the private Redis runs as long as the gateway: is it running? Start it with `webhook-gateway serve`, and call this command from the same directory or with the same --config"
            : "check redis.url, and that the server runs and lets this machine in"
    }

    // MARK: Parts

    /// The vault with the configuration's master keys.
    func vault() throws -> Vault { try Vault(configuration, connection) }

    /// Where sealed values are kept.
    var sealedValues: IntegrationValues {
        IntegrationValues(connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix))
    }

    var shapes: ShapeStore {
        ShapeStore(connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix))
    }

    /// The ledger, with the queues and destinations of the configuration whether or not anything was counted there.
    func ledger() async throws(RedisFailure) -> Ledger {
        try await Ledger.read(
            connection, keys, sources: configuration.sources.map(\.name),
            queues: Set(configuration.sources.flatMap(\.queues)),
            destinations: configuration.destinations.map(\.name), dataDirectory: configuration.dataDirectory)
    }
}

extension Vault {
    /// With the master keys that a configuration names.
    convenience init(_ configuration: Configuration, _ connection: RedisConnection) throws {
        self.init(
            connection: connection, keys: ControlKeys(prefix: configuration.redis.prefix),
            masterKeys: try .make(
                configuration, environment: ProcessInfo.processInfo.environment, log: Log(configuration.log)),
            keyLife: .seconds(configuration.vault.dataKeySeconds))
    }
}

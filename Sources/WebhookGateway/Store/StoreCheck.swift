/// Looks at a Redis before it is trusted with events: its version, its layout, and whether it may drop keys.
@ControlPlane
struct StoreCheck {
    /// A Redis that must not be used.
    struct Unfit: Error, CustomStringConvertible {
        var description: String
    }

    private let configuration: RedisConfiguration
    private let log: Log

    init(_ configuration: RedisConfiguration, log: Log) {
        self.configuration = configuration
        self.log = log
    }

    private static let retryPeriod = Duration.seconds(5)

    /// Throws when the server is unfit. One that cannot be reached is no reason to stop: it is examined when it comes.
    func run(_ settings: RedisSettings) async throws(Unfit) {
        guard try await !examine(settings) else { return }
        Task { @ControlPlane in
            do {
                repeat {
                    try await Task.sleep(for: Self.retryPeriod)
                } while try await !examine(settings, isSilent: true)
            } catch let unfit as Unfit {
                log.error(
                    "Redis is back, but unfit; mend it and restart the gateway", ["reason": .text(unfit.description)])
            }
        }
    }

    /// Whether the server could be examined.
    private func examine(_ settings: RedisSettings, isSilent: Bool = false) async throws(Unfit) -> Bool {
        let connection = RedisConnection(settings, scripts: [], loop: ControlPlane.loop)
        defer { connection.stop() }
        guard await connection.becomesReady(within: settings.connectDeadline) else {
            if !isSilent {
                log.warning("Redis cannot be reached yet; trying on", ["reason": .text(connection.problem)])
            }
            return false
        }
        do {
            if let problem = try await problem(of: connection, settings) { throw Unfit(description: problem) }
        } catch let unfit as Unfit {
            throw unfit
        } catch {
            log.warning("Redis could not be examined", ["reason": .text("\(error)")])
        }
        return true
    }

    private func problem(of connection: RedisConnection, _ settings: RedisSettings) async throws(RedisFailure)
        -> String?
    {
        let info = try await connection.command(["INFO"]).string ?? ""
        func field(_ name: String) -> String? {
            info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }.map {
                String($0.dropFirst(name.count + 1))
            }
        }
        if let version = field("redis_version"), !Self.isSupported(version) {
            return "\(settings) is version \(version); the gateway needs Redis 6.2 or later, or Valkey"
        }
        if let policy = field("maxmemory_policy"), policy != "noeviction", !configuration.allowEviction {
            return
                "\(settings) may drop keys (maxmemory-policy \(policy)), and with them acknowledged events; run CONFIG SET maxmemory-policy noeviction there, or accept the loss with redis.allowEviction: true"
        }
        let replies = try await connection.pipeline([StoreDurability.command])
        if let weakness = StoreDurability(replies[0]).weakness {
            log.warning(
                "the store is not as durable as it could be",
                ["at": .text(settings.description), "reason": .text(weakness)])
        }
        return try await layoutProblem(connection, settings)
    }

    /// The first gateway writes down how the keys are laid out; later ones must agree.
    private func layoutProblem(_ connection: RedisConnection, _ settings: RedisSettings) async throws(RedisFailure)
        -> String?
    {
        let meta = Keys(prefix: configuration.prefix).meta
        let replies = try await connection.pipeline([
            ["HSETNX", .text(meta), "layout", .integer(Int64(Keys.layoutVersion))],
            ["HSETNX", .text(meta), "partitions", .integer(Int64(configuration.partitions))],
            ["HMGET", .text(meta), "layout", "partitions"],
        ])
        guard let fields = replies.last?.elements, fields.count == 2 else { return nil }
        if let layout = fields[0].integer, layout != Int64(Keys.layoutVersion) {
            return
                "\(settings) holds data of layout \(layout), this version writes \(Keys.layoutVersion); use the version that wrote it, or another redis.prefix"
        }
        if let partitions = fields[1].integer, partitions != Int64(configuration.partitions) {
            return
                "\(settings) holds data in \(partitions) partitions, the configuration says \(configuration.partitions); set redis.partitions back, or take another redis.prefix"
        }
        return nil
    }

    private static func isSupported(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return true }
        return (numbers[0], numbers[1]) >= (6, 2)
    }
}

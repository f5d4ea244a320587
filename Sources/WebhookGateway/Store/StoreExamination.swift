/// What must hold of a Redis before it is trusted with events: its version, its layout, and that it drops no keys.
///
/// Asked by `serve` at the start, and by each ingest worker whenever a connection is made and from time to time: a server
/// that comes back may be another one, or may have been set up anew.
struct StoreExamination: Sendable {
    /// What the server's answers amount to.
    struct Verdict: Equatable, Sendable {
        /// Why the server must not be used, and what to do; nil: it may.
        var problem: String?
        /// What it may lose; nil: nothing acknowledged.
        var weakness: String?
        /// Whether it writes to disk after each write, and before it answers.
        var syncsEachWrite = false
        /// Names one life of the server's process.
        var runID: String?
    }

    private let place: String
    private let prefix: String
    private let partitions: Int
    private let allowsEviction: Bool

    init(_ settings: RedisSettings, _ configuration: RedisConfiguration) {
        place = settings.description
        prefix = configuration.prefix
        partitions = configuration.partitions
        allowsEviction = configuration.allowEviction
    }

    /// The questions, to be sent in one write. The first gateway writes down how the keys are laid out; later ones must
    /// agree.
    var commands: [[RedisArgument]] {
        let meta = Keys(prefix: prefix).meta
        return [
            ["INFO", "server"], ["INFO", "memory"], StoreDurability.command,
            ["HSETNX", .text(meta), "layout", .integer(Int64(Keys.layoutVersion))],
            ["HSETNX", .text(meta), "partitions", .integer(Int64(partitions))],
            ["HMGET", .text(meta), "layout", "partitions"],
        ]
    }

    /// What the answers to `commands` mean. What a server does not tell is believed to be in order.
    func verdict(_ replies: [RedisReply]) -> Verdict {
        guard replies.count == commands.count else { return Verdict() }
        let server = Facts(replies[0])
        let durability = StoreDurability(replies[2])
        var verdict = Verdict(
            weakness: durability.weakness, syncsEachWrite: durability.syncsEachWrite, runID: server["run_id"])
        if let version = server["redis_version"], !Self.isSupported(version) {
            verdict.problem = "\(place) is version \(version); the gateway needs Redis 6.2 or later, or Valkey"
        } else if let policy = Facts(replies[1])["maxmemory_policy"], policy != "noeviction", !allowsEviction {
            verdict.problem =
                "\(place) may drop keys (maxmemory-policy \(policy)), and with them acknowledged events; run CONFIG SET maxmemory-policy noeviction there, or accept the loss with redis.allowEviction: true"
        } else {
            verdict.problem = layoutProblem(replies[5].elements ?? [])
        }
        return verdict
    }

    private func layoutProblem(_ fields: [RedisReply]) -> String? {
        guard fields.count == 2 else { return nil }
        if let layout = fields[0].integer, layout != Int64(Keys.layoutVersion) {
            return
                "\(place) holds data of layout \(layout), this version writes \(Keys.layoutVersion); use the version that wrote it, or another redis.prefix"
        }
        if let found = fields[1].integer, found != Int64(partitions) {
            return
                "\(place) holds data in \(found) partitions, the configuration says \(partitions); set redis.partitions back, or take another redis.prefix"
        }
        return nil
    }

    private static func isSupported(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return true }
        return (numbers[0], numbers[1]) >= (6, 2)
    }

    /// The lines `name:value` of an INFO reply.
    private struct Facts {
        private let lines: [Substring]

        init(_ reply: RedisReply) { lines = (reply.string ?? "").split(whereSeparator: \.isNewline) }

        subscript(_ name: String) -> String? {
            lines.first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 1)) }
        }
    }
}

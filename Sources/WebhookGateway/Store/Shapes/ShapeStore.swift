import Verifiers

/// The shapes of payloads in Redis, and what has changed in them. Any number of processes may learn: a shape is replaced
/// only by one that was made from it, and one process at a time has the turn.
@ControlPlane
struct ShapeStore {
    static nonisolated let scripts: [RedisScript] = [.shapeKeep]
    /// Types that are learned of one source.
    private static let mostTypes: Int64 = 200
    /// Changes that are kept of one source.
    private static let mostChanges: Int64 = 200
    /// What nothing was learned of for so long goes, in seconds: 400 days.
    private static let keptSeconds: Int64 = 34_560_000
    /// A process that has the turn and dies loses it after so long, in milliseconds.
    private static let turnMilliseconds: Int64 = 15_000

    /// What became of a shape that was to be kept.
    enum Outcome: Equatable, Sendable {
        case kept
        /// Another process has learned meanwhile.
        case outdated
        /// The source has too many types.
        case tooMany
    }

    let connection: RedisConnection
    let keys: ControlKeys

    // MARK: Shapes

    /// All shapes of a source, by the provider's type.
    func shapes(of source: String) async throws(RedisFailure) -> [String: PayloadShape] {
        var result: [String: PayloadShape] = [:]
        for (type, value) in try await connection.command(["HGETALL", .text(keys.shapes(source))]).fields {
            result[type] = value.bytes.flatMap(Self.shape)
        }
        return result
    }

    /// The shape of a type; nil when nothing is known of it.
    func shape(of source: String, type: String) async throws(RedisFailure) -> PayloadShape? {
        try await connection.command(["HGET", .text(keys.shapes(source)), .text(type)]).bytes.flatMap(Self.shape)
    }

    /// Keeps a shape and what has changed in it, both or neither.
    ///
    /// - Parameter learnedFrom: how many samples the shape had before; 0: there was none.
    func keep(
        _ shape: PayloadShape, of source: String, type: String, learnedFrom: Int, changes: [NotedShapeChange]
    ) async throws(RedisFailure) -> Outcome {
        var call = ScriptCall(
            .shapeKeep, keys: [keys.shapes(source), keys.shapeChanges(source), keys.shapeChangeCounts])
        call.add(type)
        call.add(Int64(learnedFrom))
        call.add(Array("\(shape.samples) ".utf8) + shape.json)
        call.add(Self.mostTypes)
        call.add(Self.mostChanges)
        call.add(Self.keptSeconds)
        for note in changes {
            call.add("\(note.change.kind.rawValue)|\(source)")
            call.add(note.line.json)
        }
        switch try await connection.evaluate(call).integer {
        case 1: return .kept
        case 0: return .outdated
        default: return .tooMany
        }
    }

    /// Forgets what was learned of a type, or of all; returns how many types that were.
    func forget(_ source: String, type: String? = nil) async throws(RedisFailure) -> Int {
        let key = RedisArgument.text(keys.shapes(source))
        if let type { return Int(try await connection.command(["HDEL", key, .text(type)]).integer ?? 0) }
        let replies = try await connection.pipeline([["HLEN", key], ["DEL", key]])
        return Int(replies[0].integer ?? 0)
    }

    private static func shape(_ stored: [UInt8]) -> PayloadShape? {
        stored.firstIndex(of: UInt8(ascii: " ")).flatMap { PayloadShape(json: Array(stored[($0 + 1)...])) }
    }

    // MARK: Changes

    /// The newest changes of a source, newest first.
    func changes(of source: String) async throws(RedisFailure) -> [NotedShapeChange] {
        let reply = try await connection.command(["LRANGE", .text(keys.shapeChanges(source)), 0, -1])
        return (reply.elements ?? []).compactMap { $0.bytes.flatMap(NotedShapeChange.init(stored:)) }
    }

    /// How many changes were ever noticed, by source and kind.
    func changeCounts() async throws(RedisFailure) -> [(source: String, kind: String, count: Int)] {
        var counts: [(source: String, kind: String, count: Int)] = []
        for (field, value) in try await connection.command(["HGETALL", .text(keys.shapeChangeCounts)]).fields {
            let parts = field.split(separator: "|", maxSplits: 1)
            guard parts.count == 2, let count = value.integer else { continue }
            counts.append((String(parts[1]), String(parts[0]), Int(count)))
        }
        return counts.sorted { ($0.source, $0.kind) < ($1.source, $1.kind) }
    }

    // MARK: Whose turn it is

    /// Whether this process may learn now; nobody else may for a while, then.
    func takesTurn(as process: String) async throws(RedisFailure) -> Bool {
        let key = RedisArgument.text(keys.shapesTurn)
        let lease: [RedisArgument] = ["PX", .integer(Self.turnMilliseconds)]
        let taken = try await connection.command(["SET", key, .text(process), "NX"] + lease)
        if taken == .okay { return true }
        guard try await connection.command(["GET", key]).string == process else { return false }
        _ = try await connection.command(["PEXPIRE", key, .integer(Self.turnMilliseconds)])
        return true
    }

    /// How far each source has been learned: the arrival of the newest event that was looked at, in Unix milliseconds.
    func positions() async throws(RedisFailure) -> [String: Int64] {
        var positions: [String: Int64] = [:]
        for (source, value) in try await connection.command(["HGETALL", .text(keys.shapesSeen)]).fields {
            positions[source] = value.integer
        }
        return positions
    }

    func setPosition(_ milliseconds: Int64, of source: String) async throws(RedisFailure) {
        _ = try await connection.command(["HSET", .text(keys.shapesSeen), .text(source), .integer(milliseconds)])
    }
}

extension NotedShapeChange {
    /// One line of JSON.
    var line: JSONLine {
        func names(_ kinds: JSONKinds) -> [[UInt8]] { kinds.names.map { Array("\"\($0)\"".utf8) } }
        var line = JSONLine()
        line.add("at", Timestamp(unixMilliseconds: at).formatted(.milliseconds))
        line.add("type", type)
        line.add("kind", change.kind.rawValue)
        line.add("path", change.path)
        line.add("was", list: names(change.was))
        line.add("now", list: names(change.now))
        return line
    }

    fileprivate init?(stored: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil,
            let kind = document.string(of: document.member("kind")).flatMap({ ShapeChange.Kind(rawValue: $0) }),
            let type = document.string(of: document.member("type")),
            let path = document.string(of: document.member("path")),
            let at = document.string(of: document.member("at")).flatMap({ Timestamp(rfc3339: Array($0.utf8)[...]) })
        else { return nil }
        func kinds(_ name: StaticString) -> JSONKinds {
            let names = document.children(of: document.member(name)).compactMap { document.string(of: $0) }
            return JSONKinds.all.filter { names.contains($0.name) }.reduce(into: []) { $0.formUnion($1.kind) }
        }
        self.init(
            change: ShapeChange(kind: kind, path: path, was: kinds("was"), now: kinds("now")), type: type,
            at: at.seconds * 1000 + Int64(at.nanoseconds) / 1_000_000)
    }
}

extension RedisScript {
    /// Replaces a shape by one that was made from it, and notes what has changed in it.
    ///
    /// KEYS: shapes of the source · its changes · counts of changes.
    /// ARGV: type · samples that the shape was made from · samples, a blank and the shape as JSON · how many types and ·
    /// how many changes are kept · for how long in seconds · pairs of a count's name and a change as JSON.
    /// Answers 1; 0 when the shape is another by now, -1 when it is new and one too many.
    static let shapeKeep = RedisScript(
        name: "shapeKeep",
        source: #"""
            local known = redis.call('HGET', KEYS[1], ARGV[1])
            if (known and string.match(known, '^%d+') or '0') ~= ARGV[2] then return 0 end
            if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return -1 end
            redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
            redis.call('EXPIRE', KEYS[1], ARGV[6])
            for i = 7, #ARGV, 2 do
              redis.call('HINCRBY', KEYS[3], ARGV[i], 1)
              redis.call('LPUSH', KEYS[2], ARGV[i + 1])
            end
            if #ARGV > 6 then
              redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[5]) - 1)
              redis.call('EXPIRE', KEYS[2], ARGV[6])
            end
            return 1
            """#
    )
}

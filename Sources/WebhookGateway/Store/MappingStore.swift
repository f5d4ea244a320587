import Verifiers

/// Mappings that came through the API: one a source, with every version that there was. They are in force before those
/// of the configuration until they are reset.
@ControlPlane
struct MappingStore {
    static nonisolated let scripts: [RedisScript] = [.mappingSet]
    private static let mostVersions: Int64 = 50

    struct Version: Sendable {
        var number: Int
        /// JSON5, as it was sent; nil: reset.
        var text: String?
        var who: String
        /// Unix milliseconds.
        var at: Int64
    }

    let connection: RedisConnection
    let keys: ControlKeys

    /// Grows with every change.
    func changes() async throws(RedisFailure) -> Int64 {
        try await connection.command(["GET", .text(keys.mappingsVersion)]).integer ?? 0
    }

    /// The mappings in force, by source.
    func current() async throws(RedisFailure) -> [String: Version] {
        var result: [String: Version] = [:]
        for (source, value) in try await connection.command(["HGETALL", .text(keys.mappings)]).fields {
            result[source] = value.bytes.flatMap(Version.init(stored:))
        }
        return result
    }

    /// The versions of a source's mapping, newest first.
    func versions(of source: String) async throws(RedisFailure) -> [Version] {
        let reply = try await connection.command(["LRANGE", .text(keys.mapping(source)), 0, -1])
        return (reply.elements ?? []).compactMap { $0.bytes.flatMap(Version.init(stored:)) }.reversed()
    }

    /// Puts a text in force, or none. Returns its version; nil when `expected` is not the newest any more.
    func set(
        _ text: String?, for source: String, who: String, expected: Int? = nil
    ) async throws(RedisFailure) -> Int? {
        var call = ScriptCall(
            .mappingSet, keys: [keys.mapping(source), keys.mappings, keys.mappingsVersion, keys.changes])
        call.add(source)
        call.add(expected.map { Int64($0) } ?? -1)
        call.add(Self.mostVersions)
        call.add(text ?? "")
        call.add(who)
        call.add(Clock.unixMilliseconds())
        let number = try await connection.evaluate(call).integer ?? 0
        return number > 0 ? Int(number) : nil
    }
}

extension MappingStore.Version {
    /// Reads what the script keeps: `[number, text, who, at]`.
    fileprivate init?(stored: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil,
            let number = document.integer(of: document.element(0, of: .root)),
            let text = document.string(of: document.element(1, of: .root)),
            let who = document.string(of: document.element(2, of: .root)),
            let at = document.string(of: document.element(3, of: .root)).flatMap({ Int64($0) })
        else { return nil }
        self.init(number: Int(number), text: text.isEmpty ? nil : text, who: who, at: at)
    }

    /// The mapping as the configuration would hold it; nil: reset, or not readable (any more).
    var value: JSONValue? {
        text.flatMap { try? JSON5.value(of: Array($0.utf8)) }
    }
}

extension RedisScript {
    /// Adds a version of a source's mapping and puts it in force.
    ///
    /// KEYS: versions of the source · mappings in force · count of changes · channel.
    /// ARGV: source · the version that must be the newest (-1: any) · how many are kept · JSON5 ("": reset) · who · when (ms).
    /// Answers the new version's number; 0 when another is the newest.
    static let mappingSet = RedisScript(
        name: "mappingSet",
        source: #"""
            local newest = redis.call('LINDEX', KEYS[1], -1)
            local number = newest and cjson.decode(newest)[1] or 0
            if tonumber(ARGV[2]) >= 0 and tonumber(ARGV[2]) ~= number then return 0 end
            local version = cjson.encode({number + 1, ARGV[4], ARGV[5], ARGV[6]})
            redis.call('RPUSH', KEYS[1], version)
            redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
            if ARGV[4] == '' then redis.call('HDEL', KEYS[2], ARGV[1]) else redis.call('HSET', KEYS[2], ARGV[1], version) end
            redis.call('INCR', KEYS[3])
            redis.pcall('PUBLISH', KEYS[4], 'mappings')
            return number + 1
            """#
    )
}

extension Configuration {
    /// The configuration with these mappings in the place of its sources' own.
    func applying(_ mappings: [String: JSONValue]) -> Configuration {
        var result = self
        for (source, value) in mappings { result.apply(value, to: source) }
        return result
    }

    /// Puts the mapping of a source, which came through the API, in the place of its own.
    mutating func apply(_ mapping: JSONValue, to source: String) {
        guard var changed = self.source(named: source) else { return }
        changed.mapping = Self.mappingName(ofSource: source)
        mappings[changed.mapping] = mapping
        sources.set(changed, named: source)
    }

    /// What a mapping that came through the API is called: none of a file has a slash in its name by accident.
    static func mappingName(ofSource source: String) -> String { "api/\(source)" }
}

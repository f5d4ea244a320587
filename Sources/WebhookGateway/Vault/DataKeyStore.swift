/// The wrapped data keys of all tenants, in Redis.
///
/// A tenant's hash holds `current` (the version that seals), and for each version `key:<version>` (`DataKeyRecord`)
/// and `uses:<version>` (how many values were sealed under it).
@ControlPlane
struct DataKeyStore {
    static nonisolated let scripts: [RedisScript] = [.vaultUse, .vaultAdd, .vaultRewrap, .vaultRemove]

    /// What a tenant's values are sealed under now.
    enum Current: Sendable {
        /// The tenant has no key yet.
        case none
        /// The key has been used as often as a key may be.
        case usedUp(version: Int)
        case key(version: Int, stored: [UInt8])
    }

    /// One version of a tenant's data key.
    struct Entry: Sendable {
        var name: DataKeyName
        /// As it is kept; nil where it is damaged.
        var record: DataKeyRecord?
        var stored: [UInt8]
        /// How many values were sealed under it.
        var uses: Int64
        var isCurrent: Bool
    }

    let connection: RedisConnection
    let keys: ControlKeys

    /// The current key, of which a use is counted, unless it has `limit` uses already.
    func use(_ tenant: String, limit: Int64) async throws(RedisFailure) -> Current {
        var call = ScriptCall(.vaultUse, keys: [keys.vaultKeys(tenant)])
        call.add(limit)
        let reply = try await connection.evaluate(call)
        guard let elements = reply.elements, let version = elements.first?.integer else {
            throw .unexpectedReply("\(RedisScript.vaultUse.name): no version")
        }
        if version == 0 { return .none }
        guard elements.count == 2, let stored = elements[1].bytes else { return .usedUp(version: Int(version)) }
        return .key(version: Int(version), stored: stored)
    }

    /// Adds the version after the current one and makes it current; false when another process was quicker.
    func add(_ record: DataKeyRecord, _ name: DataKeyName) async throws(RedisFailure) -> Bool {
        var call = ScriptCall(.vaultAdd, keys: [keys.vaultKeys(name.tenant), keys.vaultTenants])
        call.add(Int64(name.version))
        call.add(record.stored)
        call.add(name.tenant)
        return try await connection.evaluate(call).integer == 1
    }

    /// Puts a record in the place of another; false when that was changed or removed meanwhile.
    func replace(_ stored: [UInt8], with record: DataKeyRecord, _ name: DataKeyName) async throws(RedisFailure) -> Bool
    {
        var call = ScriptCall(.vaultRewrap, keys: [keys.vaultKeys(name.tenant)])
        call.add(Int64(name.version))
        call.add(stored)
        call.add(record.stored)
        return try await connection.evaluate(call).integer == 1
    }

    /// Removes a version that nothing is sealed under any more; the current one stays (false).
    func remove(_ name: DataKeyName) async throws(RedisFailure) -> Bool {
        var call = ScriptCall(.vaultRemove, keys: [keys.vaultKeys(name.tenant)])
        call.add(Int64(name.version))
        return try await connection.evaluate(call).integer == 1
    }

    /// What is kept of keys, nil for those that there are not; in the order of `names`.
    func stored(_ names: [DataKeyName]) async throws(RedisFailure) -> [[UInt8]?] {
        try await connection.pipeline(
            names.map { ["HGET", .text(keys.vaultKeys($0.tenant)), .text("key:\($0.version)")] }
        ).map(\.bytes)
    }

    /// The version that seals; nil when the tenant has no key yet.
    func current(of tenant: String) async throws(RedisFailure) -> Int? {
        try await connection.command(["HGET", .text(keys.vaultKeys(tenant)), "current"]).integer.map { Int($0) }
    }

    /// The tenants that have keys, by name.
    func tenants() async throws(RedisFailure) -> [String] {
        let reply = try await connection.command(["SMEMBERS", .text(keys.vaultTenants)])
        return (reply.elements ?? []).compactMap(\.string).sorted()
    }

    /// The versions that the values of tenants are to have after an exchange of data keys that has not ended.
    func rekeyTargets() async throws(RedisFailure) -> [String: Int] {
        var targets: [String: Int] = [:]
        for (tenant, version) in try await connection.command(["HGETALL", .text(keys.vaultRekey)]).fields {
            targets[tenant] = version.integer.map { Int($0) }
        }
        return targets
    }

    func setRekeyTarget(_ version: Int, of tenant: String) async throws(RedisFailure) {
        _ = try await connection.command(["HSET", .text(keys.vaultRekey), .text(tenant), .integer(Int64(version))])
    }

    func endRekey() async throws(RedisFailure) {
        _ = try await connection.command(["DEL", .text(keys.vaultRekey)])
    }

    /// All versions of a tenant's key, oldest first.
    func entries(of tenant: String) async throws(RedisFailure) -> [Entry] {
        let fields = try await connection.command(["HGETALL", .text(keys.vaultKeys(tenant))]).fields
        var values: [String: RedisReply] = [:]
        for (name, value) in fields { values[name] = value }
        let current = values["current"]?.integer
        return values.compactMap { field, value in
            guard field.hasPrefix("key:"), let version = Int(field.dropFirst(4)), let stored = value.bytes else {
                return nil
            }
            return Entry(
                name: DataKeyName(tenant: tenant, version: version), record: DataKeyRecord(stored: stored),
                stored: stored, uses: values["uses:\(version)"]?.integer ?? 0, isCurrent: current == Int64(version))
        }.sorted { $0.name.version < $1.name.version }
    }
}

extension RedisScript {
    /// Takes the current data key of a tenant and counts the use.
    ///
    /// KEYS: the tenant's keys. ARGV: how often a key may be used.
    /// Answers `{version, record}`; `{version}` when it is used up, `{0}` when there is none.
    static let vaultUse = RedisScript(
        name: "vaultUse",
        source: #"""
            local version = redis.call('HGET', KEYS[1], 'current')
            if not version then return {0} end
            local uses = tonumber(redis.call('HGET', KEYS[1], 'uses:' .. version) or '0')
            local record = redis.call('HGET', KEYS[1], 'key:' .. version)
            if uses >= tonumber(ARGV[1]) or not record then return {tonumber(version)} end
            redis.call('HINCRBY', KEYS[1], 'uses:' .. version, 1)
            return {tonumber(version), record}
            """#
    )

    /// Adds a version of a tenant's data key and makes it current.
    ///
    /// KEYS: the tenant's keys · tenants that have keys. ARGV: version · record · tenant.
    /// Answers 1; 0 when it is not the one after the current version.
    static let vaultAdd = RedisScript(
        name: "vaultAdd",
        source: #"""
            local current = tonumber(redis.call('HGET', KEYS[1], 'current') or '0')
            if current + 1 ~= tonumber(ARGV[1]) then return 0 end
            redis.call('HSET', KEYS[1], 'key:' .. ARGV[1], ARGV[2], 'current', ARGV[1])
            redis.call('SADD', KEYS[2], ARGV[3])
            return 1
            """#
    )

    /// Puts a record of a data key in the place of the one that was read.
    ///
    /// KEYS: the tenant's keys. ARGV: version · the record that must be there · the new one. Answers 1, or 0.
    static let vaultRewrap = RedisScript(
        name: "vaultRewrap",
        source: #"""
            if redis.call('HGET', KEYS[1], 'key:' .. ARGV[1]) ~= ARGV[2] then return 0 end
            redis.call('HSET', KEYS[1], 'key:' .. ARGV[1], ARGV[3])
            return 1
            """#
    )

    /// Removes a version of a tenant's data key that is not the current one.
    ///
    /// KEYS: the tenant's keys. ARGV: version. Answers 1, or 0.
    static let vaultRemove = RedisScript(
        name: "vaultRemove",
        source: #"""
            if redis.call('HGET', KEYS[1], 'current') == ARGV[1] then return 0 end
            redis.call('HDEL', KEYS[1], 'uses:' .. ARGV[1])
            return redis.call('HDEL', KEYS[1], 'key:' .. ARGV[1])
            """#
    )
}

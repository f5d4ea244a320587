import Verifiers

/// The managed integrations in Redis. Every change counts up one number that all processes watch, and notes which
/// integration it concerned, so that they read no more than what has changed.
@ControlPlane
struct IntegrationStore {
    static nonisolated let scripts: [RedisScript] = [.integrationSet, .integrationClear]

    /// What is kept under an id.
    enum Record {
        case integration(Integration)
        /// Bytes that cannot be read: whose they are is not known any more.
        case damaged([UInt8])
    }

    /// What became of a change.
    enum Change: Equatable {
        case done
        /// The integration has another version than the change was made from, or is (not) there.
        case conflict
        /// The tenant has as many as it may.
        case limitReached
        /// Events or refused deliveries of another tenant are kept under the id.
        case isAnothers
        /// Another has what there is once (`Integration.claim`).
        case taken
    }

    /// What has changed since a moment.
    struct Changes {
        /// The number to ask from next time.
        var number: Int64
        /// Whether these are all there are, rather than what has changed.
        var isWhole: Bool
        var changed: [Integration]
        var removed: [Integration.ID]
        /// Ids whose record cannot be read.
        var damaged: [Integration.ID]
    }

    /// How many are read in one command.
    private static let integrationsAPage = 500

    let connection: RedisConnection
    let keys: ControlKeys

    /// Grows with every change.
    func changeNumber() async throws(RedisFailure) -> Int64 {
        try await connection.command(["GET", .text(keys.integrationsVersion)]).integer ?? 0
    }

    /// What has changed since the number `known`; all there is when that is 0 or the store has been set back.
    func changes(since known: Int64) async throws(RedisFailure) -> Changes {
        // The number is read first: a change that slips in between is read twice, not missed.
        let number = try await changeNumber()
        guard known > 0, number >= known else {
            return try await whole(as: number)
        }
        var result = Changes(number: number, isWhole: false, changed: [], removed: [], damaged: [])
        let ids =
            try await connection.command([
                "ZRANGE", .text(keys.integrationChanges), .text("(\(known)"), "+inf", "BYSCORE",
            ]).elements?.compactMap(\.string) ?? []
        for start in stride(from: 0, to: ids.count, by: Self.integrationsAPage) {
            let page = ids[start..<min(start + Self.integrationsAPage, ids.count)]
            let values = try await connection.command(["HMGET", .text(keys.integrations)] + page.map { .text($0) })
            for (text, value) in zip(page, values.elements ?? []) { result.add(text, value.bytes) }
        }
        return result
    }

    /// All there are, a page at a time: Redis serves others in between. What changes meanwhile is read again by the number.
    private func whole(as number: Int64) async throws(RedisFailure) -> Changes {
        var found: [String: [UInt8]] = [:]
        var cursor = "0"
        repeat {
            let reply = try await connection.command([
                "HSCAN", .text(keys.integrations), .text(cursor), "COUNT", .integer(Int64(Self.integrationsAPage)),
            ])
            guard let parts = reply.elements, parts.count == 2, let next = parts[0].string else {
                throw .unexpectedReply("HSCAN without a cursor")
            }
            // One may be shown twice.
            for (text, value) in parts[1].fields { found[text] = value.bytes }
            cursor = next
        } while cursor != "0"
        var result = Changes(number: number, isWhole: true, changed: [], removed: [], damaged: [])
        for (text, value) in found { result.add(text, value) }
        return result
    }

    /// What a tenant has under an id; nil when it has nothing there. `tenant` nil: of any, and what is damaged.
    func record(_ id: Integration.ID, of tenant: String?) async throws(RedisFailure) -> Record? {
        let value = try await connection.command(["HGET", .text(keys.integrations), .text(id.description)])
        guard let bytes = value.bytes else { return nil }
        guard let found = Integration(id: id, stored: bytes) else { return tenant == nil ? .damaged(bytes) : nil }
        return tenant == nil || found.tenant == tenant ? .integration(found) : nil
    }

    /// How many a tenant has; `tenant` nil: how many each has.
    func counts(of tenant: String?) async throws(RedisFailure) -> [String: Int] {
        if let tenant {
            let count = try await connection.command(["HGET", .text(keys.integrationTenants), .text(tenant)])
            return [tenant: Int(count.integer ?? 0)]
        }
        var counts: [String: Int] = [:]
        for (name, count) in try await connection.command(["HGETALL", .text(keys.integrationTenants)]).fields {
            counts[name] = Int(count.integer ?? 0)
        }
        return counts
    }

    /// Keeps a new one; nothing may be there under its id.
    ///
    /// - Parameters:
    ///   - limit: how many its tenant may have; 0: any number.
    ///   - needsOwner: something is kept under the id, and only the tenant that left it there may have it.
    func add(_ integration: Integration, limit: Int, needsOwner: Bool) async throws(RedisFailure) -> Change {
        try await change(from: nil, to: integration, limit: limit, isMarked: needsOwner)
    }

    /// Keeps a change; its version must be the one after what is there.
    func replace(_ old: Integration, with new: Integration) async throws(RedisFailure) -> Change {
        try await change(from: old, to: new)
    }

    /// Removes one, if its version is still that of `integration`.
    ///
    /// - Parameter leaves: something is kept under its id, which stays its tenant's.
    func remove(_ integration: Integration, leaves: Bool) async throws(RedisFailure) -> Change {
        try await change(from: integration, to: nil, isMarked: leaves)
    }

    /// Removes what cannot be read, if it is still these bytes.
    func remove(_ id: Integration.ID, damaged bytes: [UInt8]) async throws(RedisFailure) -> Change {
        var call = ScriptCall(
            .integrationClear,
            keys: [
                keys.integrations, keys.integrationsVersion, keys.integrationChanges, keys.integrationTenants,
                keys.integrationClaims, keys.changes,
            ])
        call.add(id.description)
        call.add(bytes)
        return try await connection.evaluate(call).integer == 0 ? .conflict : .done
    }

    private func change(
        from old: Integration?, to new: Integration?, limit: Int = 0, isMarked: Bool = false
    ) async throws(RedisFailure) -> Change {
        guard let one = new ?? old else { return .done }
        var call = ScriptCall(
            .integrationSet,
            keys: [
                keys.integrations, keys.integrationsVersion, keys.integrationChanges, keys.integrationTenants,
                keys.integrationOwners, keys.changes, keys.integrationClaims,
            ])
        call.add(one.id.description)
        call.add(one.tenant)
        call.add(Int64(old?.version ?? 0))
        call.add(new?.stored ?? [])
        call.add(Int64(limit))
        call.add(isMarked ? 1 : 0)
        call.add(new?.claim ?? "")
        call.add(old?.claim ?? "")
        switch try await connection.evaluate(call).integer ?? 0 {
        case 1...: return .done
        case -1: return .limitReached
        case -2: return .isAnothers
        case -3: return .taken
        default: return .conflict
        }
    }
}

extension IntegrationStore.Changes {
    fileprivate mutating func add(_ text: String, _ value: [UInt8]?) {
        guard let id = Integration.ID(text) else { return }
        guard let value else { return removed.append(id) }
        if let integration = Integration(id: id, stored: value) {
            changed.append(integration)
        } else {
            damaged.append(id)
        }
    }
}

extension RedisScript {
    /// Adds, replaces or removes an integration and counts the change.
    ///
    /// KEYS: integrations · count of changes · id by the change that concerned it last · integrations a tenant · owners
    /// of what deleted ones left · channel · claims.
    /// ARGV: id · tenant · the version that must be there (0: none) · what is kept ("": removed) · how many the tenant
    /// may have (0: any number) · 1: something is kept under the id, so that a new one must be of the tenant that left it
    /// and a removed one leaves it · what it claims for itself · what it has claimed before ("": nothing).
    /// Answers the change's number; 0 when another version is there, -1 when the tenant has as many as it may, -2 when
    /// what is kept under the id is another's, -3 when another that is there has claimed the same.
    static let integrationSet = RedisScript(
        name: "integrationSet",
        source: #"""
            local there = redis.call('HGET', KEYS[1], ARGV[1])
            local version = 0
            if there then
              local isRead, record = pcall(cjson.decode, there)
              version = isRead and type(record) == 'table' and record.version or -1
            end
            if version ~= tonumber(ARGV[3]) then return 0 end
            local limit = tonumber(ARGV[5])
            local claim, before = ARGV[7], ARGV[8]
            if claim ~= '' then
              local holder = redis.call('HGET', KEYS[7], claim)
              if holder and holder ~= ARGV[1] and redis.call('HEXISTS', KEYS[1], holder) == 1 then return -3 end
            end
            if not there then
              local owner = redis.call('HGET', KEYS[5], ARGV[1])
              if owner and owner ~= ARGV[2] or not owner and ARGV[6] == '1' then return -2 end
              redis.call('HDEL', KEYS[5], ARGV[1])
            end
            if not there and limit > 0 and tonumber(redis.call('HGET', KEYS[4], ARGV[2]) or 0) >= limit then return -1 end
            if before ~= '' and redis.call('HGET', KEYS[7], before) == ARGV[1] then redis.call('HDEL', KEYS[7], before) end
            if claim ~= '' then redis.call('HSET', KEYS[7], claim, ARGV[1]) end
            if ARGV[4] == '' then
              redis.call('HDEL', KEYS[1], ARGV[1])
              redis.call('HINCRBY', KEYS[4], ARGV[2], -1)
              if ARGV[6] == '1' then redis.call('HSET', KEYS[5], ARGV[1], ARGV[2]) end
            else
              redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
              if not there then redis.call('HINCRBY', KEYS[4], ARGV[2], 1) end
            end
            local number = redis.call('INCR', KEYS[2])
            redis.call('ZADD', KEYS[3], number, ARGV[1])
            redis.pcall('PUBLISH', KEYS[6], 'integrations')
            return number
            """#
    )

    /// Removes a record that cannot be read and counts the change. How many integrations its tenant has, and what it
    /// claimed, cannot be told from it: both are made anew from those that can be read. With 10,000 of them Redis is busy for
    /// about 0.1 s, which happens only when somebody repairs.
    ///
    /// Nobody is noted as the owner of what it leaves under its id, so that no tenant gets it.
    ///
    /// KEYS: integrations · count of changes · id by the change that concerned it last · integrations a tenant · claims ·
    /// channel. ARGV: id · the bytes that must be there. Answers the change's number; 0 when something else is there.
    static let integrationClear = RedisScript(
        name: "integrationClear",
        source: #"""
            if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
            redis.call('HDEL', KEYS[1], ARGV[1])
            local counts = {}
            for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
              local isRead, record = pcall(cjson.decode, value)
              local tenant = isRead and type(record) == 'table' and record.tenant
              if type(tenant) == 'string' then counts[tenant] = (counts[tenant] or 0) + 1 end
            end
            redis.call('DEL', KEYS[4])
            for tenant, count in pairs(counts) do redis.call('HSET', KEYS[4], tenant, count) end
            local claims = redis.call('HGETALL', KEYS[5])
            for place = 1, #claims, 2 do
              if claims[place + 1] == ARGV[1] then redis.call('HDEL', KEYS[5], claims[place]) end
            end
            local number = redis.call('INCR', KEYS[2])
            redis.call('ZADD', KEYS[3], number, ARGV[1])
            redis.pcall('PUBLISH', KEYS[6], 'integrations')
            return number
            """#
    )
}

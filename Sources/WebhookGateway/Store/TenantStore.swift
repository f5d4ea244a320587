/// What is held back for tenants' limits, and how far each has used its limit up.
@ControlPlane
struct TenantStore {
    static nonisolated let scripts: [RedisScript] = [.tenantRelease]

    /// What one round let go of one tenant.
    struct Release: Equatable, Sendable {
        var tenant: String
        var released: Int
        /// Still held back.
        var held: Int
    }

    /// How a tenant stands now, and what ever became of its events for the limit's sake.
    struct Usage: Equatable, Sendable {
        /// Events of the minute's allowance that are used up; it comes back steadily.
        var used = 0
        /// Held back now.
        var held = 0
        /// Refused ever, by 429; one that comes again and again counts each time.
        var refusedTotal = 0
        /// Held back ever.
        var heldTotal = 0
    }

    private static let eventsPerCall = 1000

    let connection: RedisConnection
    let keys: Keys

    /// Lets events that are held back join their queues, of each tenant as many as its limit allows now.
    func release(_ limits: TenantLimitsConfiguration) async throws(RedisFailure) -> [Release] {
        let tenants =
            try await connection.command(["SMEMBERS", .text(keys.tenantsHolding)]).elements?.compactMap(\.string) ?? []
        guard !tenants.isEmpty else { return [] }
        let own = limits.byTenant
        let replies = try await connection.evaluate(
            tenants.sorted().map { call($0, perMinute: (own[$0] ?? limits.others).eventsPerMinute) })
        return zip(tenants.sorted(), replies).map { tenant, reply in
            let numbers = reply.elements?.compactMap(\.integer) ?? []
            return Release(
                tenant: tenant, released: Int(numbers.first ?? 0), held: numbers.count > 1 ? Int(numbers[1]) : 0)
        }
    }

    /// Of whom something is held back now, and how much, by name.
    func holding() async throws(RedisFailure) -> [(tenant: String, events: Int)] {
        let tenants =
            try await connection.command(["SMEMBERS", .text(keys.tenantsHolding)]).elements?.compactMap(\.string) ?? []
        let counts = try await connection.pipeline(tenants.sorted().map { ["LLEN", .text(keys.tenantHeld($0))] })
        return zip(tenants.sorted(), counts).map { ($0, Int($1.integer ?? 0)) }
    }

    /// Whether it let as many go at once as one call may; more may be due.
    static func mayHaveMore(_ release: Release) -> Bool { release.released >= eventsPerCall && release.held > 0 }

    private func call(_ tenant: String, perMinute: Int) -> ScriptCall {
        var call = ScriptCall(
            .tenantRelease,
            keys: [keys.tenantHeld(tenant), keys.tenantRate(tenant), keys.ledger, keys.tenantsHolding])
        call.add(keys.prefix)
        call.add(tenant)
        call.add(Int64(perMinute))
        call.add(Int64(Self.eventsPerCall))
        return call
    }

    /// How tenants stand, in their order.
    func usage(
        of tenants: [String], _ limits: TenantLimitsConfiguration, now: Int64 = Clock.unixMilliseconds()
    ) async throws(RedisFailure) -> [Usage] {
        guard !tenants.isEmpty else { return [] }
        let fields = tenants.flatMap { ["tenant:\($0):refused", "tenant:\($0):held"] }
        let counts =
            try await connection.command(["HMGET", .text(keys.ledger)] + fields.map { .text($0) }).elements ?? []
        let replies = try await connection.pipeline(
            tenants.flatMap { [["GET", .text(keys.tenantRate($0))], ["LLEN", .text(keys.tenantHeld($0))]] })
        guard counts.count == fields.count else { throw .unexpectedReply("\(fields.count) counts were due") }
        let own = limits.byTenant
        return tenants.indices.map { index in
            let perMinute = (own[tenants[index]] ?? limits.others).eventsPerMinute
            let missing = max(0, (replies[2 * index].integer ?? 0) - now * 1000)
            return Usage(
                used: min(perMinute, Int((Double(missing) * Double(perMinute) / 60_000_000).rounded())),
                held: Int(replies[2 * index + 1].integer ?? 0), refusedTotal: Int(counts[2 * index].integer ?? 0),
                heldTotal: Int(counts[2 * index + 1].integer ?? 0))
        }
    }
}

extension RedisScript {
    /// Lets events of one tenant that are held back join the tails of their queues, in order.
    ///
    /// KEYS: `held` of the tenant · `rate` · ledger · the tenants of whom something is held back.
    /// ARGV: prefix of all keys · tenant · events a minute (0: no limit any more) · most to let go.
    /// Answers how many it let go, and how many it left.
    ///
    /// They entered the queues' books when they were accepted, as delayed; here they begin to wait.
    static let tenantRelease = RedisScript(
        name: "tenantRelease",
        source: queueTargetLua + #"""
            local prefix, limit, count = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
            local minute, full, now = 60000000, 0, 0
            if limit > 0 then
              local time = redis.call('TIME')
              now = time[1] * 1000000 + time[2]
              full = math.max(now, tonumber(redis.call('GET', KEYS[2]) or '0'))
              count = math.min(count, math.floor((now + minute - full) * limit / minute + 0.001))
            end
            local entries = count > 0 and redis.call('LPOP', KEYS[1], count) or {}
            local queues, names = {}, {}
            for _, entry in ipairs(entries) do
              local line = string.find(entry, '\n', 1, true)
              local event = string.sub(entry, line + 1)
              for name in string.gmatch(string.sub(entry, 1, line - 1), '%S+') do
                if not queues[name] then
                  queues[name] = {}
                  names[#names + 1] = name
                end
                table.insert(queues[name], event)
              end
            end
            for _, name in ipairs(names) do
              redis.call('RPUSH', target(prefix .. 'queue:' .. name), unpack(queues[name]))
              redis.call('HINCRBY', KEYS[3], 'queue:' .. name .. ':held', -#queues[name])
            end
            if limit > 0 and #entries > 0 then
              full = full + #entries * minute / limit
              redis.call('SET', KEYS[2], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
            end
            local left = redis.call('LLEN', KEYS[1])
            if left == 0 then redis.call('SREM', KEYS[4], ARGV[2]) end
            return {#entries, left}
            """#
    )
}

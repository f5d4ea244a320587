import Verifiers

/// Replays of many events as they are kept: a hash a job, and the list of what is still to be sent, oldest last.
@ControlPlane
struct ReplayStore {
    static nonisolated let scripts: [RedisScript] = [.replayStep, .replayPlanned, .replayState]
    /// How long a job is kept after it was made.
    private static let keptSeconds: Int64 = 30 * 86_400
    /// How long an `Idempotency-Key` is remembered.
    static nonisolated let keySeconds: Int64 = 86_400
    private static let leaseMilliseconds: Int64 = 5000
    /// Replays of one tenant, or of admins of all, that have not ended.
    static nonisolated let mostOpen = 20

    let connection: RedisConnection
    let keys: Keys

    // MARK: Jobs

    /// Keeps a new job; an `Idempotency-Key` that was used before gives the job that it made. Nil when as many of the
    /// tenant's as may be have not ended: each keeps a list of its events.
    func add(_ job: ReplayJob, idempotencyKey: String?) async throws(RedisFailure) -> String? {
        var usedKey: String?
        if let idempotencyKey {
            let key = key(idempotencyKey, tenant: job.tenant, who: job.who)
            let reply = try await connection.command([
                "SET", .text(key), .text(job.id), "NX", "GET", "EX", .integer(Self.keySeconds),
            ])
            if let known = reply.string { return known }
            usedKey = key
        }
        let open = keys.replaysOpen(job.tenant)
        let oldest = job.createdAt - Self.keptSeconds * 1000
        let count = try await connection.pipeline([
            ["ZREMRANGEBYSCORE", .text(open), "-inf", .integer(oldest)], ["ZCARD", .text(open)],
        ])[1].integer
        guard count ?? 0 < Self.mostOpen else {
            if let usedKey { _ = try await connection.command(["DEL", .text(usedKey)]) }
            return nil
        }
        _ = try await connection.pipeline([
            ["HSET", .text(keys.replay(job.id))] + job.fields.flatMap { [.text($0.0), .text($0.1)] },
            ["EXPIRE", .text(keys.replay(job.id)), .integer(Self.keptSeconds)],
            ["ZADD", .text(keys.replays), .integer(job.createdAt), .text(job.id)],
            ["ZREMRANGEBYSCORE", .text(keys.replays), "-inf", .integer(oldest)],
            ["ZADD", .text(open), .integer(job.createdAt), .text(job.id)],
            ["SADD", .text(keys.replaysActive), .text(job.id)],
        ])
        return job.id
    }

    /// Where an `Idempotency-Key` is kept.
    ///
    /// - Parameter event: of a replay of one event its id: such keys have a room of their own.
    func key(_ idempotencyKey: String, tenant: String?, who: String, event: String? = nil) -> String {
        // Names of tokens are chosen freely: two tenants may have the same.
        let owner = "\(tenant ?? "")\n\(who)\(event.map { "\n\($0)" } ?? "")"
        return keys.replayKey(SHA256Hash.hex(of: Array("\(owner)\n\(idempotencyKey)".utf8)[...]))
    }

    func job(_ id: String) async throws(RedisFailure) -> ReplayJob? {
        let replies = try await connection.pipeline([
            ["HGETALL", .text(keys.replay(id))], ["LLEN", .text(keys.replayItems(id))],
        ])
        return ReplayJob(id: id, fields: replies[0].fields)
    }

    /// Those that are meant, newest first.
    func list(
        limit: Int, before cursor: String?, where isMeant: (ReplayJob) -> Bool
    ) async throws(RedisFailure) -> [ReplayJob] {
        let ids = try await connection.command(["ZREVRANGE", .text(keys.replays), 0, -1]).elements ?? []
        var jobs: [ReplayJob] = []
        for id in ids.compactMap(\.string) where cursor.map({ id < $0 }) ?? true {
            if let job = try await job(id), isMeant(job) { jobs.append(job) }
            if jobs.count == limit { break }
        }
        return jobs
    }

    /// Changes a job's state if it is one of `from`; false when it is not.
    func change(
        _ id: String, from: [ReplayJob.State], to state: ReplayJob.State, reason: String? = nil
    ) async throws(RedisFailure) -> Bool {
        var call = ScriptCall(
            .replayState, keys: [keys.replay(id), keys.replayItems(id), keys.replaysActive])
        call.add(id)
        call.add(state.rawValue)
        call.add(Clock.unixMilliseconds())
        call.add(reason ?? "")
        call.add(keys.replaysOpen(nil))
        for state in from { call.add(state.rawValue) }
        return try await connection.evaluate(call).integer == 1
    }

    // MARK: Running

    /// Jobs that somebody should work on.
    func active() async throws(RedisFailure) -> [String] {
        try await connection.command(["SMEMBERS", .text(keys.replaysActive)]).elements?.compactMap(\.string).sorted()
            ?? []
    }

    /// Takes or renews the right to work on a job; it only keeps two processes from doubling its pace.
    func lease(_ id: String, for owner: String) async throws(RedisFailure) -> Bool {
        let key = keys.replayLease(id)
        let reply = try await connection.command([
            "SET", .text(key), .text(owner), "NX", "PX", .integer(Self.leaseMilliseconds),
        ])
        if reply != .null { return true }
        guard try await connection.command(["GET", .text(key)]).string == owner else { return false }
        _ = try await connection.command(["PEXPIRE", .text(key), .integer(Self.leaseMilliseconds)])
        return true
    }

    /// Notes a stretch of the plan; nothing happens when another process was faster. `next` nil: planning has ended.
    func planned(_ job: ReplayJob, _ events: [EventSummary], _ plan: ReplayPlan, next: EventCursor?)
        async throws(RedisFailure)
    {
        var call = ScriptCall(.replayPlanned, keys: [keys.replay(job.id), keys.replayItems(job.id)])
        call.add(job.cursor?.description ?? "")
        call.add(next?.description ?? "")
        call.add(Int64(plan.events))
        call.add(Int64(plan.bytes))
        call.add(plan.oldest.map { "\($0)" } ?? "")
        call.add(plan.newest.map { "\($0)" } ?? "")
        call.add(Self.keptSeconds)
        call.add(keys.prefix)
        call.add(job.id)
        for event in events {
            for target in job.targets { call.add("\(target)|\(event.id)") }
        }
        _ = try await connection.evaluate(call)
    }

    /// The next entries, in the order in which they are to be sent.
    func items(_ id: String, count: Int) async throws(RedisFailure) -> [String] {
        let reply = try await connection.command([
            "LRANGE", .text(keys.replayItems(id)), .integer(Int64(-count)), -1,
        ])
        return (reply.elements ?? []).compactMap(\.string).reversed()
    }
}

extension Keys {
    var replays: String { "\(prefix)replays" }
    var replaysActive: String { "\(prefix)replays:active" }
    /// Of one tenant, or of those who see all; a tenant's name stands behind the same beginning.
    func replaysOpen(_ tenant: String?) -> String { "\(prefix)replays:open:\(tenant ?? "")" }
    func replay(_ id: String) -> String { "\(prefix)replay:\(id)" }
    func replayItems(_ id: String) -> String { "\(prefix)replay:\(id):items" }
    func replayLease(_ id: String) -> String { "\(prefix)replay:\(id):lease" }
    func replayKey(_ hash: String) -> String { "\(prefix)replay:key:\(hash)" }
}

extension RedisScript {
    /// Adds a stretch of events to a replay's list, newest first.
    ///
    /// KEYS: job · its list. ARGV: the position that planning must be at · the next one ("": it has ended) · events · bytes ·
    /// oldest and newest (ms or "") · life in seconds · prefix · the job's id · the entries, each `<target>|<id>`.
    /// Answers 1, or 0 when planning is elsewhere.
    ///
    /// The archive keeps the events while the list is there: their state names the job. One that is about to expire gets a
    /// day; what takes longer is `trimArchive`'s to keep.
    static let replayPlanned = RedisScript(
        name: "replayPlanned",
        source: #"""
            if redis.call('HGET', KEYS[1], 'state') ~= 'planning' then return 0 end
            if (redis.call('HGET', KEYS[1], 'cursor') or '') ~= ARGV[1] then return 0 end
            local count = #ARGV - 9
            for from = 10, #ARGV, 4000 do
              redis.call('RPUSH', KEYS[2], unpack(ARGV, from, math.min(from + 3999, #ARGV)))
            end
            for i = 10, #ARGV do
              local id = string.match(ARGV[i], '|(.+)$')
              local record, state = ARGV[8] .. 'event:' .. id, ARGV[8] .. 'state:' .. id
              local left = redis.call('PTTL', record)
              if left ~= -2 then
                redis.call('HSET', state, 'replay', ARGV[9])
                if left >= 0 then
                  left = math.max(left, 86400000)
                  redis.call('PEXPIRE', record, left)
                  redis.call('PEXPIRE', state, left)
                end
              end
            end
            if count > 0 then redis.call('EXPIRE', KEYS[2], ARGV[7]) end
            redis.call('HINCRBY', KEYS[1], 'events', ARGV[3])
            redis.call('HINCRBY', KEYS[1], 'bytes', ARGV[4])
            redis.call('HINCRBY', KEYS[1], 'total', count)
            if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'oldest', ARGV[5]) end
            if ARGV[6] ~= '' then redis.call('HSETNX', KEYS[1], 'newest', ARGV[6]) end
            redis.call('HSET', KEYS[1], 'cursor', ARGV[2])
            if ARGV[2] == '' then redis.call('HSET', KEYS[1], 'state', 'running') end
            return 1
            """#
    )

    /// Changes a replay's state.
    ///
    /// KEYS: job · its list · jobs to be worked on. ARGV: id · new state · now in ms · reason or "" · what the keys
    /// of replays that have not ended begin with, before the tenant · the states it may have.
    /// Answers 1, or 0 when it has another. A job that is resumed before its plan was made goes on planning.
    static let replayState = RedisScript(
        name: "replayState",
        source: #"""
            local state, new = redis.call('HGET', KEYS[1], 'state'), ARGV[2]
            local may = false
            for i = 6, #ARGV do may = may or ARGV[i] == state end
            if not may then return 0 end
            if new == 'paused' then redis.call('HSET', KEYS[1], 'before', state) end
            if new == 'running' then
              new = redis.call('HGET', KEYS[1], 'before') or new
              -- Whoever lets it go on knows what has failed so far.
              redis.call('HSET', KEYS[1], 'forgiven', redis.call('HGET', KEYS[1], 'failed') or '0')
              redis.call('HDEL', KEYS[1], 'reason')
            end
            redis.call('HSET', KEYS[1], 'state', new)
            if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'reason', ARGV[4]) end
            if new == 'running' or new == 'planning' then
              redis.call('SADD', KEYS[3], ARGV[1])
            else
              redis.call('SREM', KEYS[3], ARGV[1])
            end
            if new == 'cancelled' or new == 'done' then
              redis.call('HSET', KEYS[1], 'ended', ARGV[3])
              redis.call('UNLINK', KEYS[2])
              redis.call('ZREM', ARGV[5] .. (redis.call('HGET', KEYS[1], 'tenant') or ''), ARGV[1])
            end
            return 1
            """#
    )
}

extension ReplayJob {
    /// As they are kept.
    fileprivate var fields: [(String, String)] {
        [
            ("state", state.rawValue), ("who", who), ("tenant", tenant ?? ""), ("created", "\(createdAt)"),
            ("filter", String(decoding: order.filter, as: UTF8.self)),
            ("destinations", order.destinations.joined(separator: ",")), ("queue", order.queue),
            ("mapping", order.isMappedAnew ? "current" : "original"), ("force", order.isForced ? "1" : "0"),
            ("rate", "\(order.rate)"), ("budget", "\(order.errorBudget)"),
        ]
    }

    /// Nil when there is no such job; its query is read from `filter` by whoever knows that language.
    fileprivate init?(id: String, fields: [(name: String, value: RedisReply)]) {
        var texts: [String: String] = [:]
        for (name, value) in fields { texts[name] = value.string }
        guard let state = texts["state"].flatMap(State.init(rawValue:)),
            let created = texts["created"].flatMap({ Int64($0) })
        else { return nil }
        func number(_ name: String) -> Int { texts[name].flatMap { Int($0) } ?? 0 }
        func text(_ name: String) -> String? { texts[name].flatMap { $0.isEmpty ? nil : $0 } }
        var order = Order()
        order.filter = Array((texts["filter"] ?? "{}").utf8)
        order.destinations = (text("destinations") ?? "").split(separator: ",").map(String.init)
        order.queue = text("queue") ?? Keys.eventsQueue
        order.isMappedAnew = texts["mapping"] == "current"
        order.isForced = texts["force"] == "1"
        order.rate = max(1, number("rate"))
        order.errorBudget = number("budget")
        self.init(
            id: id, order: order, state: state, who: texts["who"] ?? "", tenant: text("tenant"), createdAt: created,
            endedAt: texts["ended"].flatMap { Int64($0) },
            plan: ReplayPlan(
                events: number("events"), bytes: number("bytes"), oldest: texts["oldest"].flatMap { Int64($0) },
                newest: texts["newest"].flatMap { Int64($0) }),
            total: number("total"), done: number("done"), skipped: number("skipped"), failed: number("failed"),
            forgiven: number("forgiven"), reason: text("reason"), cursor: text("cursor").flatMap { EventCursor($0) })
    }
}

import Verifiers

/// Minute counters for charts, kept eight days. The ledger is the truth: these are its growth from minute to minute,
/// and what the gateways refused, noted once a minute and not once an event.
@ControlPlane
struct StatsStore {
    static nonisolated let scripts: [RedisScript] = [.statsSample]
    static nonisolated let keptMinutes = 8 * 24 * 60

    /// One counter over time.
    struct Series: Equatable, Sendable {
        /// `source`, `queue`, `destination` or `tenant`.
        var kind: String
        var name: String
        var counter: String
        /// One a step, oldest first.
        var values: [Int]
    }

    let connection: RedisConnection
    let keys: Keys

    /// Notes what the minute before `now` brought; `refused` counts since the last call, by field.
    func sample(now: Int64, refused: [String: Int]) async throws(RedisFailure) {
        let minute = now / 60_000 - 1
        var call = ScriptCall(.statsSample, keys: [keys.ledger, keys.statsLast, keys.stats(hour: minute / 60)])
        call.add(minute)
        call.add(minute % 60)
        call.add(Int64(Self.keptMinutes * 60))
        for (field, count) in refused.sorted(by: { $0.key < $1.key }) {
            call.add(field)
            call.add(Int64(count))
        }
        _ = try await connection.evaluate(call)
    }

    /// Notes where the ledger stands before the first minute is over, so that the minute can be charted; nothing where
    /// there was a sample before.
    func begin(now: Int64) async throws(RedisFailure) {
        guard try await connection.command(["EXISTS", .text(keys.statsLast)]).integer == 0 else { return }
        try await sample(now: now, refused: [:])
    }

    /// The counters of the last full minute, by the ledger's fields.
    func lastMinute(now: Int64 = Clock.unixMilliseconds()) async throws(RedisFailure) -> [String: Int] {
        let minute = now / 60_000 - 1
        var result: [String: Int] = [:]
        let reply = try await connection.command(["HGETALL", .text(keys.stats(hour: minute / 60))])
        for (field, value) in reply.fields {
            let parts = field.split(separator: "|", maxSplits: 1)
            guard parts.count == 2, Int64(parts[0]) == minute % 60 else { continue }
            result[String(parts[1])] = value.integer.map { Int($0) }
        }
        return result
    }

    /// The counters of a stretch of minutes, `step` minutes in one value.
    func series(from: Int64, count: Int, step: Int) async throws(RedisFailure) -> [Series] {
        guard count > 0 else { return [] }
        let end = from + Int64(count * step)
        let hours = Array(from / 60...(end - 1) / 60)
        let replies = try await connection.pipeline(hours.map { ["HGETALL", .text(keys.stats(hour: $0))] })
        var values: [String: [Int]] = [:]
        for (hour, reply) in zip(hours, replies) {
            for (field, value) in reply.fields {
                let parts = field.split(separator: "|", maxSplits: 1)
                guard parts.count == 2, let minute = Int64(parts[0]).map({ hour * 60 + $0 }), minute >= from,
                    minute < end, let number = value.integer
                else { continue }
                values[String(parts[1]), default: Array(repeating: 0, count: count)][Int(minute - from) / step] +=
                    Int(number)
            }
        }
        return values.sorted { $0.key < $1.key }.compactMap { field, values in
            let parts = field.split(separator: ":", maxSplits: 2)
            // The ledger also counts for gateways and stores, which is nothing to chart.
            guard parts.count == 3, ["source", "queue", "lane", "tenant"].contains(parts[0]) else { return nil }
            let kind = parts[0] == "lane" ? "destination" : String(parts[0])
            return Series(kind: kind, name: String(parts[1]), counter: String(parts[2]), values: values)
        }
    }
}

extension Keys {
    /// `<minute of the hour>|<ledger's field>` → by how much it grew.
    func stats(hour: Int64) -> String { "\(prefix)stats:\(hour)" }
    /// The ledger as it was at the last sample.
    var statsLast: String { "\(prefix)stats:last" }
}

extension RedisScript {
    /// Notes by how much the ledger has grown since the last sample; once a minute, whoever comes first.
    ///
    /// KEYS: ledger · the last sample · counters of the hour.
    /// ARGV: minute · minute of the hour · how long they are kept in seconds · pairs of a field and a count of refusals.
    /// Answers 1, or 0 when the minute has its sample already; the refusals are added all the same.
    static let statsSample = RedisScript(
        name: "statsSample",
        source: #"""
            for i = 4, #ARGV, 2 do
              redis.call('HINCRBY', KEYS[3], ARGV[2] .. '|' .. ARGV[i], ARGV[i + 1])
            end
            redis.call('EXPIRE', KEYS[3], ARGV[3])
            local known = redis.call('HGET', KEYS[2], 'minute')
            if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
            local last = {}
            local fields = redis.call('HGETALL', KEYS[2])
            for i = 1, #fields, 2 do last[fields[i]] = tonumber(fields[i + 1]) end
            fields = redis.call('HGETALL', KEYS[1])
            for i = 1, #fields, 2 do
              local field, value = fields[i], tonumber(fields[i + 1])
              if value and string.match(field, '^%a+:[^:]+:.+$') then
                local growth = value - (last[field] or 0)
                if known and growth ~= 0 then redis.call('HINCRBY', KEYS[3], ARGV[2] .. '|' .. field, growth) end
                if growth ~= 0 then redis.call('HSET', KEYS[2], field, value) end
              end
            end
            redis.call('HSET', KEYS[2], 'minute', ARGV[1])
            redis.call('EXPIRE', KEYS[3], ARGV[3])
            return 1
            """#
    )
}

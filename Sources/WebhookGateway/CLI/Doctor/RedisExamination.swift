/// Looks at a Redis that can be reached: version, what it keeps when it ends, whether it drops keys, its clock, orphans.
@ControlPlane
struct RedisExamination {
    /// Clocks that differ more than this make due times and ages visibly wrong.
    private static let toleratedClockDifference: Int64 = 2_000

    let session: StoreSession

    func findings() async throws(RedisFailure) -> [Finding] {
        let info = try await session.connection.command(["INFO"]).string ?? ""
        var facts: [Substring: Substring] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { facts[parts[0]] = parts[1] }
        }
        return [version(facts), try await persistence(facts), eviction(facts), try await clock()]
            + (try await layout()) + (try await books())
    }

    private func version(_ facts: [Substring: Substring]) -> Finding {
        let name =
            facts["valkey_version"].map { "Valkey \($0)" } ?? "Redis \(facts["redis_version"] ?? "of unknown version")"
        let place = session.connection.settings.description
        let numbers = (facts["redis_version"] ?? "").split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count < 2 || (numbers[0], numbers[1]) >= (6, 2) else {
            return .problem("redis", "\(place) is \(name); the gateway needs Redis 6.2 or later, or Valkey")
        }
        return .ok("redis", "\(place) answers: \(name)")
    }

    /// What of acknowledged events a crash of the server can cost.
    private func persistence(_ facts: [Substring: Substring]) async throws(RedisFailure) -> Finding {
        guard facts["aof_enabled"] == "1" else {
            let snapshots = await setting("save").map { $0.isEmpty ? "none" : "after \($0)" } ?? "unknown"
            return .warning(
                "persistence",
                "no append-only file (snapshots: \(snapshots)): when the server ends unexpectedly, every acknowledged event since the last snapshot is lost. Run there: CONFIG SET appendonly yes, and write it into redis.conf"
            )
        }
        if facts["aof_last_write_status"].map({ $0 != "ok" }) ?? false {
            return .problem(
                "persistence",
                "the append-only file cannot be written (aof_last_write_status); free space on the server's disk")
        }
        switch await setting("appendfsync") {
        case "always"?:
            return .ok(
                "persistence",
                "every write is on disk before it is acknowledged (appendfsync always): a crash loses nothing")
        case "everysec"?:
            return .warning(
                "persistence",
                "the append-only file is synced once a second (appendfsync everysec): a power cut can lose acknowledged events of the last second or two. CONFIG SET appendfsync always loses none and is slower"
            )
        case "no"?:
            return .warning(
                "persistence",
                "the append-only file is synced when the system likes (appendfsync no): a power cut can lose the acknowledged events of some thirty seconds. Run there: CONFIG SET appendfsync always"
            )
        default:
            return .warning(
                "persistence",
                "there is an append-only file; how often it is synced the server does not tell (CONFIG is not allowed)")
        }
    }

    private func eviction(_ facts: [Substring: Substring]) -> Finding {
        let policy = facts["maxmemory_policy"].map(String.init) ?? "unknown"
        let limit = facts["maxmemory"].flatMap { Int($0) } ?? 0
        guard policy != "noeviction" else {
            return .ok(
                "eviction",
                limit == 0
                    ? "no key is ever dropped (noeviction, no memory limit)"
                    : "no key is ever dropped (noeviction); at \(limit >> 20) MiB writes are refused and deliveries go to the spool"
            )
        }
        let sentence =
            "maxmemory-policy is \(policy): under memory pressure the server drops keys, and with them acknowledged events. Run there: CONFIG SET maxmemory-policy noeviction"
        return session.configuration.redis.allowEviction
            ? .warning("eviction", "\(sentence) (accepted by redis.allowEviction)") : .problem("eviction", sentence)
    }

    private func clock() async throws(RedisFailure) -> Finding {
        let before = Clock.unixMilliseconds()
        let time = try await session.connection.command(["TIME"]).elements?.compactMap(\.integer) ?? []
        guard time.count == 2 else { return .warning("clock", "the server does not tell its time") }
        let here = (before + Clock.unixMilliseconds()) / 2
        let difference = here - (time[0] * 1000 + time[1] / 1000)
        let text = "\(Double(abs(difference)) / 1000) s \(difference >= 0 ? "ahead of" : "behind") Redis'"
        guard abs(difference) > Self.toleratedClockDifference else {
            return .ok("clock", "this machine's clock agrees with Redis' (\(abs(difference)) ms apart)")
        }
        return .problem(
            "clock",
            "this machine's clock is \(text): signatures may count as too old and times are wrong. Synchronise both clocks (timedatectl set-ntp true)"
        )
    }

    private func layout() async throws(RedisFailure) -> [Finding] {
        let fields = try await session.connection.command(["HMGET", .text(session.keys.meta), "layout", "partitions"])
        guard let layout = fields.elements?.first?.integer, layout != Int64(Keys.layoutVersion) else { return [] }
        return [
            .problem(
                "layout",
                "the data there has layout \(layout), this version writes \(Keys.layoutVersion); use the version that wrote it, or another redis.prefix"
            )
        ]
    }

    /// What the ledger shows: orphans, and what the store has lost.
    private func books() async throws(RedisFailure) -> [Finding] {
        let ledger = try await session.ledger()
        var findings: [Finding] = []
        if ledger.lostByStore > 0 {
            findings.append(
                .problem(
                    "ledger",
                    "the store has lost \(ledger.lostByStore) events that it had confirmed to this gateway: it was restarted or replaced without its last writes. Their providers may send them again by hand; once settled, stop the gateway, remove \(session.configuration.dataDirectory)/\(StoreTally.folder) and start it: the count begins anew"
                ))
        }
        for (tenant, events) in try await TenantStore(connection: session.connection, keys: session.keys).holding() {
            findings.append(
                .warning(
                    "limits",
                    "\(events) events of the tenant \(tenant) are held back because it has more than tenantLimits allows; they join their queues as the limit allows. Raise its eventsPerMinute to let them go sooner"
                ))
        }
        for lane in ledger.orphans(session.configuration) {
            findings.append(
                .warning(
                    "orphan",
                    "\(lane.flow.present) events are owed to \(lane.name), which is not in the configuration any more: put it back, or settle them with `webhook-gateway destinations drain|move|discard \(lane.name)`"
                ))
        }
        return findings
    }

    /// A setting of the server; nil when CONFIG is not allowed, as managed servers have it.
    private func setting(_ name: String) async -> String? {
        do throws(RedisFailure) {
            return try await session.connection.command(["CONFIG", "GET", .text(name)]).elements?.last?.string
        } catch {
            return nil
        }
    }
}

import Verifiers

/// One change: who made it, what it was, when, and from where.
struct AuditEntry: Sendable {
    /// The stream's id, `<ms>-<n>`; empty before it is kept.
    var id = ""
    var who: String
    var role: String
    /// The tenant of who made it; nil: all.
    var tenant: String?
    /// What was done, by the API's names: `queues.pause`.
    var action: String
    /// To what.
    var target: String
    /// What else there is to know, in words.
    var detail: String
    /// An address, or `command line`.
    var from: String
    var requestID: String
    /// How it was answered, as an HTTP status; 0: not by the API.
    var status = 0

    /// Unix milliseconds.
    var at: Int64 { Int64(id.prefix { $0 != "-" }) ?? 0 }

    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("at", Timestamp.text(at))
        line.add("who", who)
        line.add("role", role)
        line.add("tenant", tenant)
        line.add("action", action)
        line.add("target", target)
        line.add("detail", detail)
        line.add("from", from)
        line.add("requestId", requestID)
        line.add("status", status)
        return line
    }
}

/// The log of all changes, newest first; a stream in Redis. One tenant has a part of it at most: past that its own oldest
/// entry goes, so that nobody pushes out what others did.
@ControlPlane
struct AuditStore {
    static nonisolated let scripts: [RedisScript] = [.auditAppend]
    private static let longest: Int64 = 100_000

    let connection: RedisConnection
    let keys: ControlKeys
    /// Entries that one tenant has.
    var mostOfTenant: Int64 = 10_000

    func append(_ entry: AuditEntry) async throws(RedisFailure) {
        var call = ScriptCall(.auditAppend, keys: [keys.audit] + (entry.tenant.map { [keys.audit(of: $0)] } ?? []))
        call.add(Self.longest)
        call.add(mostOfTenant)
        let fields: [(StaticString, String)] = [
            ("who", entry.who), ("role", entry.role), ("tenant", entry.tenant ?? ""), ("action", entry.action),
            ("target", entry.target), ("detail", entry.detail), ("from", entry.from), ("request", entry.requestID),
            ("status", "\(entry.status)"),
        ]
        for (name, value) in fields {
            call.add(name)
            call.add(value)
        }
        _ = try await connection.evaluate(call)
    }

    /// Whether a text is the id of an entry that there may be. Redis refuses a range that ends before the first id of all,
    /// `0-0`, which no entry can have.
    static nonisolated func isID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { part in UInt64(part).map { String($0) == part } ?? false }
            && text != "0-0"
    }

    /// The next `limit` entries before an id (`isID`); those of all tenants, or of one.
    func list(tenant: String?, limit: Int, before id: String?) async throws(RedisFailure) -> [AuditEntry] {
        let newest = try await rows(of: tenant.map(keys.audit(of:)) ?? keys.audit, limit, before: id)
        guard tenant != nil else { return newest.compactMap(AuditEntry.init(row:)) }
        // Of a tenant these are ids alone. An entry may have gone because the whole log was too long.
        let ids = newest.compactMap { $0.elements?.first?.string }
        guard !ids.isEmpty else { return [] }
        let entries = try await connection.pipeline(ids.map { ["XRANGE", .text(keys.audit), .text($0), .text($0)] })
        return entries.compactMap { $0.elements?.first.flatMap(AuditEntry.init(row:)) }
    }

    private func rows(of key: String, _ limit: Int, before id: String?) async throws(RedisFailure) -> [RedisReply] {
        let end = id.map { "(\($0)" } ?? "+"
        return try await connection.command([
            "XREVRANGE", .text(key), .text(end), "-", "COUNT", .integer(Int64(limit)),
        ]).elements ?? []
    }
}

extension RedisScript {
    /// Adds an entry to the log; past what its tenant may have there the tenant's oldest is removed.
    ///
    /// KEYS: log · ids of the tenant's entries (none: the entry is of no tenant). ARGV: how many there are in all, about ·
    /// how many of a tenant · names and values. Answers the id.
    static let auditAppend = RedisScript(
        name: "auditAppend",
        source: #"""
            local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 3))
            if not KEYS[2] then return id end
            redis.call('XADD', KEYS[2], id, 'in', 'audit')
            if redis.call('XLEN', KEYS[2]) > tonumber(ARGV[2]) then
              local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1][1]
              redis.call('XDEL', KEYS[2], oldest)
              redis.call('XDEL', KEYS[1], oldest)
            end
            return id
            """#
    )
}

extension AuditEntry {
    /// An entry of the stream; nil for what is none.
    fileprivate init?(row: RedisReply) {
        guard let parts = row.elements, parts.count == 2, let id = parts[0].string else { return nil }
        var texts: [String: String] = [:]
        for (name, value) in parts[1].fields { texts[name] = value.string }
        self.init(
            id: id, who: texts["who"] ?? "", role: texts["role"] ?? "",
            tenant: texts["tenant"].flatMap { $0.isEmpty ? nil : $0 }, action: texts["action"] ?? "",
            target: texts["target"] ?? "", detail: texts["detail"] ?? "", from: texts["from"] ?? "",
            requestID: texts["request"] ?? "", status: texts["status"].flatMap { Int($0) } ?? 0)
    }
}

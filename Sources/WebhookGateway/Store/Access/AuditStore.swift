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

/// The log of all changes, newest first; a stream in Redis.
@ControlPlane
struct AuditStore {
    private static let longest: Int64 = 100_000
    private static let entriesPerCall = 200

    let connection: RedisConnection
    let keys: ControlKeys

    func append(_ entry: AuditEntry) async throws(RedisFailure) {
        var command: [RedisArgument] = ["XADD", .text(keys.audit), "MAXLEN", "~", .integer(Self.longest), "*"]
        let fields: [(String, String)] = [
            ("who", entry.who), ("role", entry.role), ("tenant", entry.tenant ?? ""), ("action", entry.action),
            ("target", entry.target), ("detail", entry.detail), ("from", entry.from), ("request", entry.requestID),
            ("status", "\(entry.status)"),
        ]
        for (name, value) in fields { command += [.text(name), .text(value)] }
        _ = try await connection.command(command)
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
        var entries: [AuditEntry] = []
        var end = id.map { "(\($0)" } ?? "+"
        while entries.count < limit {
            let reply = try await connection.command([
                "XREVRANGE", .text(keys.audit), .text(end), "-", "COUNT", .integer(Int64(Self.entriesPerCall)),
            ])
            let rows = reply.elements ?? []
            for row in rows {
                guard let parts = row.elements, parts.count == 2, let id = parts[0].string else { continue }
                end = "(\(id)"
                let entry = AuditEntry(id: id, fields: parts[1].fields)
                guard tenant == nil || entry.tenant == tenant else { continue }
                entries.append(entry)
                if entries.count == limit { break }
            }
            if rows.count < Self.entriesPerCall { break }
        }
        return entries
    }
}

extension AuditEntry {
    fileprivate init(id: String, fields: [(name: String, value: RedisReply)]) {
        var texts: [String: String] = [:]
        for (name, value) in fields { texts[name] = value.string }
        self.init(
            id: id, who: texts["who"] ?? "", role: texts["role"] ?? "",
            tenant: texts["tenant"].flatMap { $0.isEmpty ? nil : $0 }, action: texts["action"] ?? "",
            target: texts["target"] ?? "", detail: texts["detail"] ?? "", from: texts["from"] ?? "",
            requestID: texts["request"] ?? "", status: texts["status"].flatMap { Int($0) } ?? 0)
    }
}

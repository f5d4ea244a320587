import Verifiers

/// A token of the admin API as it is kept: everything but its secret.
///
/// What its holder has is `wgt_<id>_<secret>`; kept is the SHA-256 of the secret, which has 256 random bits, so that
/// no slow hash is needed.
struct AdminToken: Sendable {
    var id: String
    var name: String
    var role: Role
    var tenant: String?
    /// Unix milliseconds.
    var createdAt: Int64
    /// Who created it, by the audit log's names.
    var createdBy: String
    /// Unix milliseconds; nil: never.
    var expiresAt: Int64?
    /// Unix milliseconds, to the minute.
    var lastUsedAt: Int64?
    /// SHA-256 of the secret, in hexadecimal.
    fileprivate(set) var hash: String

    var principal: Principal { Principal(name: "token:\(name)", role: role, tenant: tenant) }

    func hasExpired(at now: Int64) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// A new token and what its holder is told, once.
    static func make(
        name: String, role: Role, tenant: String?, createdBy: String, expiresAt: Int64?, now: Int64
    ) -> (token: AdminToken, text: String) {
        var ids = ULIDGenerator()
        let id = ids.next(milliseconds: now).description
        let secret = RandomText.make()
        let token = AdminToken(
            id: id, name: name, role: role, tenant: tenant, createdAt: now, createdBy: createdBy, expiresAt: expiresAt,
            hash: SHA256Hash.hex(of: Array(secret.utf8)[...]))
        return (token, "\(textPrefix)\(id)_\(secret)")
    }

    private static let textPrefix = "wgt_"

    /// Id and secret of a token's text; nil when it is none.
    static func split(_ text: String) -> (id: String, secret: String)? {
        guard text.hasPrefix(textPrefix), text.utf8.count <= 128 else { return nil }
        let parts = text.dropFirst(textPrefix.count).split(separator: "_", maxSplits: 1)
        guard parts.count == 2, ULID(parts[0]) != nil else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    /// Whether the secret is this token's; takes the same time for every wrong one.
    func accepts(_ secret: String) -> Bool {
        guard let known = Digest(hex: Array(hash.utf8)[...], count: 32) else { return false }
        return SHA256Hash.digest(of: Array(secret.utf8)[...]) == known
    }
}

extension AdminToken {
    /// What lists show.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("name", name)
        line.add("role", role.rawValue)
        line.add("tenant", tenant)
        line.add("createdAt", Timestamp.text(createdAt))
        line.add("createdBy", createdBy)
        line.add("expiresAt", expiresAt.map(Timestamp.text))
        line.add("lastUsedAt", lastUsedAt.map(Timestamp.text))
        return line
    }

    /// What is kept.
    var stored: [UInt8] {
        var line = JSONLine()
        line.add("name", name)
        line.add("role", role.rawValue)
        line.add("tenant", tenant)
        line.add("createdAt", Int(createdAt))
        line.add("createdBy", createdBy)
        line.add("expiresAt", expiresAt.map { Int($0) })
        line.add("hash", hash)
        return line.json
    }

    /// Reads what is kept; nil when it is damaged.
    init?(id: String, stored: [UInt8], lastUsedAt: Int64? = nil) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil else { return nil }
        func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }
        guard let name = text("name"), let role = text("role").flatMap(Role.init(rawValue:)), let hash = text("hash"),
            let createdAt = document.integer(of: document.member("createdAt"))
        else { return nil }
        self.init(
            id: id, name: name, role: role, tenant: text("tenant"), createdAt: createdAt,
            createdBy: text("createdBy") ?? "", expiresAt: document.integer(of: document.member("expiresAt")),
            lastUsedAt: lastUsedAt, hash: hash)
    }
}

extension Timestamp {
    /// `2026-11-21T08:41:00.123Z` of Unix milliseconds.
    static func text(_ milliseconds: Int64) -> String {
        Timestamp(unixMilliseconds: milliseconds).formatted(.milliseconds)
    }
}

/// 256 random bits as text, for secrets that are shown once and kept as a hash.
enum RandomText {
    static func make() -> String {
        String(
            decoding: Base64.encode(EntropySource.bytes(32)[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
    }
}

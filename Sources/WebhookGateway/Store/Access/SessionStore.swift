import Verifiers

/// Browsers' sessions, and the one-time codes by which a browser gets one. Kept are hashes of what browsers hold.
@ControlPlane
struct SessionStore {
    /// Who a session or a code stands for.
    struct Holder: Equatable, Sendable {
        var principal: Principal
        /// The token that it was made from: the session ends with it. Nil for a one-time link's.
        var token: String?

        /// Whose sessions are counted together: a token's, else those of one name.
        fileprivate var owner: String { token ?? "\(principal.tenant ?? ""):\(principal.name)" }
    }

    static nonisolated let lifetime = 12 * 3600
    /// Sessions that one token has at a time; past it the oldest ends.
    static nonisolated let mostSessions = 32

    let connection: RedisConnection
    let keys: ControlKeys

    /// Begins a session of so many seconds and ends the oldest of the same token past `mostSessions`; returns the cookie's
    /// value.
    func begin(_ holder: Holder, seconds: Int) async throws(RedisFailure) -> String {
        let value = try await keep(holder, at: keys.session, seconds: seconds)
        let (index, now) = (keys.sessions(holder.owner), Clock.unixMilliseconds())
        let replies = try await connection.pipeline([
            ["ZADD", .text(index), .integer(now), .text(Self.hash(value))],
            ["EXPIRE", .text(index), .integer(Int64(Self.lifetime))],
            ["ZREMRANGEBYSCORE", .text(index), "-inf", .integer(now - Int64(Self.lifetime) * 1000)],
            ["ZRANGE", .text(index), 0, .integer(Int64(-1 - Self.mostSessions))],
        ])
        // What a process that stops here leaves is ended with the next one that begins.
        let oldest = replies[3].elements?.compactMap(\.string) ?? []
        guard !oldest.isEmpty else { return value }
        _ = try await connection.pipeline([
            ["UNLINK"] + oldest.map { .text(keys.session($0)) }, ["ZREM", .text(index)] + oldest.map { .text($0) },
        ])
        return value
    }

    func holder(ofSession value: String) async throws(RedisFailure) -> Holder? {
        try await connection.command(["GET", .text(keys.session(Self.hash(value)))]).bytes.flatMap(Holder.init(stored:))
    }

    func end(_ value: String) async throws(RedisFailure) {
        let hash = Self.hash(value)
        let stored = try await connection.command(["GETDEL", .text(keys.session(hash))]).bytes
        guard let holder = stored.flatMap(Holder.init(stored:)) else { return }
        _ = try await connection.command(["ZREM", .text(keys.sessions(holder.owner)), .text(hash)])
    }

    /// Makes a code that begins one session.
    func makeCode(_ holder: Holder) async throws(RedisFailure) -> String {
        try await keep(holder, at: keys.login, seconds: Self.lifetime)
    }

    /// Uses a code up; nil when it is none, or none any more.
    func redeem(_ code: String) async throws(RedisFailure) -> Holder? {
        try await connection.command(["GETDEL", .text(keys.login(Self.hash(code)))]).bytes.flatMap(Holder.init(stored:))
    }

    private func keep(
        _ holder: Holder, at key: (String) -> String, seconds: Int
    ) async throws(RedisFailure) -> String {
        let value = RandomText.make()
        _ = try await connection.command([
            "SET", .text(key(Self.hash(value))), .bytes(holder.stored), "EX", .integer(Int64(seconds)),
        ])
        return value
    }

    private static func hash(_ value: String) -> String { SHA256Hash.hex(of: Array(value.utf8)[...]) }
}

extension SessionStore.Holder {
    fileprivate var stored: [UInt8] {
        var line = JSONLine()
        line.add("name", principal.name)
        line.add("role", principal.role.rawValue)
        line.add("tenant", principal.tenant)
        line.add("token", token)
        return line.json
    }

    fileprivate init?(stored: [UInt8]) {
        var document = JSONDocument()
        guard (try? document.read(stored[...])) != nil else { return nil }
        func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }
        guard let name = text("name"), let role = text("role").flatMap(Role.init(rawValue:)) else { return nil }
        self.init(principal: Principal(name: name, role: role, tenant: text("tenant")), token: text("token"))
    }
}

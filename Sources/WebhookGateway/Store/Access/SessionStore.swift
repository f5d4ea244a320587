import Verifiers

/// Browsers' sessions, and the one-time codes by which a browser gets one. Kept are hashes of what browsers hold.
@ControlPlane
struct SessionStore {
    /// Who a session or a code stands for.
    struct Holder: Equatable, Sendable {
        var principal: Principal
        /// The token that it was made from: the session ends with it. Nil for a one-time link's.
        var token: String?
    }

    static nonisolated let lifetime = 12 * 3600

    let connection: RedisConnection
    let keys: ControlKeys

    /// Begins a session of so many seconds; returns the cookie's value.
    func begin(_ holder: Holder, seconds: Int) async throws(RedisFailure) -> String {
        try await keep(holder, at: keys.session, seconds: seconds)
    }

    func holder(ofSession value: String) async throws(RedisFailure) -> Holder? {
        try await connection.command(["GET", .text(keys.session(Self.hash(value)))]).bytes.flatMap(Holder.init(stored:))
    }

    func end(_ value: String) async throws(RedisFailure) {
        _ = try await connection.command(["UNLINK", .text(keys.session(Self.hash(value)))])
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

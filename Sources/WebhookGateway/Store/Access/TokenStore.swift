/// The tokens of the admin API: created, listed, revoked, found by what a caller shows.
@ControlPlane
struct TokenStore {
    let connection: RedisConnection
    let keys: ControlKeys

    func add(_ token: AdminToken) async throws(RedisFailure) {
        _ = try await connection.command([
            "HSET", .text(keys.tokens), .text(token.id), .bytes(token.stored),
        ])
    }

    /// By time of creation, oldest first; expired ones too.
    func all() async throws(RedisFailure) -> [AdminToken] {
        let replies = try await connection.pipeline([
            ["HGETALL", .text(keys.tokens)], ["HGETALL", .text(keys.tokenUses)],
        ])
        var uses: [String: Int64] = [:]
        for (id, value) in replies[1].fields { uses[id] = value.integer }
        return replies[0].fields.compactMap { id, value in
            value.bytes.flatMap { AdminToken(id: id, stored: $0, lastUsedAt: uses[id]) }
        }.sorted { $0.id < $1.id }
    }

    func token(_ id: String) async throws(RedisFailure) -> AdminToken? {
        try await connection.command(["HGET", .text(keys.tokens), .text(id)]).bytes.flatMap {
            AdminToken(id: id, stored: $0)
        }
    }

    /// The valid token of a text that a caller shows; nil when there is none.
    func token(shown text: String, now: Int64) async throws(RedisFailure) -> AdminToken? {
        guard let (id, secret) = AdminToken.split(text), let token = try await token(id), token.accepts(secret),
            !token.hasExpired(at: now)
        else { return nil }
        return token
    }

    /// False when there was none of that id.
    func revoke(_ id: String) async throws(RedisFailure) -> Bool {
        let replies = try await connection.pipeline([
            ["HDEL", .text(keys.tokens), .text(id)], ["HDEL", .text(keys.tokenUses), .text(id)],
        ])
        return replies[0].integer == 1
    }

    func noteUse(_ id: String, at now: Int64) async throws(RedisFailure) {
        _ = try await connection.command(["HSET", .text(keys.tokenUses), .text(id), .integer(now)])
    }
}

extension RedisReply {
    /// The pairs of a hash, as HGETALL answers them.
    var fields: [(name: String, value: RedisReply)] {
        let values = elements ?? []
        return stride(from: 0, to: values.count - 1, by: 2).compactMap { index in
            values[index].string.map { ($0, values[index + 1]) }
        }
    }
}

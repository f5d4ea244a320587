import Verifiers

/// Finds out who asks: by a bearer token, a JSON web token or a browser's session.
@ControlPlane
final class Authenticator {
    /// Failed log-ins of one address in a minute, each of which the audit log names; over it: 429.
    private static let logInsPerMinute = 20
    /// Requests of one address with a wrong token in a minute; over it: 429. Nobody guesses a token: Redis is spared.
    private static let failuresPerMinute = 120
    private static let useGranularity: Int64 = 60_000

    /// Who asks, and how they proved it.
    struct Identity: Sendable {
        var principal: Principal
        /// The id of the token shown, or of the one that the session was made from.
        var token: String?
        /// The cookie's value of a session; nil: a token was shown.
        var session: String?
        /// When a JSON web token ends, in Unix milliseconds; nil: another proof was shown.
        var expiresAt: Int64?
    }

    let tokens: TokenStore
    let sessions: SessionStore
    private let logIns = FailureLimiter(perMinute: Authenticator.logInsPerMinute, exempt: [])
    private let requests = FailureLimiter(perMinute: Authenticator.failuresPerMinute, exempt: [])
    private var webTokens: JSONWebTokenVerifier?
    private var noted: [String: Int64] = [:]

    init(_ connection: RedisConnection, _ keys: ControlKeys, jwt: JWTConfiguration?) throws(ConfigurationError) {
        tokens = TokenStore(connection: connection, keys: keys)
        sessions = SessionStore(connection: connection, keys: keys)
        try reload(jwt)
    }

    func reload(_ jwt: JWTConfiguration?) throws(ConfigurationError) {
        guard let jwt else { return webTokens = nil }
        webTokens = try JSONWebTokenVerifier(jwt)
    }

    /// Who a request comes from; throws 401, or 429 after too many failures.
    func identity(_ credentials: RequestCredentials, from address: IPAddress?) async throws -> Identity {
        switch credentials {
        case .none: throw Self.missing
        case .bearer(let text): return try await holder(of: text, from: address)
        case .session(let value):
            guard let holder = try await sessions.holder(ofSession: value) else { throw Self.sessionOver }
            if let token = holder.token {
                guard let token = try await tokens.token(token), !token.hasExpired(at: Clock.unixMilliseconds()) else {
                    throw Self.sessionOver
                }
            }
            return Identity(principal: holder.principal, token: holder.token, session: value)
        }
    }

    /// Who holds a token; the failure counts against the address.
    ///
    /// After too many failures Redis is asked nothing more for that address, but for tokens that this process knows to be
    /// good; JSON web tokens ask Redis nothing. So one client with a wrong token does not shut out the others behind the
    /// same address.
    func holder(of text: String, from address: IPAddress?, isLogIn: Bool = false) async throws -> Identity {
        let limiter = isLogIn ? logIns : requests
        let isLate = Self.wait(address, limiter) != nil
        let isOpaque = text.hasPrefix("wgt_")
        if isLate, isOpaque, AdminToken.split(text).map({ noted[$0.id] == nil }) ?? true {
            try Self.refuseTooMany(address, limiter)
        }
        let now = Clock.unixMilliseconds()
        var reason = "The token is not known, has expired or was revoked."
        if isOpaque {
            if let token = try await tokens.token(shown: text, now: now) {
                try await note(token, now)
                return Identity(principal: token.principal, token: token.id)
            }
        } else if let webTokens {
            do throws(JSONWebTokenVerifier.Refusal) {
                let holder = try webTokens.holder(of: text, now: now)
                return Identity(principal: holder.principal, expiresAt: holder.expiresAt)
            } catch {
                reason = "The JSON web token does not pass: \(error.reason)."
            }
        }
        Self.fail(address, limiter)
        if isLate { try Self.refuseTooMany(address, limiter) }
        throw Problem(unauthorized: reason)
    }

    /// Who a one-time code stands for; the failure counts against the address.
    func holder(ofCode code: String, from address: IPAddress?) async throws -> SessionStore.Holder {
        try Self.refuseTooMany(address, logIns)
        if let holder = try await sessions.redeem(code) { return holder }
        Self.fail(address, logIns)
        throw Problem(unauthorized: "The link has been used or has expired; log in with a token.")
    }

    /// Seconds until an address may try again; nil when it may now.
    private static func wait(_ address: IPAddress?, _ limiter: FailureLimiter?) -> Int? {
        address.flatMap { limiter?.wait($0, now: Clock.monotonicNanoseconds()) }
    }

    private static func refuseTooMany(_ address: IPAddress?, _ limiter: FailureLimiter?) throws(Problem) {
        guard let seconds = wait(address, limiter) else { return }
        throw Problem(
            .tooManyRequests, "Too many failed log-ins from this address; try again later.", retryAfter: seconds)
    }

    private static func fail(_ address: IPAddress?, _ limiter: FailureLimiter?) {
        if let address { limiter?.fail(address, now: Clock.monotonicNanoseconds()) }
    }

    /// Notes that a token was used, at most once a minute.
    private func note(_ token: AdminToken, _ now: Int64) async throws(RedisFailure) {
        guard now - (noted[token.id] ?? 0) >= Self.useGranularity else { return }
        noted[token.id] = now
        try await tokens.noteUse(token.id, at: now)
    }

    static nonisolated let missing = Problem(
        unauthorized: "Show a token (Authorization: Bearer …) or log in; `webhook-gateway token create` makes one.")
    private static nonisolated let sessionOver = Problem(
        unauthorized: "The session is over; log in again.")
}

/// What a request shows of who sent it.
enum RequestCredentials: Equatable, Sendable {
    case none
    case bearer(String)
    /// The session cookie's value.
    case session(String)

    static let cookie: StaticString = "webhook_gateway_session"

    /// A bearer token counts more than a cookie, which the browser sends by itself.
    init(_ headers: HeaderFields) {
        if let value = headers.first("authorization") {
            let text = String(decoding: value, as: UTF8.self)
            let parts = text.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                // Something else was shown, which is nobody's token.
                self = .bearer("")
                return
            }
            self = .bearer(String(parts[1].drop { $0 == " " }))
            return
        }
        for field in headers.all("cookie") {
            for pair in String(decoding: field, as: UTF8.self).split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let sign = pair.firstIndex(of: "="), pair[..<sign] == Self.cookie.description else { continue }
                self = .session(String(pair[pair.index(after: sign)...]))
                return
            }
        }
        self = .none
    }
}

extension Problem {
    /// 401.
    init(unauthorized detail: String) { self.init(.unauthorized, detail) }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Who gets in, and what each of them may do.
@ControlPlane
struct AccessTests {
    /// A route's address with something in the place of its parameters.
    private static func address(_ route: Route) -> String {
        var path = route.path
        for member in route.pathParameters {
            path = path.replacing("{\(member.name)}", with: "01JB2QK9Z8X4YV7WTN3M5R6P1D")
        }
        let query = route.query.filter(\.isRequired).map { "\($0.name)=x" }
        return path + (query.isEmpty ? "" : "?\(query.joined(separator: "&"))")
    }

    private static func isStream(_ route: Route) -> Bool {
        if case .other(let type) = route.answer.content { "\(type)" == "\(MediaType.eventStream)" } else { false }
    }

    @Test func `each role and tenant gets exactly what the route's declaration says`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            for role in Role.allCases {
                for tenant in [nil, "acme"] {
                    let token = try await bench.token(role, tenant: tenant)
                    for route in RouteTable.all where !Self.isStream(route) {
                        guard case .role(let needed) = route.access else { continue }
                        // A body that no route takes: what is allowed is 400, never done.
                        let answer = try await bench.ask(
                            route.method.name.description, Self.address(route), token: token,
                            body: route.body == nil ? nil : "[]")
                        let isAllowed = role >= needed && (tenant == nil || route.reach == .tenant)
                        #expect(answer.code != 401, "\(role) \(tenant ?? "-") \(route.name): \(answer.text)")
                        #expect((answer.code != 403) == isAllowed, "\(role) \(tenant ?? "-") \(route.name)")
                        // 503: the bench has no vault.
                        #expect(answer.code < 500 || answer.code == 503, "\(route.name): \(answer.text)")
                    }
                }
            }
        }
    }

    @Test func `without a credential only what is open is answered`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            for route in RouteTable.all {
                let answer = try await bench.ask(
                    route.method.name.description, Self.address(route), body: route.body == nil ? nil : "{}")
                guard case .role = route.access else {
                    if route.name != "session.begin" { #expect(answer.code != 401, "\(route.name)") }
                    continue
                }
                #expect(answer.code == 401, "\(route.name)")
                #expect(answer.header("www-authenticate") == "Bearer")
            }
        }
    }

    @Test func `a wrong, expired or revoked token is refused, and who goes on guessing waits`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let old = try await bench.token(.admin, expiresAt: 1000)
            #expect(try await bench.ask("GET", "/api/v1/session", token: old).code == 401)
            let good = try await bench.token(.viewer)
            #expect(try await bench.ask("GET", "/api/v1/session", token: good).code == 200)
            let id = try #require(AdminToken.split(good)).id
            #expect(try await bench.handler.services.authenticator.tokens.revoke(id))
            #expect(try await bench.ask("GET", "/api/v1/session", token: good).code == 401)
            var codes: Set<Int> = []
            for _ in 0..<125 {
                codes.insert(try await bench.ask("GET", "/api/v1/session", token: "wgt_\(id)_guess").code)
            }
            #expect(codes == [401, 429])
            // A token that this process has not seen has to wait now, and is told how long.
            let late = try await bench.ask("GET", "/api/v1/session", token: try await bench.token(.viewer))
            #expect(late.code == 429)
            #expect(late.header("retry-after") != nil)
            // Log-ins are counted by themselves.
            codes = []
            for _ in 0..<25 {
                codes.insert(try await bench.ask("POST", "/api/v1/session", body: #"{"token":"\#(good)"}"#).code)
            }
            #expect(codes == [401, 429])
        }
    }

    @Test func `the name of another host is not answered on loopback`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            #expect(try await bench.ask("GET", "/livez", headers: "Host: evil.example\r\n").code == 403)
            #expect(try await bench.ask("GET", "/metrics", headers: "Host: evil.example:8081\r\n").code == 403)
            #expect(try await bench.ask("GET", "/livez", headers: "Host: [::1]:8081\r\n").code == 200)
            #expect(try await bench.ask("GET", "/metrics", headers: "Host: 127.0.0.1\r\n").code == 200)
        }
    }

    @Test func `behind a proxy figures ask for a viewer's token`() async throws {
        try await AdminBench.run({ $0.admin.behindProxy = true }) { (bench: AdminBench) async throws in
            let host = "Host: admin.example.com\r\n"
            #expect(try await bench.ask("GET", "/livez", headers: host).code == 200)
            #expect(try await bench.ask("GET", "/metrics", headers: host).code == 401)
            let token = try await bench.token(.viewer)
            #expect(try await bench.ask("GET", "/metrics", token: token, headers: host).code == 200)
        }
    }

    @Test func `a browser logs in once by a link, changes things from our own page only, and logs out`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let sessions = bench.handler.services.authenticator.sessions
            let code = try await sessions.makeCode(
                SessionStore.Holder(principal: Principal(name: "link", role: .admin), token: nil))
            let begun = try await bench.ask("POST", "/api/v1/session", body: #"{"code":"\#(code)"}"#)
            #expect(begun.code == 200)
            let cookie = try #require(begun.header("set-cookie"))
            #expect(cookie.contains("HttpOnly; SameSite=Strict"))
            #expect(try await bench.ask("POST", "/api/v1/session", body: #"{"code":"\#(code)"}"#).code == 401)

            let session = "Cookie: a=b; \(cookie.prefix { $0 != ";" })\r\n"
            #expect(try await bench.ask("GET", "/api/v1/session", headers: session).json["role"] == "admin")
            let new = #"{"role":"viewer"}"#
            for origin in ["", "Origin: http://evil.example\r\n", "Origin: null\r\n"] {
                #expect(
                    try await bench.ask("POST", "/api/v1/tokens", body: new, headers: session + origin).code == 403)
            }
            let ours = "Origin: http://localhost:\(bench.port)\r\n"
            #expect(try await bench.ask("POST", "/api/v1/tokens", body: new, headers: session + ours).code == 201)
            #expect(try await bench.ask("DELETE", "/api/v1/session", headers: session + ours).code == 204)
            #expect(try await bench.ask("GET", "/api/v1/session", headers: session).code == 401)
        }
    }

    @Test func `a session ends with the token that it was made from`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.operator, tenant: "acme")
            let begun = try await bench.ask("POST", "/api/v1/session", body: #"{"token":"\#(token)"}"#)
            #expect(try begun.json["tenant"] == "acme")
            let session = "Cookie: \(try #require(begun.header("set-cookie")).prefix { $0 != ";" })\r\n"
            #expect(try await bench.ask("GET", "/api/v1/session", headers: session).code == 200)
            let id = try #require(AdminToken.split(token)).id
            #expect(try await bench.handler.services.authenticator.tokens.revoke(id))
            #expect(try await bench.ask("GET", "/api/v1/session", headers: session).code == 401)
        }
    }

    @Test func `a token has 32 sessions at a time: the oldest ends, another token's stay`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let sessions = bench.handler.services.authenticator.sessions
            func holder(_ token: String?, _ name: String = "ann") -> SessionStore.Holder {
                SessionStore.Holder(principal: Principal(name: name, role: .viewer), token: token)
            }
            let other = try await sessions.begin(holder("two"), seconds: 60)
            var begun: [String] = []
            for _ in 0..<33 {
                begun.append(try await sessions.begin(holder("one"), seconds: 60))
                // Sessions of one millisecond are of one age.
                let last = Clock.unixMilliseconds()
                while Clock.unixMilliseconds() == last { await Task.yield() }
            }
            #expect(try await sessions.holder(ofSession: begun[0]) == nil)
            for value in begun.dropFirst() + [other] {
                #expect(try await sessions.holder(ofSession: value) != nil)
            }
            // One that was logged out makes room.
            try await sessions.end(begun[20])
            begun.append(try await sessions.begin(holder("one"), seconds: 60))
            #expect(try await sessions.holder(ofSession: begun[1]) != nil)
            // Of a JSON web token there is no id: its holder's name counts.
            for name in ["jwt:ann", "jwt:bob"] { _ = try await sessions.begin(holder(nil, name), seconds: 60) }
            let counts = try await bench.store.connection.pipeline(
                ["one", "two", ":jwt:ann", ":jwt:bob"].map { ["ZCARD", .text(ControlKeys().sessions($0))] })
            #expect(counts.map(\.integer) == [32, 1, 1, 1])
        }
    }

    @Test func `a tenant's admin has to do with that tenant's tokens only`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let theirs = try await bench.token(.admin, tenant: "acme")
            let other = try await bench.token(.viewer, tenant: "other")
            let listed = try await bench.ask("GET", "/api/v1/tokens", token: theirs)
            #expect(try listed.json["items.0.tenant"] == "acme")
            #expect(try listed.json["items.1.tenant"] == nil)
            let id = try #require(AdminToken.split(other)).id
            #expect(try await bench.ask("DELETE", "/api/v1/tokens/\(id)", token: theirs).code == 404)
            let foreign = #"{"role":"viewer","tenant":"other"}"#
            #expect(try await bench.ask("POST", "/api/v1/tokens", token: theirs, body: foreign).code == 403)
            let own = try await bench.ask("POST", "/api/v1/tokens", token: theirs, body: #"{"role":"viewer"}"#)
            #expect(try own.json["tenant"] == "acme")
            let made = try #require(try own.json["token"])
            #expect(try await bench.ask("GET", "/api/v1/session", token: made).json["tenant"] == "acme")
        }
    }

    @Test func `changes stand in the audit log with who, what and from where, refused ones too`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let admin = try await bench.token(.admin)
            let viewer = try await bench.token(.viewer)
            _ = try await bench.ask("POST", "/api/v1/tokens", token: admin, body: #"{"role":"viewer","name":"ci"}"#)
            _ = try await bench.ask("POST", "/api/v1/tokens", token: viewer, body: #"{"role":"viewer"}"#)
            let log = try await bench.ask("GET", "/api/v1/audit?limit=1", token: admin).json
            #expect(log["items.0.who"] == "token:viewer")
            #expect(log["items.0.status"] == "403")
            let next = try #require(log["next"])
            let older = try await bench.ask("GET", "/api/v1/audit?cursor=\(next)", token: admin).json
            #expect(older["items.0.action"] == "tokens.create")
            #expect(older["items.0.from"] == "127.0.0.1")
            #expect(older["items.0.detail"]?.contains("ci") == true)
        }
    }

    @Test
    func `a position in the audit log that no answer gave is refused, and after the oldest entry there is nothing`()
        async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let admin = try await bench.token(.admin)
            _ = try await bench.ask("POST", "/api/v1/tokens", token: admin, body: #"{"role":"viewer"}"#)
            for text in ["0-0", "00-0", "+1-0", "-1-0", "1", "1-2-3", "18446744073709551616-0", "x"] {
                let answer = try await bench.ask(
                    "GET", "/api/v1/audit?cursor=\(Shape.encodedCursor(text))", token: admin)
                #expect(answer.code == 404, "\(text): \(answer.text)")
                #expect(try answer.json["detail"]?.contains("cursor") == true)
            }
            for text in ["0-1", "1-0"] {
                let answer = try await bench.ask(
                    "GET", "/api/v1/audit?cursor=\(Shape.encodedCursor(text))", token: admin)
                #expect(answer.code == 200, "\(text): \(answer.text)")
                #expect(try answer.json["items.0.id"] == nil)
                #expect(try answer.json["next"] == nil)
            }
        }
    }

    @Test func `a log-in stands in the audit log with who it was, a failed one with nobody`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let admin = try await bench.token(.admin)
            let token = try await bench.token(.operator, tenant: "acme")
            #expect(try await bench.ask("POST", "/api/v1/session", body: #"{"token":"\#(token)"}"#).code == 200)
            #expect(try await bench.ask("POST", "/api/v1/session", body: #"{"token":"wgt_no_good"}"#).code == 401)
            let log = try await bench.ask("GET", "/api/v1/audit", token: admin).json
            #expect(log["items.0.who"] == "unknown" && log["items.0.role"] == "" && log["items.0.status"] == "401")
            #expect(log["items.1.who"] == "token:operator" && log["items.1.role"] == "operator")
            #expect(log["items.1.tenant"] == "acme" && log["items.1.action"] == "session.begin")
        }
    }

    @Test func `a stranger does not push changes out of the audit log`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let admin = try await bench.token(.admin)
            _ = try await bench.ask("POST", "/api/v1/session", body: #"{"token":"\#(admin)"}"#)
            for body in [#"{"x":1}"#, "{", #"{"code":"\#(String(repeating: "x", count: 101))"}"#] {
                #expect(try await bench.ask("POST", "/api/v1/session", body: body).code == 400)
            }
            let length: [RedisArgument] = ["XLEN", .text(ControlKeys().audit)]
            #expect(try await bench.store.connection.command(length).integer == 1)
            let wrong = #"{"token":"wgt_no_good"}"#
            for _ in 0..<40 { _ = try await bench.ask("POST", "/api/v1/session", body: wrong) }
            // The failures until the address had to wait, and a few that came when it had.
            let entries = try #require(try await bench.store.connection.command(length).integer)
            #expect((21..<36).contains(entries))
        }
    }

    /// A web token over a socket: what is refused is told from what is not, by the configured key alone.
    private static func tryWebTokens(
        _ jwt: JWTConfiguration, algorithm: String, wrong: String, sign: ([UInt8]) throws -> [UInt8]
    ) async throws {
        func encoded(_ bytes: [UInt8]) -> String {
            String(decoding: Base64.encode(bytes[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
        }
        func token(_ claims: String, _ algorithm: String) throws -> String {
            let header = #"{"alg":"\#(algorithm)","typ":"JWT"}"#
            let message = "\(encoded(Array(header.utf8))).\(encoded(Array(claims.utf8)))"
            return "\(message).\(encoded(try sign(Array(message.utf8))))"
        }
        let now = Clock.unixMilliseconds() / 1000
        let good = #""exp":\#(now + 60),"role":"operator","tenant":"acme","sub":"ann","aud":"gateway""#
        var jwt = jwt
        jwt.audience = "gateway"
        try await AdminBench.run({ $0.admin.jwt = jwt }) { (bench: AdminBench) async throws in
            let answer = try await bench.ask("GET", "/api/v1/session", token: try token("{\(good)}", algorithm))
            #expect(answer.code == 200, "\(answer.text)")
            #expect(try answer.json["name"] == "jwt:ann" && answer.json["tenant"] == "acme")
            #expect(try await bench.ask("GET", "/api/v1/ledger", token: try token("{\(good)}", algorithm)).code == 403)
            let begun = try await bench.ask(
                "POST", "/api/v1/session", body: #"{"token":"\#(try token("{\(good)}", algorithm))"}"#)
            #expect(begun.code == 200, "\(begun.text)")
            // The session does not outlive the token.
            let age = try #require(begun.header("set-cookie")).split(separator: "; ").first { $0.hasPrefix("Max-Age=") }
            #expect(try #require(age.flatMap { Int($0.dropFirst(8)) }) <= 60)
            let kept = try await bench.store.connection.command(["KEYS", "*{control}:session:*"]).elements?.first?
                .string
            let life = try await bench.store.connection.command(["TTL", .text(try #require(kept))]).integer
            #expect(try #require(life) <= 60)
            let bad = [
                try token("{\(good)}", wrong), try token("{\(good)}", "none"),
                try token(#"{\#(good.replacing("\(now + 60)", with: "\(now - 1)"))}"#, algorithm),
                try token(#"{\#(good),"nbf":\#(now + 600)}"#, algorithm),
                try token(#"{\#(good.replacing("gateway", with: "other"))}"#, algorithm),
                String(try token("{\(good)}", algorithm).dropLast(4)) + "AAAA",
            ]
            for token in bad { #expect(try await bench.ask("GET", "/api/v1/session", token: token).code == 401) }
            // One that passes asks Redis nothing, and is let in however many have failed behind the same address.
            for _ in 0..<125 { _ = try await bench.ask("GET", "/api/v1/session", token: "wgt_nobody_guess") }
            #expect(try await bench.ask("GET", "/api/v1/session", token: "wgt_nobody_guess").code == 429)
            #expect(
                try await bench.ask("GET", "/api/v1/session", token: try token("{\(good)}", algorithm)).code == 200)
        }
    }

    @Test func `web tokens of a shared key are proved over HTTP`() async throws {
        let secret = Array("a shared secret of some length".utf8)
        var jwt = JWTConfiguration()
        jwt.hs256 = Secret(origin: .literal, bytes: secret)
        try await Self.tryWebTokens(jwt, algorithm: "HS256", wrong: "RS256") { message in
            try #require(HMACKey(secret)).code(of: message[...]).bytes
        }
    }

    @Test func `web tokens of a key pair are proved over HTTP`() async throws {
        let key = TestRSAKey.shared
        let signing = try RSASigningKey(pem: Array(key.pem.utf8))
        var jwt = JWTConfiguration()
        jwt.rs256 = Secret(origin: .literal, bytes: Array(key.publicPEM.utf8))
        try await Self.tryWebTokens(jwt, algorithm: "RS256", wrong: "HS256") { signing.signature(of: $0) }
    }

    @Test func `answers forbid a browser what it must not do with them`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            for target in ["/", "/api/openapi.json", "/nothing", "/api/v1/session"] {
                let answer = try await bench.ask("GET", target)
                #expect(answer.header("x-content-type-options") == "nosniff")
                #expect(answer.header("x-frame-options") == "DENY")
                let policy = try #require(answer.header("content-security-policy"))
                #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"))
                #expect(answer.header("access-control-allow-origin") == nil)
            }
        }
    }

    @Test(arguments: [
        ("/api/v1/audit?limit=0", 400), ("/api/v1/audit?limit=x", 400), ("/api/v1/audit?limits=1", 400),
        ("/api/v1/audit?limit=1&limit=2", 400), ("/api/v1/audit?cursor=!", 400), ("/api/v1/audit?cursor=YWJj", 404),
        ("/api/v1/audit?limit=%ff", 400), ("/api/v1/nothing", 404), ("/api/v1/audit/", 404),
    ]) func `what a route does not know is refused as a problem`(target: String, status: Int) async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let answer = try await bench.ask("GET", target, token: try await bench.token(.admin))
            #expect(answer.code == status, "\(answer.text)")
            #expect(answer.header("content-type") == "application/problem+json")
            #expect(try answer.json["requestId"] != nil)
        }
    }
}

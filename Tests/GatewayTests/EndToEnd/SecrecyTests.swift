import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Every secret that can enter is marked; after much has been done, and gone wrong, the marks are nowhere.
    struct SecrecyTests {
        @Test func `no secret is in Redis, on disk, in a log or in an answer, whatever is done and fails`() throws {
            let bench = try SecrecyBench()
            defer { bench.close() }
            try bench.deliver()
            try bench.refuse()
            try bench.administer()
            try bench.command()
            try bench.stop()
            #expect(bench.marks.count > 30)
            for (place, bytes) in try bench.places() {
                #expect(bytes.isEmpty == false, "\(place) is empty")
                for leak in bench.marks.leaks(in: bytes) { Issue.record("\(leak.mark) in \(place): …\(leak.around)…") }
            }
        }

        @Test func `a mark is found as it is, in base64, in hexadecimal and percent-encoded`() {
            var marks = SecretMarks()
            let mark = marks.plant("sample")
            for prefix in ["", "u", "us"] {
                let text = String(
                    decoding: Base64.encode(Array("\(prefix):\(mark):x".utf8)[...]), as: UTF8.self)
                #expect(marks.leaks(in: Array("Basic \(text)".utf8)).count == 1)
            }
            #expect(marks.leaks(in: Array("x=\(mark)&".utf8)).count == 1)
            #expect(marks.leaks(in: SecretMarks.hex(Array(mark.utf8))).count == 1)
            #expect(marks.leaks(in: Array("\(mark.dropLast(4))".utf8)).isEmpty)
        }
    }
}

/// A gateway on a Redis with a password, an append-only file and a snapshot, and all that it says.
private final class SecrecyBench {
    private(set) var marks = SecretMarks()
    private let home: GatewayHome
    private let redis: RedisServer
    private let receiver: FakeHTTPServer
    private let gateway: GatewayProcess
    private let redisPassword: String
    private let sharedSecret: String
    private let urlSecret: String
    private let managedSecret: String
    private let jwtKey: String
    private var tokens: [(role: String, text: String)] = []
    private var heard: [(place: String, bytes: [UInt8])] = []
    private var serial = 0

    init() throws {
        var marks = SecretMarks()
        redisPassword = marks.plant("the password of Redis")
        sharedSecret = marks.plant("a literal in the configuration file")
        urlSecret = marks.plant("Mailchimp's secret in the URL")
        managedSecret = marks.plant("the secret of a managed source")
        jwtKey = marks.plant("the key of JSON web tokens")
        let masterKey = marks.plant("the master key").utf8.prefix(32)
        marks.watch(String(decoding: masterKey, as: UTF8.self), "the master key's bytes")
        // Answers with all that it was told, as no server should.
        receiver = try FakeHTTPServer { request in
            let headers = request.headers.map { "\($0): \($1)" }.joined(separator: " ")
            return [.answer(400, body: "\(headers) \(request.target) \(request.text)")]
        }
        let port = try Self.freePort()
        redis = try RedisServer(
            isDurable: true,
            extraArguments: ["--port", "\(port)", "--bind", "127.0.0.1", "--requirepass", redisPassword]
                + ["--rdbcompression", "no", "--appendfsync", "no"])
        home = try GatewayHome(nil)
        home.environment["REDIS_URL"] = "redis://:\(redisPassword)@127.0.0.1:\(port)/0"
        home.environment["JWT_KEY"] = jwtKey
        home.environment["VAULT_KEY"] = String(decoding: Base64.encode(Array(masterKey)[...]), as: UTF8.self)
        home.environment["SQUARE_KEY"] = marks.plant("the secret of a source by its environment")
        home.environment["CRM_URL"] = receiver.url("/crm?key=\(marks.plant("a destination's URL by its environment"))")
        let signing =
            "whsec_"
            + String(
                decoding: Base64.encode(Array(marks.plant("a signing key").utf8.prefix(32))[...]), as: UTF8.self)
        marks.watch(String(signing.dropFirst(6)), "a signing key's text")
        try HostFile.replace(
            "\(home.path)/gateway.json5",
            Array(
                """
                {
                  listen: { host: "127.0.0.1", port: 0, workers: 1 },
                  admin: { port: 0, jwt: { hs256: "env:JWT_KEY", tenantlessRoles: ["admin"] } },
                  redis: { url: "env:REDIS_URL" },
                  vault: { key: "env:VAULT_KEY" },
                  log: { level: "debug", format: "json" },
                  sources: {
                    stripe: { provider: "stripe", secrets: ["\(sharedSecret)"], toleranceSeconds: 0 },
                    square: { provider: "square", secrets: ["env:SQUARE_KEY"], notificationURL: "https://a.example/x" },
                    mailchimp: { provider: "mailchimp", secrets: ["\(urlSecret)"], allowedAddresses: ["192.0.2.0/24"] },
                    meta: { provider: "meta", secrets: ["\(marks.plant("an app secret"))"],
                            verifyToken: "\(marks.plant("a verify token of the file"))" },
                  },
                  destinations: {
                    crm: { type: "webhook", url: "env:CRM_URL", credentials: { secret: "\(signing)" },
                           allowPrivateAddresses: true },
                    "file-segment": { type: "segment", credentials: { writeKey: "\(marks.plant("a key in the file"))" },
                                    baseURL: "\(receiver.url(""))", allowPrivateAddresses: true },
                  },
                }
                """.utf8))
        gateway = try home.start()
        self.marks = marks
        for role in ["admin", "operator", "viewer"] { try makeToken(role, []) }
        try makeToken("admin", ["--tenant", "default"])
    }

    private static func freePort() throws -> UInt16 {
        let socket = try Socket.listen(
            on: .ip(IPAddress("127.0.0.1") ?? IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        guard case .ip(_, let port)? = try Socket.localAddress(socket.raw) else { throw SystemError("getsockname") }
        return port
    }

    func close() {
        home.close()
        redis.stop()
    }

    private func makeToken(_ role: String, _ options: [String]) throws {
        let made = try home.launch(["token", "create", "--role", role] + options).finish()
        let text = try #require(made.output.split(separator: "\n").first.map(String.init))
        tokens.append((role, text))
        marks.watch(String(text.split(separator: "_").last ?? ""), "the secret of a token for \(role)")
    }

    // MARK: Requests

    @discardableResult
    private func ask(
        _ method: String, _ path: String, _ body: String? = nil, bearer: String? = nil, headers: String = "",
        keeps: Bool = true
    ) throws -> ClientResponse {
        let length = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
        let login = bearer.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let answer = try HTTPProbe.exchange(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(login)\(headers)\(length)\r\n\(body ?? "")".utf8,
            port: gateway.adminPort)
        if keeps { heard.append(("the answer to \(method) \(path)", Array("\(answer.code) \(answer.text)".utf8))) }
        return answer
    }

    private func change(_ method: String, _ path: String, _ body: String? = nil) throws -> ClientResponse {
        let answer = try ask(method, "/api/v1/\(path)", body, bearer: tokens[0].text)
        #expect(answer.code < 300, "\(method) \(path): \(answer.text)")
        return answer
    }

    /// Delivers an event of its own, signed with a secret.
    private func post(_ source: String, _ secret: String, headers: String = "") throws -> ClientResponse {
        serial += 1
        let fixture = String(decoding: try home.fixture("stripe/payment_intent.succeeded"), as: UTF8.self)
        let body = String(fixture.split(separator: "\r\n\r\n", maxSplits: 1).last ?? "")
            .replacing("\"evt_", with: "\"evt_\(serial)")
        let code = try #require(HMACKey(Array(secret.utf8))).code(of: Array("1795250460.\(body)".utf8)[...])
        return try gateway.post(
            Array(
                """
                POST /webhooks/\(source) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Stripe-Signature: t=1795250460,v1=\(code.hex)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)
                """.utf8))
    }

    // MARK: What is done

    /// Integrations with secrets of all kinds, and events that all their destinations refuse.
    func deliver() throws {
        let address = receiver.url("")
        let previous = managedSecret
        _ = try change(
            "POST", "integrations",
            """
            {"kind":"source","type":"stripe","key":"shop","name":"Shop","settings":{"toleranceSeconds":0},
             "credentials":{"secret":"\(previous)"}}
            """)
        _ = try change(
            "POST", "integrations/sources.shop/rotate-secret", #"{"secret":"\#(marks.plant("a rotated secret"))"}"#)
        _ = try change(
            "POST", "integrations",
            """
            {"kind":"source","type":"meta","key":"pages","name":"Pages",
             "credentials":{"secret":"\(marks.plant("a managed app secret"))","verifyToken":"\(marks.plant("a verify token"))"}}
            """)
        var names = ["crm", "file-segment"]
        for (type, credentials) in [
            ("segment", #""writeKey":"\#(marks.plant("segment"))""#),
            ("rudderstack", #""writeKey":"\#(marks.plant("rudderstack"))""#),
            ("google-analytics", #""measurementId":"G-XXXX","apiSecret":"\#(marks.plant("google-analytics"))""#),
            ("meta-conversions", #""pixelId":"1234567890","accessToken":"\#(marks.plant("meta-conversions"))""#),
            (
                "mixpanel",
                #""projectId":"1","serviceAccountUsername":"u","serviceAccountSecret":"\#(marks.plant("mixpanel"))""#
            ),
            ("amplitude", #""apiKey":"\#(marks.plant("amplitude"))""#),
            ("posthog", #""projectApiKey":"phc_\#(marks.plant("posthog"))""#),
        ] {
            _ = try change(
                "POST", "integrations",
                """
                {"kind":"destination","type":"\(type)","key":"own-\(type)","name":"\(type)","skipCheck":true,"credentials":{\(credentials)},
                 "delivery":{"allowPrivateAddresses":true,"baseURL":"\(address)","batch":{"lingerMilliseconds":0}}}
                """)
            names.append("own-\(type)")
        }
        let signing = String(decoding: Base64.encode(Array(marks.plant("hook").utf8.prefix(32))[...]), as: UTF8.self)
        marks.watch(signing, "a managed signing key")
        _ = try change(
            "POST", "integrations",
            """
            {"kind":"destination","type":"webhook","key":"own-hook","name":"Hook",
             "credentials":{"secret":"whsec_\(signing)",
              "url":"\(receiver.url("/hook/\(marks.plant("a path of a URL"))?key=\(marks.plant("a query of a URL"))"))"},
             "delivery":{"allowPrivateAddresses":true}}
            """)
        names.append("own-hook")
        // A credential in a header that a provider has no use for is not the archive's business either.
        let headers =
            "Authorization: Bearer \(marks.plant("a header of a delivery"))\r\nCookie: s=\(marks.plant("a cookie"))\r\n"
        #expect(try post("stripe", sharedSecret, headers: headers).code == 200)
        #expect(try post("shop", previous).code == 200)
        try waitUntil("all destinations to have refused the events", within: .seconds(20)) {
            try gateway.program.isRunning
                && names.allSatisfy {
                    try redisProbe().command("EXISTS", .text(Keys().laneDead($0)), .text(Keys().laneDelayed($0)))
                        .integer ?? 0 > 0
                }
        }
    }

    /// Deliveries that are turned away, with secrets in all the places where they may stand.
    func refuse() throws {
        let planted = marks.plant("a header of a refused delivery")
        let headers = "Authorization: Basic \(planted)\r\nX-Api-Key: \(planted)\r\nCookie: a=\(planted)\r\n"
        #expect(try post("stripe", "another secret", headers: headers).code == 401)
        #expect(try post("shop", "another secret", headers: headers).code == 401)
        let form = "type=subscribe&data%5Bemail%5D=a%40b.example"
        for (target, code) in [
            // Right, from an address that is not Mailchimp's; once as a parameter, once within the path.
            ("/webhooks/mailchimp?secret=\(urlSecret)", 403), ("/webhooks/mailchimp/\(urlSecret)", 403),
            ("/webhooks/nowhere?secret=\(urlSecret)", 404),
        ] {
            let answer = try gateway.post(
                Array(
                    """
                    POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                    \(headers)Content-Length: \(form.utf8.count)\r\n\r\n\(form)
                    """.utf8))
            #expect(answer.code == code, "\(String(target.prefix(20))): \(answer.text)")
            heard.append(("the answer to a refused delivery", Array(answer.text.utf8)))
        }
        for target in ["/webhooks/meta", "/webhooks/pages"] {
            let query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=\(marks.plant("a wrong verify token"))"
            #expect(try HTTPProbe.get("\(target)?\(query)", port: gateway.port).code == 403)
        }
    }

    /// Every address of the admin port that shows something, as everybody; tests and changes that fail.
    func administer() throws {
        for name in ["own-segment", "own-mixpanel", "own-google-analytics", "own-hook", "own-meta-conversions"] {
            try ask("POST", "/api/v1/integrations/destinations.\(name)/test", "{}", bearer: tokens[0].text)
            try ask("POST", "/api/v1/destinations/\(name)/test", bearer: tokens[0].text)
        }
        try ask(
            "PATCH", "/api/v1/integrations/destinations.own-segment",
            #"{"credentials":{"nothing":"\#(marks.plant("a credential that there is not"))"}}"#, bearer: tokens[0].text)
        try ask(
            "POST", "/api/v1/integrations", #"{"kind":"source","credentials":"\#(marks.plant("a malformed body"))"}"#,
            bearer: tokens[0].text)
        let wrong = "wgt_01JB2QK9Z8X4YV7WTN3M5R6P1D_\(marks.plant("a wrong token"))"
        try ask("GET", "/api/v1/events", bearer: wrong)
        let begun = try ask("POST", "/api/v1/session", #"{"token":"\#(tokens[0].text)"}"#, keeps: false)
        let cookie = try #require(begun.header("set-cookie")?.prefix { $0 != ";" }.split(separator: "=").last)
        marks.watch(String(cookie), "a session's cookie")
        let key = try #require(HMACKey(Array(jwtKey.utf8)))
        let claims = Base64.encode(
            Array(#"{"sub":"a","role":"admin","exp":4102444800}"#.utf8)[...], alphabet: .urlSafe, padded: false)
        let input = "eyJhbGciOiJIUzI1NiJ9." + String(decoding: claims, as: UTF8.self)
        let proof = Base64.encode(key.code(of: Array(input.utf8)[...]).bytes[...], alphabet: .urlSafe, padded: false)
        let webToken = "\(input).\(String(decoding: proof, as: UTF8.self))"
        marks.watch(String(decoding: proof, as: UTF8.self), "a JSON web token's signature")
        #expect(try ask("GET", "/api/v1/session", bearer: webToken).code == 200)

        let event = try change("GET", "events?limit=1").json["items.0.id"] ?? ""
        let refusal = try change("GET", "refusals?limit=1").json["items.0.id"] ?? ""
        #expect(!event.isEmpty && !refusal.isEmpty)
        let values = ["source": "stripe", "destination": "own-hook", "queue": "events", "file": "app.js", "type": "x"]
        for route in RouteTable.all where route.method == .get && !route.path.hasSuffix("/stream") {
            var path = route.path
            for parameter in route.pathParameters {
                let id =
                    path.contains("refusals")
                    ? refusal : path.contains("integrations") ? "destinations.own-hook" : event
                path = path.replacing("{\(parameter.name)}", with: values[parameter.name] ?? id)
            }
            for (_, token) in tokens { try ask("GET", path, bearer: token) }
            try ask("GET", path)
        }
        for path in ["events", "dead", "refusals", "audit", "integrations"] {
            _ = try change("GET", "\(path)?limit=500")
        }
        #expect(heard.contains { String(decoding: $0.bytes, as: UTF8.self).contains("payment.succeeded") })
    }

    /// What the commands say.
    func command() throws {
        let event = try change("GET", "events?limit=1").json["items.0.id"] ?? ""
        for arguments in [
            ["check"], ["doctor"], ["events", "list", "--json"], ["events", "show", event, "--json"],
            ["dead", "list", "--json"],
            ["audit", "--json"], ["token", "list", "--json"], ["keys", "list", "--json"],
            ["destinations", "list", "--json"],
            ["integrations", "list", "--json"], ["integrations", "export"], ["queues", "list", "--json"],
            ["destinations", "test", "own-segment"],
        ] {
            let result = try home.launch(arguments).finish()
            // The warning about a literal secret and a failing test are no failure of this test.
            heard.append(
                (arguments.joined(separator: " "), Array("\(result.output)\(result.errors)".utf8)))
        }
    }

    func stop() throws {
        let line = try HostFile.read("/proc/\(gateway.program.pid)/cmdline")
        heard.append(("the process list", line))
        try redisProbe().command("SAVE")
        heard += try dump()
        let result = try gateway.stop()
        heard.append(("the log", Array(result.errors.utf8)))
        heard.append(("standard output", Array("x\(result.output)".utf8)))
    }

    // MARK: What there is to be searched

    private func redisProbe() throws -> RedisProbe {
        let probe = try RedisProbe(redis.socketPath)
        try probe.command("AUTH", .text(redisPassword))
        return probe
    }

    /// Every key with its value, whatever its type.
    private func dump() throws -> [(String, [UInt8])] {
        let probe = try redisProbe()
        let commands: [String: (String) -> [RedisArgument]] = [
            "string": { ["GET", .text($0)] }, "list": { ["LRANGE", .text($0), 0, -1] },
            "hash": { ["HGETALL", .text($0)] }, "set": { ["SMEMBERS", .text($0)] },
            "zset": { ["ZRANGE", .text($0), 0, -1] }, "stream": { ["XRANGE", .text($0), "-", "+"] },
        ]
        return try (probe.command("KEYS", "*").elements ?? []).compactMap(\.string).map { key in
            let type = try probe.command("TYPE", .text(key)).text
            let read = try #require(commands[type], "\(key): \(type)")
            return ("Redis: \(key)", Array(key.utf8) + (try probe.command(read(key)).allBytes))
        }
    }

    /// All places, files included.
    func places() throws -> [(String, [UInt8])] {
        var places = heard
        for folder in ["\(home.path)/data", redis.directory] {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: folder)
            for path in paths where !path.hasSuffix(".sock") {
                guard let bytes = try? HostFile.read("\(folder)/\(path)"), !bytes.isEmpty else { continue }
                places.append(("\(folder)/\(path)", bytes))
            }
        }
        #expect(places.contains { $0.0.hasSuffix(".rdb") } && places.contains { $0.0.hasSuffix(".aof") })
        return places
    }
}

extension RedisReply {
    fileprivate var text: String {
        if case .status(let text) = self { text } else { string ?? "" }
    }

    /// The bytes of all that it holds, one after the other.
    fileprivate var allBytes: [UInt8] {
        if let elements { return elements.flatMap(\.allBytes) }
        return (bytes ?? []) + [UInt8(ascii: "\n")]
    }
}

import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Integrations while the store or the master key is away.
    struct IntegrationOutageTests {
        private static let keys = [
            "first": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "second": "HxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4=",
        ]

        private static func admin(_ home: GatewayHome) throws -> String {
            let made = try home.run("token", "create", "--role", "admin")
            return try #require(made.output.split(separator: "\n").first.map(String.init), "\(made)")
        }

        private static func ask(
            _ gateway: GatewayProcess, _ token: String, _ method: String, _ path: String, _ body: String = ""
        ) throws -> ClientResponse {
            try HTTPProbe.exchange(
                """
                \(method) /api/v1/\(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\
                Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
                """.utf8, port: gateway.adminPort)
        }

        private static func destination(_ url: String) -> String {
            """
            {"kind":"destination","type":"webhook","key":"crm","name":"CRM","delivery":{"allowPrivateAddresses":true},
             "credentials":{"url":"\(url)","secret":"whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC0x"}}
            """
        }

        @Test func `events wait in the lane of a destination that cannot be opened, and leave it once it can`() throws {
            let receiver = try FakeHTTPServer()
            let home = try GatewayHome(nil)
            defer { home.close() }
            home.environment["PATH_OF_KEY"] = "\(home.path)/key"
            let stripe = #"stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0 }"#
            try home.configure(
                "vault: { key: \"file:\(home.path)/key\" }, sources: { \(stripe) }, destinations: {},")
            try HostFile.replace("\(home.path)/key", Array((Self.keys["first"] ?? "").utf8))
            let first = try home.start()
            let added = try Self.ask(
                first, try Self.admin(home), "POST", "integrations", Self.destination(receiver.url("/in")))
            #expect(added.code == 201, "\(added.text)")
            #expect(try first.stop().code == 0)

            try HostFile.replace("\(home.path)/key", Array((Self.keys["second"] ?? "").utf8))
            let gateway = try home.start()
            let token = try Self.admin(home)
            #expect(gateway.logLine("an integration is not in force")?["integration"] == "destinations.crm")
            let shown = try Self.ask(gateway, token, "GET", "integrations/destinations.crm")
            #expect(try shown.json["status"] == "error" && shown.text.contains("master key"), "\(shown.text)")
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
            let lane = RedisArgument.text(Keys().lane("crm"))
            try waitUntil("the event in the lane") { try home.redis().command("LLEN", lane).integer == 1 }
            #expect(receiver.received.isEmpty)

            try HostFile.replace("\(home.path)/key", Array((Self.keys["first"] ?? "").utf8))
            gateway.program.signal(SIGHUP)
            try waitUntil("the event at the destination", within: .seconds(10)) { receiver.received.count == 1 }
            #expect(try Self.ask(gateway, token, "GET", "integrations/destinations.crm").json["status"] != "error")
            try waitUntil("the end of the lane") { try home.run("audit").code == 0 }
        }

        @Test func `while integrations are unread an unknown path is answered 503, and no destination misses an event`()
            throws
        {
            let receiver = try FakeHTTPServer()
            let redis = try RedisServer(isDurable: true)
            defer { redis.stop() }
            let home = try GatewayHome(nil)
            defer { home.close() }
            let stripe = #"stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0 }"#
            try home.configure(
                "redis: { url: \"unix://\(redis.socketPath)\" }, sources: { \(stripe) }, destinations: {},")
            let first = try home.start()
            let added = try Self.ask(
                first, try Self.admin(home), "POST", "integrations", Self.destination(receiver.url("/in")))
            #expect(added.code == 201, "\(added.text)")
            #expect(try first.stop().code == 0)

            redis.kill()
            let gateway = GatewayProcess(try home.launch(["serve"]))
            try waitUntil("the start without Redis") { gateway.port != 0 }
            let unknown = try gateway.post(
                Array("POST /webhooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8))
            #expect(unknown.code == 503 && unknown.header("retry-after") != nil, "\(unknown.text)")
            let kept = try gateway.post(try home.fixture("stripe/payment_intent.succeeded"))
            #expect(kept.code == 200 && kept.text.contains("spooled"), "\(kept.text)")

            try redis.start()
            try waitUntil("the event at a destination that was not known when it came") { receiver.received.count == 1 }
            let late = try gateway.post(
                Array("POST /webhooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8))
            #expect(late.code == 404, "\(late.text)")
        }

        @Test
        func
            `a change made through one process is in force in another at once, and without word of it within a second`()
            throws
        {
            let redis = try RedisServer()
            defer { redis.stop() }
            let homes = [try GatewayHome(nil), try GatewayHome(nil)]
            defer { for home in homes { home.close() } }
            var gateways: [GatewayProcess] = []
            for home in homes {
                home.environment["VAULT_KEY"] = Self.keys["first"]
                try home.configure(
                    """
                    redis: { url: "unix://\(redis.socketPath)" }, vault: { key: "env:VAULT_KEY" }, sources: {}, destinations: {},
                    """, workers: 1)
                gateways.append(try home.start())
            }
            let token = try Self.admin(homes[0])
            func added(_ key: String) throws {
                let source = """
                    {"kind":"source","type":"stripe","key":"\(key)","name":"\(key)","credentials":{"secret":"x"}}
                    """
                #expect(try Self.ask(gateways[0], token, "POST", "integrations", source).code == 201)
                let began = ContinuousClock.now
                let request = Array("POST /webhooks/\(key) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8)
                #expect(try gateways[0].post(request).code == 401, "the process that made it knows it when it answers")
                try waitUntil("the source in the other process") { try gateways[1].post(request).code == 401 }
                // Half a second is the interval of the look that needs no word; the rest is for a busy machine.
                #expect(ContinuousClock.now - began < .seconds(5))
            }
            try added("with-word")
            // Nobody hears the word from now on: subscriptions are refused when they are made anew.
            let probe = try RedisProbe(redis.socketPath)
            try probe.command("ACL", "SETUSER", "default", "resetchannels")
            try probe.command("CLIENT", "KILL", "TYPE", "pubsub")
            try added("without-word")
            #expect(gateways.allSatisfy { $0.program.isRunning })
        }
    }
}

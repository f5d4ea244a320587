import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Sources and destinations that are added while the gateway runs.
    struct IntegrationTests {
        /// What a test asks the admin port with.
        struct Admin {
            let gateway: GatewayProcess
            let token: String

            init(_ home: GatewayHome, _ gateway: GatewayProcess, tenant: String? = nil) throws {
                self.gateway = gateway
                let options = tenant.map { ["--tenant", $0] } ?? []
                let made = try home.launch(["token", "create", "--role", "admin"] + options).finish()
                token = made.output.split(separator: "\n").first.map(String.init) ?? ""
            }

            func ask(
                _ method: String, _ path: String, _ body: String? = nil, headers: String = ""
            ) throws -> ClientResponse {
                let length = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
                let head =
                    "\(method) /api/v1\(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                return try HTTPProbe.exchange(
                    "\(head)\(headers)\(length)\r\n\(body ?? "")".utf8, port: gateway.adminPort)
            }
        }

        private static let secret = "whsec_fixture_0123456789abcdef0123456789abcdef"

        /// A fixture's request, to another source.
        private static func request(_ home: GatewayHome, to key: String) throws -> [UInt8] {
            let request = String(decoding: try home.fixture("stripe/payment_intent.succeeded"), as: UTF8.self)
            return Array(request.replacing("/webhooks/stripe ", with: "/webhooks/\(key) ").utf8)
        }

        static func stripe(_ key: String, secret: String = secret) -> String {
            """
            {"kind":"source","type":"stripe","key":"\(key)","name":"Shop","settings":{"toleranceSeconds":0},
             "credentials":{"secret":"\(secret)"}}
            """
        }

        @Test
        func `a source and a destination added by API are in force within a second, and their secrets are nowhere`()
            throws
        {
            let server = try FakeHTTPServer { _ in [.answer(200)] }
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let admin = try Admin(home, gateway)
            let url = server.url("/in?key=planted-url-secret")
            let added = try admin.ask(
                "POST", "/integrations",
                """
                {"kind":"destination","type":"webhook","key":"crm","credentials":{"url":"\(url)",
                 "secret":"whsec_cGxhbnRlZC1vdXRib3VuZC1zZWNyZXQhIQ=="},"delivery":{"allowPrivateAddresses":true}}
                """)
            #expect(added.code == 201, "\(added.text)")
            let source = try admin.ask("POST", "/integrations", Self.stripe("shop"))
            #expect(source.code == 201, "\(source.text)")
            #expect(try source.json["path"] == "/webhooks/shop")
            #expect(try source.json["status"] == "pending")
            #expect(try source.json["credentials.0.ending"] == "cdef")

            try waitUntil("the source to be known", within: .seconds(5)) {
                try gateway.post(try Self.request(home, to: "shop")).code == 200
            }
            try waitUntil("the event at the destination") { server.received.count == 1 }
            let shown = try admin.ask("GET", "/integrations/sources.shop")
            #expect(try shown.json["status"] == "active", "\(shown.text)")

            let planted = [Self.secret, "planted-url-secret", "cGxhbnRlZC1vdXRib3VuZC1zZWNyZXQhIQ"]
            let list = try admin.ask("GET", "/integrations").text
            let records = try home.redis().command("HGETALL", .text(ControlKeys().integrations))
            let kept = (records.elements ?? []).compactMap(\.string).joined()
            #expect(kept.contains("sources.shop"))
            for secret in planted {
                #expect(!list.contains(secret) && !added.text.contains(secret) && !source.text.contains(secret))
                #expect(!gateway.program.errors.contains(secret) && !gateway.program.output.contains(secret))
                #expect(!kept.contains(secret))
            }
        }

        @Test func `an integration outlives a restart, is disabled and removed while the gateway runs`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let first = try home.start()
            #expect(try Admin(home, first).ask("POST", "/integrations", Self.stripe("shop")).code == 201)
            #expect(try first.stop().code == 0)

            let gateway = try home.start()
            let admin = try Admin(home, gateway)
            let request = try Self.request(home, to: "shop")
            #expect(try gateway.post(request).code == 200)
            #expect(try admin.ask("POST", "/integrations/sources.shop/disable").code == 200)
            try waitUntil("the source to be gone", within: .seconds(5)) { try gateway.post(request).code == 404 }
            #expect(try admin.ask("POST", "/integrations/sources.shop/enable").json["status"] == "active")
            try waitUntil("the source to be back", within: .seconds(5)) { try gateway.post(request).code == 200 }
            #expect(try admin.ask("DELETE", "/integrations/sources.shop?name=Another").code == 422)
            #expect(try admin.ask("DELETE", "/integrations/sources.shop?name=Shop").code == 200)
            try waitUntil("the source to be gone", within: .seconds(5)) { try gateway.post(request).code == 404 }
            #expect(try home.run("audit").code == 0)
        }

        @Test func `a change names the version it was made from; a broken entry stops no other`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let admin = try Admin(home, gateway)
            #expect(try admin.ask("POST", "/integrations", Self.stripe("shop")).header("etag") == "\"1\"")
            let path = "/integrations/sources.shop"
            let changed = try admin.ask("PATCH", path, #"{"description":"a"}"#, headers: "If-Match: \"1\"\r\n")
            #expect(changed.code == 200 && changed.header("etag") == "\"2\"", "\(changed.text)")
            #expect(try admin.ask("PATCH", path, #"{"description":"b"}"#, headers: "If-Match: \"1\"\r\n").code == 409)
            let wrong = try admin.ask("PATCH", path, #"{"settings":{"toleranceSecond":1}}"#)
            #expect(wrong.code == 422 && wrong.text.contains("toleranceSeconds"), "\(wrong.text)")

            // What another version of the program might leave there.
            let broken =
                #"{"version":1,"tenant":"default","type":"nothing","settings":{},"delivery":{},"createdAt":1,"updatedAt":1}"#
            let keys = ControlKeys()
            let redis = try home.redis()
            _ = try redis.command("HSET", .text(keys.integrations), "sources.broken", .text(broken))
            let number = try redis.command("INCR", .text(keys.integrationsVersion)).integer ?? 0
            _ = try redis.command("ZADD", .text(keys.integrationChanges), .integer(number), "sources.broken")
            try waitUntil("word of the broken entry") {
                gateway.logLine("an integration is not in force")?["integration"] == "sources.broken"
            }
            #expect(try admin.ask("GET", "/integrations/sources.broken").json["status"] == "error")
            #expect(try gateway.post(try Self.request(home, to: "shop")).code == 200)
        }

        @Test func `a tenant's admin has to do with that tenant's integrations only`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let all = try Admin(home, gateway)
            let acme = try Admin(home, gateway, tenant: "acme")
            #expect(try all.ask("POST", "/integrations", Self.stripe("shop")).code == 201)
            #expect(try acme.ask("GET", "/integrations").json["items.0.id"] == nil)
            for (method, path) in [
                ("GET", ""), ("POST", "/disable"), ("POST", "/test"), ("POST", "/rotate-secret"),
                ("DELETE", "?name=Shop"),
            ] {
                #expect(try acme.ask(method, "/integrations/sources.shop\(path)").code == 404)
            }
            #expect(try acme.ask("PATCH", "/integrations/sources.shop", "{}").code == 404)
            let own = try acme.ask("POST", "/integrations", Self.stripe("acme-shop"))
            #expect(try own.json["tenant"] == "acme", "\(own.text)")
            let foreign = Self.stripe("x").replacing("{\"kind\"", with: "{\"tenant\":\"default\",\"kind\"")
            #expect(try acme.ask("POST", "/integrations", foreign).code == 403)
            let wide = Self.stripe("y").replacing("\"toleranceSeconds\":0", with: "\"queues\":[\"others\"]")
            #expect(try acme.ask("POST", "/integrations", wide).code == 403)
        }

        @Test func `what a deleted integration left under its key is not handed to another tenant`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let acme = try Admin(home, gateway, tenant: "acme")
            let beta = try Admin(home, gateway, tenant: "beta")
            #expect(
                try acme.ask("POST", "/integrations", Self.stripe("shop", secret: "whsec_wrong_000000")).code == 201)
            #expect(try acme.ask("POST", "/integrations", Self.stripe("unused")).code == 201)
            try waitUntil("the refused delivery to be kept", within: .seconds(5)) {
                _ = try gateway.post(try Self.request(home, to: "shop"))
                return try acme.ask("GET", "/refusals").json["items.0.source"] == "shop"
            }
            for key in ["shop", "unused"] {
                #expect(try acme.ask("DELETE", "/integrations/sources.\(key)?name=Shop").code == 200)
            }
            let taken = try beta.ask("POST", "/integrations", Self.stripe("shop"))
            #expect(taken.code == 409 && taken.text.contains("is taken"), "\(taken.text)")
            #expect(try beta.ask("POST", "/integrations", Self.stripe("unused")).code == 201)
            #expect(try acme.ask("POST", "/integrations", Self.stripe("shop")).code == 201)

            // What left the file is nobody's, so that a tenant's admin does not get the events that wait for it.
            let redis = try home.redis()
            _ = try redis.command("HSET", .text(Keys().ledger), "lane:old:entered", "1")
            let old =
                #"{"kind":"destination","type":"webhook","key":"old","credentials":{"url":"https://crm.example.com/in","secret":"whsec_cGxhbnRlZC1vdXRib3VuZC1zZWNyZXQhIQ=="}}"#
            #expect(try beta.ask("POST", "/integrations", old).code == 409)
            #expect(try Admin(home, gateway).ask("POST", "/integrations", old).code == 201)
        }

        @Test func `a tenant's admin does not take memory and connections from others by settings`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let (all, acme) = (try Admin(home, gateway), try Admin(home, gateway, tenant: "acme"))
            func source(_ tenant: String, _ key: String, _ setting: String) -> String {
                #"{"kind":"source","type":"stripe","tenant":"\#(tenant)","key":"\#(key)","settings":{\#(setting)}}"#
            }
            for setting in [#""maxBodyBytes":1073741824"#, #""maxBodyBytes":1e9"#, #""dedupeWindowSeconds":315360000"#]
            {
                let answer = try acme.ask("POST", "/integrations", source("acme", "big", setting))
                #expect(answer.code == 403, "\(answer.text)")
            }
            let batch =
                #"{"kind":"destination","type":"webhook","delivery":{"batch":{"maxBytes":1073741824}},"credentials":{"url":"https://crm.example.com/in","secret":"whsec_cGxhbnRlZC1vdXRib3VuZC1zZWNyZXQhIQ=="}}"#
            #expect(try acme.ask("POST", "/integrations", batch).code == 403)
            let members = (0..<100).map { "\"c\($0)\":\"x\"" }.joined(separator: ",")
            for name in ["settings", "delivery", "credentials"] {
                let answer = try acme.ask(
                    "POST", "/integrations",
                    #"{"kind":"destination","type":"webhook","\#(name)":{\#(members)}}"#)
                #expect(answer.code == 422 && answer.text.contains("100 members"), "\(answer.text)")
            }
            // What an admin of all tenants grants, the tenant's keeps.
            let granted = source("acme", "big", #""maxBodyBytes":8388608"#)
            #expect(try all.ask("POST", "/integrations", granted).code == 201)
            let path = "/integrations/sources.big"
            #expect(try acme.ask("PATCH", path, #"{"name":"Big"}"#).code == 200)
            #expect(try acme.ask("PATCH", path, #"{"settings":{"maxBodyBytes":8388609}}"#).code == 403)
        }

        @Test
        func `a source's secret is rotated: the new one is shown once, the old one is accepted until it is taken away`()
            throws
        {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let admin = try Admin(home, gateway)
            #expect(try admin.ask("POST", "/integrations", Self.stripe("shop")).code == 201)
            let rotated = try admin.ask("POST", "/integrations/sources.shop/rotate-secret")
            let secret = try #require(try rotated.json["secret"], "\(rotated.text)")
            #expect(secret.hasPrefix("whsec_"))
            #expect(try admin.ask("GET", "/integrations/sources.shop").json["secret"] == nil)
            let request = try Self.request(home, to: "shop")
            #expect(try gateway.post(request).code == 200)
            let ended = try admin.ask(
                "PATCH", "/integrations/sources.shop", #"{"credentials":{"previousSecret":null}}"#)
            #expect(ended.code == 200, "\(ended.text)")
            try waitUntil("the old secret to be refused", within: .seconds(5)) {
                try gateway.post(request).code == 401
            }
        }

        @Test func `a file of integrations is applied and exported again; what it says already changes nothing`() throws
        {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let gateway = try home.start()
            let file = """
                { sources: { shop: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0 } },
                  destinations: { crm: { type: "webhook", url: "https://crm.example.com/in", concurrency: 2,
                                         credentials: { secret: "env:RECEIVER_SECRET" }, filter: { types: ["refund.*"] } } } }
                """
            try HostFile.replace("\(home.path)/integrations.json5", Array(file.utf8))
            let planned = try home.run("integrations", "apply", "integrations.json5", "--dry-run")
            #expect(planned.code == 0 && planned.output.contains("would create sources.shop"), "\(planned)")
            #expect(try home.run("integrations", "list", "--json").output == "")
            #expect(try home.run("integrations", "apply", "integrations.json5").code == 0)
            let shown = try home.run("integrations", "show", "destinations.crm")
            #expect(shown.output.contains("refund.*") && shown.output.contains("concurrency"), "\(shown)")
            let again = try home.run("integrations", "apply", "integrations.json5", "--dry-run")
            #expect(!again.output.contains("sources.shop"), "\(again)")
            try waitUntil("the source to be known") {
                try gateway.post(try Self.request(home, to: "shop")).code == 200
            }
            let exported = try home.run("integrations", "export")
            #expect(exported.output.contains(#""secrets":["env:SHOP_SECRET"]"#), "\(exported)")
            #expect(!exported.output.contains(Self.secret))
            try HostFile.replace("\(home.path)/none.json5", Array("{}".utf8))
            let pruned = try home.run("integrations", "apply", "none.json5", "--prune")
            #expect(pruned.code == 0 && pruned.output.contains("deleted sources.shop"), "\(pruned)")
            let keys = try home.redis().command("HLEN", .text(ControlKeys().integrations)).integer
            #expect(keys == 0)
        }
    }
}

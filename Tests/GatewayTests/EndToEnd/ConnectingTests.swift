import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Integrations as a person connects them: found at the provider, checked before they are kept, drained before they go.
    struct ConnectingTests {
        private static let key = "planted-pancake-key"

        /// Pancake's API with two shops for the right key; a wrong one is repeated, as careless servers do.
        private static func pancake() throws -> FakeHTTPServer {
            try FakeHTTPServer { request in
                guard request.target == "/api/v1/shops?api_key=\(key)" else {
                    return [.answer(401, body: #"{"success":false,"message":"\#(request.target)"}"#)]
                }
                return [
                    .answer(
                        body:
                            #"{"success":true,"shops":[{"id":9007199254740993,"name":"Quận 1"},{"id":7,"name":"Hà Nội"}]}"#
                    )
                ]
            }
        }

        private static func home(_ pancake: FakeHTTPServer) throws -> GatewayHome {
            let home = try GatewayHome(nil)
            try home.configure(
                """
                providers: { pancake: { base: "pancake", lookup: { service: "\(pancake.url(""))", allowPrivateAddresses: true } } },
                sources: {}, destinations: {},
                """)
            return home
        }

        @Test func `a key finds its shops, each is connected once, and the key is nowhere`() throws {
            let pancake = try Self.pancake()
            let home = try Self.home(pancake)
            defer { home.close() }
            let gateway = try home.start()
            let admin = try IntegrationTests.Admin(home, gateway)
            let path = "/providers/pancake/accounts"
            let question = #"{"key":"\#(Self.key)"}"#
            let found = try admin.ask("POST", path, question)
            #expect(try found.json["items.0.value"] == "9007199254740993", "\(found.text)")
            #expect(try found.json["items.1.label"] == "Hà Nội")
            #expect(try found.json["setting"] == "account")
            func source(_ account: String) -> String {
                """
                {"kind":"source","type":"pancake","key":"shop-\(account)","name":"Shop \(account)",
                 "settings":{"account":"\(account)"},"generateSecret":true}
                """
            }
            let first = try admin.ask("POST", "/integrations", source("9007199254740993"))
            #expect(first.code == 201, "\(first.text)")
            #expect(try admin.ask("POST", "/integrations", source("7")).code == 201)
            let again = source("7").replacing("shop-7", with: "again")
            let twice = try admin.ask("POST", "/integrations", again)
            #expect(twice.code == 409 && twice.text.contains("sources.shop-7"), "\(twice.text)")
            // Another tenant may have a source of its own for the same shop.
            let other = again.replacing("{\"kind\"", with: "{\"tenant\":\"acme\",\"kind\"")
            #expect(try admin.ask("POST", "/integrations", other).code == 201)
            let moved = try admin.ask(
                "PATCH", "/integrations/sources.shop-7", #"{"settings":{"account":"9007199254740993"}}"#)
            #expect(moved.code == 409, "\(moved.text)")
            let taken = try admin.ask("POST", path, question)
            #expect(try taken.json["items.1.takenBy"] == "sources.shop-7", "\(taken.text)")

            let refused = try admin.ask("POST", path, #"{"key":"another-secret-key"}"#)
            #expect(refused.code == 422 && refused.text.contains("401"), "\(refused.text)")
            #expect(!refused.text.contains("another-secret-key"))
            let tenant = try IntegrationTests.Admin(home, gateway, tenant: "acme")
            let elsewhere = try tenant.ask(
                "POST", path, #"{"key":"x","baseURL":"\#(pancake.url(""))"}"#)
            #expect(elsewhere.code == 422 && elsewhere.text.contains("not a public one"), "\(elsewhere.text)")
            #expect(try admin.ask("POST", "/providers/stripe/accounts", question).code == 422)
            try HostFile.replace("\(home.path)/key", Array("\(Self.key)\n".utf8))
            let listed = try home.run("integrations", "accounts", "pancake", "--key", "key")
            #expect(listed.output.contains("Quận 1"), "\(listed)")

            let audit = try admin.ask("GET", "/audit").text
            #expect(audit.contains("providers.accounts"))
            let dump = try home.redis().command("EVAL", .text(Self.dump), 0).string ?? ""
            for text in [found.text, taken.text, audit, dump, gateway.program.errors, gateway.program.output] {
                #expect(!text.contains(Self.key) && !text.contains("another-secret-key"))
            }
        }

        /// All that is kept, whatever its type.
        private static let dump = """
            local all = {}
            for _, key in ipairs(redis.call('KEYS', '*')) do all[#all + 1] = key .. redis.call('DUMP', key) end
            return table.concat(all)
            """

        @Test func `a pixel is asked for before it is kept, and there is one a tenant`() throws {
            let graph = try FakeHTTPServer { request in
                if request.target.contains("access_token=good") {
                    return [.answer(body: #"{"id":"123","name":"Shop pixel"}"#)]
                }
                let error =
                    #"{"error":{"message":"Invalid OAuth access token","type":"OAuthException","code":190,"error_subcode":463}}"#
                return [.answer(400, body: error)]
            }
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let admin = try IntegrationTests.Admin(home, try home.start())
            func pixel(_ key: String, token: String, _ more: String = "") -> String {
                """
                {"kind":"destination","type":"meta-conversions","key":"\(key)","name":"Pixel"\(more),
                 "credentials":{"pixelId":"123","accessToken":"\(token)"},
                 "delivery":{"baseURL":"\(graph.url(""))","allowPrivateAddresses":true}}
                """
            }
            let wrong = try admin.ask("POST", "/integrations", pixel("a", token: "expired-token"))
            #expect(wrong.code == 422 && wrong.text.contains("Generate access token"), "\(wrong.text)")
            #expect(wrong.text.contains("skipCheck") && !wrong.text.contains("expired-token"))
            let unasked = try admin.ask("POST", "/integrations", pixel("a", token: "later", #","skipCheck":true"#))
            #expect(unasked.code == 201, "\(unasked.text)")
            let second = try admin.ask("POST", "/integrations", pixel("b", token: "good"))
            #expect(second.code == 409 && second.text.contains("destinations.a"), "\(second.text)")
            #expect(try admin.ask("POST", "/integrations/destinations.a/test").json["category"] == "authentication")
            #expect(try admin.ask("DELETE", "/integrations/destinations.a?name=Pixel").code == 200)
            let good = try admin.ask("POST", "/integrations", pixel("b", token: "good"))
            #expect(good.code == 201, "\(good.text)")
            let tested = try admin.ask("POST", "/integrations/destinations.b/test")
            #expect(try tested.json["result"] == "verified", "\(tested.text)")
        }

        @Test func `a drained destination takes nothing new, delivers what waits, over a restart, and is gone`() throws
        {
            let broken = try TemporaryDirectory()
            let flag = "\(broken.path)/broken"
            try HostFile.replace(flag, [])
            let server = try FakeHTTPServer { _ in
                [.answer(FileManager.default.fileExists(atPath: flag) ? 503 : 200)]
            }
            let home = try GatewayHome(nil)
            defer { home.close() }
            try home.configure("sources: {}, destinations: {},")
            let first = try home.start()
            let admin = try IntegrationTests.Admin(home, first)
            let added = try admin.ask(
                "POST", "/integrations",
                """
                {"kind":"destination","type":"webhook","key":"crm","name":"CRM","credentials":{"url":"\(server.url("/in"))",
                 "secret":"whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC0x"},
                 "delivery":{"allowPrivateAddresses":true,"retry":{"baseSeconds":1,"maxSeconds":1}}}
                """)
            #expect(added.code == 201, "\(added.text)")
            #expect(try admin.ask("POST", "/integrations", IntegrationTests.stripe("shop")).code == 201)
            let path = "/integrations/destinations.crm"
            func deliver(_ fixture: String, to gateway: GatewayProcess) throws {
                let request = String(decoding: try home.fixture("stripe/\(fixture)"), as: UTF8.self)
                    .replacing("/webhooks/stripe ", with: "/webhooks/shop ")
                #expect(try gateway.post(Array(request.utf8)).code == 200)
            }
            try deliver("payment_intent.succeeded", to: first)
            try waitUntil("word of the failed attempt") {
                try admin.ask("GET", path).json["lastErrorAt"] != nil
                    || admin.ask("GET", path).json["status"] == "error"
            }
            #expect(try admin.ask("DELETE", "\(path)?name=CRM").code == 409)

            let drained = try admin.ask("DELETE", "\(path)?name=CRM&events=drain")
            #expect(drained.code == 200, "\(drained.text)")
            #expect(try drained.json["draining"] == "true")
            #expect(try admin.ask("GET", path).json["status"] == "draining")
            // Enabling calls it off; then it is begun again, and more than a second has to pass before all know of it.
            #expect(try admin.ask("POST", "\(path)/enable").json["status"] != "draining")
            #expect(try admin.ask("DELETE", "\(path)?name=CRM&events=drain").json["waiting"] == "1")
            try deliver("invoice.paid", to: first)
            #expect(try first.stop().code == 0)

            let gateway = try home.start()
            let again = try IntegrationTests.Admin(home, gateway)
            #expect(try again.ask("GET", path).json["status"] == "draining")
            try FileManager.default.removeItem(atPath: flag)
            try waitUntil("the destination to be gone", within: .seconds(20)) {
                try again.ask("GET", path).code == 404
            }
            let delivered = server.received.filter { $0.text.contains("payment.succeeded") }
            #expect(!delivered.isEmpty && !server.received.contains { $0.text.contains("invoice.paid") })
            try waitUntil("the entry in the audit log") {
                try again.ask("GET", "/audit").text.contains("CRM, drained")
            }
            #expect(try home.run("audit").code == 0)
            let left = try home.redis().command("KEYS", "wh:{0}:lane:crm*").elements?.count
            #expect(left == 0)
        }
    }
}

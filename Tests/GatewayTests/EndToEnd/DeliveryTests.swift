import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// What providers send, and what they are answered.
    struct DeliveryTests {
        @Test(arguments: ["stripe", "square", "quickbooks", "mailchimp"])
        func `what send signs is printed on the console, and sent again it is a duplicate`(_ provider: String) throws {
            let home = try GatewayHome(GatewayHome.sources + #"destinations: { out: { type: "console" } }"#)
            defer { home.close() }
            let gateway = try home.start()
            let first = try Self.answer(to: home.run("send", provider, "--to", gateway.url, "--json"))
            #expect(first["received"] == "true")
            #expect(first["duplicate"] == "false")
            let id = try #require(first["id"])

            try waitUntil("the event on the console") { !gateway.console.isEmpty }
            let event = try JSONDocument(parsing: try #require(gateway.console.first).utf8)
            #expect(event["specversion"] == "1.0")
            #expect(event["id"] == id)
            #expect(event["source"] == "/webhooks/\(provider)")
            #expect(event["provider"] == provider)

            let second = try Self.answer(to: home.run("send", provider, "--to", gateway.url, "--json"))
            #expect(second["duplicate"] == "true")
            #expect(second["id"] == id)
            #expect(try home.events() == gateway.console)
        }

        @Test func `every recorded delivery becomes the expected events on the queue`() throws {
            let home = try GatewayHome(try WebhookFixture.sources(queues: #"["events", "inbox"]"#))
            defer { home.close() }
            let gateway = try home.start()
            let redis = try home.redis()
            let fixtures = try WebhookFixture.all()
            #expect(fixtures.count >= 40)
            for fixture in fixtures {
                let answer = try gateway.post(try home.fixture(fixture.testDescription))
                #expect(answer.code == 200, "\(fixture): \(answer.text)")
                let expected = try fixture.expected()
                // Some providers want an answer of their own: an empty one, a SOAP envelope.
                if answer.body.first == UInt8(ascii: "{") {
                    let isQuarantined = try JSONDocument(parsing: answer.body)["quarantined"]
                    #expect(isQuarantined == (expected.quarantined ? "true" : nil))
                }
                let events = try zip(redis.list(Keys().queue("inbox")), expected.events).map {
                    try Self.withoutIdentity($0, like: $1)
                }
                #expect(try redis.list(Keys().queue("inbox")).count == expected.events.count, "\(fixture)")
                #expect(events == expected.events.map { $0.json }, "\(fixture)")
                try redis.command("DEL", .text(Keys().queue("inbox")))
                // The next case may be another form of the same event.
                try redis.command(
                    "EVAL", "for _, k in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', k) end", 0,
                    "*:dedupe:*")
            }
        }

        @Test func `a tampered delivery is refused, and send explains why`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let result = try home.run("send", "stripe", "--to", gateway.url, "--tamper")
            #expect(result.code == 0, "all were refused, as they should be")
            #expect(result.output.contains("401"))
            #expect(result.output.contains("\"detail\":\"The delivery's signature does not match.\""))
            #expect(result.output.contains("verify: refused (mismatch): "))
            #expect(try home.events() == [])
        }

        @Test func `a stale delivery and one without a signature are refused`() throws {
            let home = try GatewayHome(
                GatewayHome.sources.replacing("toleranceSeconds: 0", with: "toleranceSeconds: 300"))
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let stale = try gateway.post(request)
            #expect(stale.code == 401)
            #expect(stale.text.contains("too old"))
            #expect(stale.header("content-type") == "application/problem+json")
            let problem = try JSONDocument(parsing: stale.body)
            #expect(problem["requestId"] == stale.header("x-request-id"))
            #expect(problem["status"] == "401")

            let unsigned = String(decoding: request, as: UTF8.self).replacing("Stripe-Signature:", with: "X-Nothing:")
            #expect(try gateway.post(Array(unsigned.utf8)).code == 401)
            #expect(try home.events() == [])
        }

        @Test func `a delivery of authentic nonsense is answered 200 and kept for a person`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let answer = try gateway.post(try home.fixture("stripe/quarantine-not-json"))
            #expect(answer.code == 200)
            let document = try JSONDocument(parsing: answer.body)
            #expect(document["quarantined"] == "true")
            let id = try #require(document["id"])
            let dead = try home.redis().list(Keys().dead("events"))
            #expect(dead.count == 1)
            #expect(dead.first?.contains(id) == true)
            let listed = try home.run("dead", "list", "--json")
            #expect(listed.code == 0)
            #expect(listed.output.contains(id))
            #expect(try home.events() == [])
        }

        @Test func `Mailchimp's validation is answered, and its deliveries only from where they may come`() throws {
            let home = try GatewayHome(
                #"sources: { mailchimp: { provider: "mailchimp", secrets: ["env:MAILCHIMP_SECRET"], allowedAddresses: ["203.0.113.0/24"], queues: ["inbox"] } }"#
            )
            defer { home.close() }
            let gateway = try home.start()
            let target = "/webhooks/mailchimp?secret=fixture-url-secret"
            let request = String(decoding: try home.fixture("mailchimp/subscribe"), as: UTF8.self)
            func post(from address: String) throws -> Int {
                let forwarded = request.replacing("Accept: */*", with: "X-Forwarded-For: \(address)")
                return try gateway.post(Array(forwarded.utf8)).code
            }

            // Straight from 127.0.0.1, which is not in the list.
            #expect(try gateway.post(Array(request.utf8)).code == 403)
            // Through the trusted proxy on 127.0.0.1: what the client itself wrote to the left counts for nothing.
            #expect(try post(from: "198.51.100.7") == 403)
            #expect(try post(from: "203.0.113.9, 198.51.100.7") == 403)
            #expect(try home.events() == [])
            #expect(try post(from: "198.51.100.7, 203.0.113.9") == 200)
            #expect(try home.events().count == 1)

            let header = "X-Forwarded-For: 203.0.113.9\r\n"
            #expect(try HTTPProbe.get(target, port: gateway.port, headers: header).code == 200)
            #expect(
                try HTTPProbe.get("/webhooks/mailchimp?secret=wrong", port: gateway.port, headers: header).code >= 400)
        }

        /// The gateway's answer to the only delivery of a `send --json`.
        private static func answer(to result: Program.Result) throws -> JSONDocument {
            #expect(result.code == 0, "\(result)")
            let body = try #require(try JSONDocument(parsing: result.output.utf8)["answers.0.body"])
            return try JSONDocument(parsing: body.utf8)
        }

        /// An event as its fixture expects it: without what each delivery has anew.
        private static func withoutIdentity(_ event: String, like expected: JSONValue? = nil) throws -> String {
            guard case .object(var members) = try JSONDecoder().decode(JSONValue.self, from: Data(event.utf8)) else {
                return event
            }
            for name in ["id", "receivedat", "traceparent"] { #expect(members.removeValue(forKey: name) != nil) }
            // A provider that does not say when it happened leaves the time of arrival.
            if case .object(let others)? = expected, others["time"] == nil { members["time"] = nil }
            return JSONValue.object(members).json
        }
    }
}

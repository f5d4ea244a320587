import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// A wrong secret in the configuration, from the refusal to the event.
    struct RefusedDeliveryTests {
        private static func sources(_ secret: String) -> String {
            #"sources: { stripe: { provider: "stripe", secrets: ["\#(secret)"], toleranceSeconds: 0, queues: ["inbox"] }, "#
                + #"mailchimp: { provider: "mailchimp", secrets: ["\#(secret)"], queues: ["inbox"] } },"#
        }

        @Test func `what a wrong secret refused is accepted once when the secret is mended`() throws {
            let home = try GatewayHome(Self.sources("whsec_mistyped"))
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let refused = try gateway.post(request)
            #expect(refused.code == 401)
            let id = try #require(refused.header("x-request-id"))
            #expect(try gateway.post(try home.fixture("mailchimp/subscribe")).code == 401)
            // A flood adds nothing within the second, nor past an address' share.
            for _ in 0..<200 { #expect(try gateway.post(request).code == 401) }

            var listed: [JSONDocument] = []
            try waitUntil("the refusals to be kept") {
                listed = try Self.lines(home.run("refused", "list", "--json"))
                return listed.count >= 2
            }
            #expect(listed.count <= 12)
            let mine = try #require(listed.first { $0["id"] == id })
            #expect(mine["source"] == "stripe" && mine["reason"] == "mismatch" && mine["acceptable"] == "false")
            #expect(try home.run("refused", "show", id).output.contains("no configured secret yields the signature"))
            #expect(try home.run("refused", "accept", id).code == 1)
            let redis = try home.redis()
            for key in try redis.command("KEYS", "*refusal:*").elements ?? [] {
                let record = try redis.command("GET", .text(key.string ?? "")).string
                #expect(record?.contains("fixture-url-secret") == false)
            }

            try home.configure(
                Self.sources("env:STRIPE_SECRET").replacing(
                    #"mailchimp", secrets: ["env:STRIPE_SECRET"]"#,
                    with: #"mailchimp", secrets: ["env:MAILCHIMP_SECRET"]"#))
            gateway.program.signal(SIGHUP)
            try waitUntil("the reload") { gateway.logLine("configuration reloaded") != nil }
            #expect(try home.run("refused", "show", id).output.contains("it proves authentic"))
            let answer = try home.run("refused", "accept", id, "--json")
            #expect(answer.code == 0 && answer.output.contains(#""events":1"#), "\(answer)")
            #expect(try home.run("refused", "accept", "--all", "--json").output.contains(#""refused":[]"#))
            let events = try home.events()
            // The payment once, however often it came, and Mailchimp's subscriber.
            #expect(events.count == 2)
            #expect(events.filter { $0.contains("payment.succeeded") }.count == 1)
            #expect(try home.run("audit").code == 0)
            // The provider's own repetition is a duplicate.
            let repeated = try JSONDocument(parsing: try gateway.post(request).body)
            #expect(repeated["duplicate"] == "true")
            #expect(try home.events().count == 2)
            #expect(try gateway.metric("webhook_refusals_kept_total") ?? 0 >= 2)
        }

        private static func lines(_ result: Program.Result) throws -> [JSONDocument] {
            try result.output.split(separator: "\n").map { try JSONDocument(parsing: $0.utf8) }
        }
    }
}

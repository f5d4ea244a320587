import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Starting, reloading, stopping, and what an operator sees meanwhile.
    struct LifeTests {
        @Test func `SIGTERM under load answers what is in flight, exits 0, and Redis stops last`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let load = try home.launch(
                GatewayHome.executable,
                ["send", "stripe", "--to", gateway.url, "--count", "100000", "--json", "--save", "sent.jsonl"])
            try waitUntil("deliveries under way") {
                try gateway.metric(#"webhook_requests_total{source="stripe",outcome="accepted"}"#) ?? 0 > 100
            }
            let stopped = try gateway.stop()
            #expect(stopped.code == 0)
            #expect(!stopped.errors.contains("\"level\":\"error\""))
            #expect(try home.redisProcess() == nil)

            // Every 200 that the client got stands for an event that is there; none was answered otherwise.
            let result = try JSONDocument(parsing: try load.finish().output.utf8)
            let accepted = Int(try #require(result["accepted"])) ?? 0
            #expect(accepted > 100)
            #expect(result["refused"] == "{}")
            let again = try home.start()
            let queued = try home.events().count
            #expect(queued >= accepted)
            #expect(queued <= accepted + (Int(result["failed"] ?? "") ?? 0))
            #expect(try again.stop().code == 0)
        }

        @Test func `while it drains it is not ready, but refuses nothing`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            #expect(try HTTPProbe.get("/livez", port: gateway.adminPort).code == 200)
            #expect(try HTTPProbe.get("/readyz", port: gateway.adminPort).code == 200)

            // A request that is half there when the signal comes.
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let probe = try HTTPProbe(port: gateway.port)
            try probe.write(request.dropLast())
            try waitUntil("the half request") { try gateway.metric("webhook_connections") == 1 }
            gateway.program.signal(SIGTERM)
            try waitUntil("the word that it stops") { gateway.logLine("stopping") != nil }
            #expect(try HTTPProbe.get("/readyz", port: gateway.adminPort).code == 503)
            try probe.write(request.suffix(1))
            let answer = try probe.read()
            #expect(answer.code == 200)
            #expect(answer.header("connection")?.lowercased() == "close")
            #expect(try gateway.program.finish().code == 0)
        }

        @Test func `SIGINT stops it too`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            gateway.program.signal(SIGINT)
            #expect(try gateway.program.finish().code == 0)
        }

        @Test func `SIGHUP takes up a new source, and a broken file changes nothing`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let renamed = Array(
                String(decoding: request, as: UTF8.self).replacing("/webhooks/stripe", with: "/webhooks/shop").utf8)
            #expect(try gateway.post(renamed).code == 404)
            let connection = try HTTPProbe(port: gateway.port)
            try connection.write(request)
            #expect(try connection.read().code == 200)

            let shop =
                #"shop: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0, queues: ["inbox"] },"#
            try home.configure(GatewayHome.sources.replacing("sources: {", with: "sources: { \(shop)"))
            gateway.program.signal(SIGHUP)
            try waitUntil("the new source") { try gateway.post(renamed).code == 200 }
            #expect(gateway.logLine("configuration reloaded") != nil)
            // The connection from before the reload goes on.
            try connection.write(request)
            #expect(try connection.read().code == 200)

            try home.configure("sources: { shop: { provider: \"strype\" } }")
            gateway.program.signal(SIGHUP)
            try waitUntil("the refusal of the file") {
                gateway.logLine("configuration not reloaded, the old one stays") != nil
            }
            let reason = gateway.logLine("configuration not reloaded, the old one stays")?["reason"]
            #expect(try #require(reason).contains("sources.shop.provider"))
            #expect(try gateway.post(renamed).code == 200)
            #expect(try gateway.post(request).code == 200)
        }

        @Test func `a wrong configuration is refused with every key path, and serve does not start`() throws {
            let home = try GatewayHome(
                "sourcse: {}, sources: { stripe: { provider: \"stripe\" } }, drainSeconds: \"x\"")
            defer { home.close() }
            for command in ["serve", "check"] {
                let result = try home.run(command)
                #expect(result.code == 2)
                #expect(result.errors.contains("gateway.json5: sourcse: "))
                #expect(result.errors.contains("did you mean sources?"))
                #expect(result.errors.contains("gateway.json5: sources.stripe.secrets: "))
                #expect(result.errors.contains("gateway.json5: drainSeconds: "))
            }
            #expect(try home.redisProcess() == nil)
            #expect(try home.run("serve", "--confg", "x").code == 2)
            #expect(try home.run("serve", "--config", "missing.json5").code == 2)
        }

        @Test func `the metrics tell what happened`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            for _ in 0..<3 { #expect(try gateway.post(request).code == 200) }
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--tamper").code == 0)
            #expect(try gateway.post(Array("POST /webhooks/nobody HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).code == 404)

            func requests(_ outcome: String) throws -> Int? {
                try gateway.metric("webhook_requests_total{source=\"stripe\",outcome=\"\(outcome)\"}")
            }
            #expect(try requests("accepted") == 1)
            #expect(try requests("duplicate") == 2)
            #expect(try requests("mismatch") == 1)
            #expect(try gateway.metric(#"webhook_rejected_requests_total{status="404"}"#) == 1)
            #expect(try gateway.metric(#"webhook_events_total{source="stripe",type="payment.succeeded"}"#) == 1)
            #expect(try gateway.metric(#"webhook_duplicates_total{source="stripe"}"#) == 2)
            #expect(try gateway.metric(#"webhook_verified_total{source="stripe",secret="1"}"#) == 3)
            #expect(try gateway.metric(#"webhook_request_duration_seconds_count{source="stripe"}"#) == 4)
            // A disk that stalls keeps Redis from answering for a while.
            try waitUntil("Redis is up") { try gateway.metric("webhook_redis_up") == 1 }
            try waitUntil("the ledger is read") { try gateway.metric("webhook_unaccounted_events") == 0 }
        }

        @Test func `each metric is documented`() throws {
            let home = try GatewayHome(GatewayHome.sources + #"destinations: { out: { type: "console" } }"#)
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url).code == 0)
            let documentation = try ConfigurationSamples.repositoryFile("docs/operations.md")
            let families = try HTTPProbe.get("/metrics", port: gateway.adminPort).text.split(separator: "\n")
                .filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
            #expect(families.count > 10)
            for family in families {
                #expect(documentation.contains("`\(family)`") || documentation.contains("`\(family){"), "\(family)")
            }
        }

        @Test func `no secret and no signature is in the logs`() throws {
            let home = try GatewayHome(GatewayHome.sources + #"log: { level: "debug" }"#)
            defer { home.close() }
            let gateway = try home.start()
            for provider in ["stripe", "square", "quickbooks", "mailchimp"] {
                #expect(try home.run("send", provider, "--to", gateway.url).code == 0)
                #expect(try home.run("send", provider, "--to", gateway.url, "--tamper").code == 0)
            }
            let request = try home.fixture("mailchimp/subscribe")
            #expect(try gateway.post(request).code == 200)
            let log = try gateway.stop().errors
            #expect(gateway.log.count { $0["message"] == "delivery refused" } == 4)
            for secret in GatewayHome.secrets.values { #expect(!log.contains(secret)) }
            for word in ["v1=", "x-square-hmac", "intuit-signature", "ada.lovelace"] {
                #expect(!log.lowercased().contains(word))
            }
        }
    }
}

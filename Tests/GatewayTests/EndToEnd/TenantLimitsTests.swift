import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// One tenant with more events than it may have, and one that has nothing to do with that.
    struct TenantLimitsTests {
        private static func configuration(_ limits: String) -> String {
            """
            sources: {
              loud: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0, tenant: "acme", queues: ["inbox"] },
              more: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0, tenant: "acme", queues: ["inbox"] },
              calm: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], toleranceSeconds: 0, tenant: "beta", queues: ["inbox"] },
            },
            tenantLimits: { tenants: { acme: \(limits) } }, queues: { leaseCheckSeconds: 1 },
            """
        }

        private static func send(_ home: GatewayHome, _ source: String, _ gateway: GatewayProcess, _ count: Int) throws
            -> JSONDocument
        {
            let sent = try home.run("send", source, "--to", gateway.url, "--count", "\(count)", "--json")
            return try JSONDocument(parsing: sent.output.utf8)
        }

        /// What the API says of a tenant, to a token of its own.
        private static func usage(_ home: GatewayHome, _ gateway: GatewayProcess, of tenant: String) throws
            -> JSONDocument
        {
            let made = try home.run("token", "create", "--role", "viewer", "--tenant", tenant)
            let token = made.output.split(separator: "\n").first.map(String.init) ?? ""
            return try HTTPProbe.exchange(
                "GET /api/v1/tenants HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8,
                port: gateway.adminPort
            ).json
        }

        @Test func `a tenant over its limit is answered 429, over all its sources, while another is served at once`()
            throws
        {
            let home = try GatewayHome(Self.configuration("{ eventsPerMinute: 5 }"))
            defer { home.close() }
            let gateway = try home.start()
            let first = try Self.send(home, "loud", gateway, 4)
            #expect(first["accepted"] == "4")
            let second = try Self.send(home, "more", gateway, 10)
            #expect(second["accepted"] == "1" && second["sent"] == "10")
            let start = ContinuousClock.now
            #expect(try Self.send(home, "calm", gateway, 10)["accepted"] == "10")
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try home.events().count == 15)
            #expect(try gateway.metric(#"webhook_requests_total{source="more",outcome="tenant_limited"}"#) == 9)
            #expect(try gateway.metric(#"webhook_tenant_refused_events_total{tenant="acme"}"#) == 9)
            let word = try #require(gateway.log.first { $0["tenant"] == "acme" && $0["level"] == "warning" })
            #expect(word["message"]?.contains("tenantLimits.eventsPerMinute") == true)

            let own = try Self.usage(home, gateway, of: "acme")
            #expect(own["items.0.tenant"] == "acme" && own["items.1.tenant"] == nil)
            #expect(own["items.0.events.perMinute"] == "5" && own["items.0.events.refusedTotal"] == "9")
            #expect(try Self.usage(home, gateway, of: "beta")["items.0.events.perMinute"] == nil)
            #expect(try home.run("audit").code == 0)
        }

        @Test func `with overLimit queue it is answered 200, its events are held back, and outlive a restart`() throws {
            let home = try GatewayHome(Self.configuration("{ eventsPerMinute: 5, overLimit: 'queue' }"))
            defer { home.close() }
            let first = try home.start()
            #expect(try Self.send(home, "loud", first, 12)["accepted"] == "12")
            #expect(try Self.send(home, "calm", first, 10)["accepted"] == "10")
            #expect(try home.events().count == 15)
            #expect(try first.metric(#"webhook_tenant_held_events{tenant="acme"}"#) == 7)
            let audit = try home.run("audit")
            #expect(audit.code == 0, "\(audit)")
            #expect(try home.run("doctor").output.contains("7 events of the tenant acme are held back"))
            #expect(try first.stop().code == 0)

            // Without the limit all of them go.
            try home.configure(Self.configuration("{ eventsPerMinute: 0 }"))
            let second = try home.start()
            try waitUntil("the held events on their queue") { try home.events().count == 22 }
            #expect(try Self.usage(home, second, of: "acme")["items.0.events.held"] == "0")
            #expect(try home.run("audit").code == 0)
        }
    }
}

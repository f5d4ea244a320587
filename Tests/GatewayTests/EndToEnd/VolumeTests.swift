import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Many deliveries: none is lost, none counts twice.
    struct VolumeTests {
        @Test func `of one event sent over 64 connections at once exactly one is queued`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            // All but the last byte is there before the first request is complete.
            let probes = try (0..<64).map { _ in try HTTPProbe(port: gateway.port) }
            for probe in probes { try probe.write(request.dropLast()) }
            for probe in probes { try probe.write(request.suffix(1)) }
            let answers = try probes.map { probe in
                let response = try probe.read()
                #expect(response.code == 200)
                return try JSONDocument(parsing: response.body)
            }
            #expect(answers.count { $0["duplicate"] == "false" } == 1)
            #expect(answers.count { $0["duplicate"] == "true" } == 63)
            let events = try home.events()
            #expect(events.count == 1)
            let id = try JSONDocument(parsing: try #require(events.first).utf8)["id"]
            #expect(answers.allSatisfy { $0["id"] == id })
        }

        @Test func `2000 deliveries become 2000 events, and sent again 2000 duplicates`() throws {
            let home = try GatewayHome(GatewayHome.sources + #"destinations: { out: { type: "console" } }"#)
            defer { home.close() }
            let gateway = try home.start()
            let first = try home.run(
                "send", "stripe", "--to", gateway.url, "--count", "2000", "--save", "sent.jsonl", "--json")
            #expect(first.code == 0, "\(first)")
            let sent = try JSONDocument(parsing: first.output.utf8)
            #expect(sent["accepted"] == "2000")
            #expect(sent["events"] == "2000")
            #expect(sent["duplicates"] == "0")
            let queued = try ids(home.events())
            #expect(queued.count == 2000)
            #expect(Set(queued).count == 2000)
            try waitUntil("2000 events on the console") { gateway.console.count >= 2000 }
            #expect(try Set(ids(gateway.console)) == Set(queued))

            let again = try home.run("send", "stripe", "--to", gateway.url, "--request", "sent.jsonl", "--json")
            let repeated = try JSONDocument(parsing: again.output.utf8)
            #expect(repeated["accepted"] == "2000")
            #expect(repeated["duplicates"] == "2000")
            #expect(try home.events().count == 2000)
            #expect(try gateway.metric(#"webhook_requests_total{source="stripe",outcome="accepted"}"#) == 2000)
            #expect(try gateway.metric(#"webhook_requests_total{source="stripe",outcome="duplicate"}"#) == 2000)
            #expect(try gateway.metric(#"webhook_duplicates_total{source="stripe"}"#) == 2000)
            #expect(gateway.console.count == 2000)
        }

        private func ids(_ events: [String]) throws -> [String] {
            try events.map { try #require(try JSONDocument(parsing: $0.utf8)["id"]) }
        }
    }
}

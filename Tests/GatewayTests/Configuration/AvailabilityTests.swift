import Testing

@testable import WebhookGateway

struct AvailabilityTests {
    @Test func `defaults are quiet but for the spool`() {
        #expect(Configuration().unavailable(ConfigurationSamples.known).map(\.keyPath) == ["spool"])
    }

    @Test func `what is set and not done yet is named`() throws {
        let configuration = try ConfigurationSamples.load(
            """
            { listen: { proxyProtocol: true }, redis: { url: "rediss://h" }, spool: { enabled: false },
              archive: { maxEvents: 1 }, sources: { s: { provider: "stripe", secrets: ["x"], ordered: true } },
              destinations: { d: { type: "webhook", batch: { maxEvents: 5 } }, c: { type: "console", batch: { maxEvents: 5 } } } }
            """
        ).configuration
        #expect(
            configuration.unavailable(ConfigurationSamples.known).map(\.keyPath) == [
                "listen.proxyProtocol", "redis.url", "archive", "sources.s.ordered", "destinations.d.batch",
            ])
    }
}

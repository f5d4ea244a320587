import Testing

@testable import WebhookGateway

struct AvailabilityTests {
    @Test func `defaults have nothing to say`() {
        #expect(Configuration().unavailable(ConfigurationSamples.known) == [])
    }

    @Test func `what is set and has no effect is named, what has an effect is not`() throws {
        let configuration = try ConfigurationSamples.load(
            """
            { destinations: { hook: { type: "webhook", batch: { maxEvents: 5 } },
                              single: { type: "webhook", batch: { maxEvents: 1 } },
                              console: { type: "console", batch: { maxEvents: 5 } } } }
            """
        ).configuration
        #expect(configuration.unavailable(ConfigurationSamples.known).map(\.keyPath) == ["destinations.hook.batch"])
    }

    @Test func `each note names a key that exists`() throws {
        let configuration = try ConfigurationSamples.load(
            """
            { listen: { tls: { certificate: "c", key: "k" }, proxyProtocol: true, maxConnectionsPerAddress: 1,
                        failuresPerAddressPerMinute: 1 },
              admin: { tls: { certificate: "c", key: "k" }, jwt: { hs256: "x" } },
              redis: { url: "rediss://h", partitions: 2, waitReplicas: 1, caFile: "c", clientCertificate: "c", clientKey: "k" },
              queues: { maxDepth: 1 }, archive: { maxEvents: 1 },
              sources: { x: { provider: "stripe", secrets: ["x"], ordered: true, rateLimit: { requests: 1 } } },
              destinations: { x: { type: "webhook", ordered: "subject", rateLimit: { requests: 1 },
                                     circuit: { failures: 1 }, batch: { maxEvents: 5 } } } }
            """
        ).configuration
        let keys = KeyLister.all()
        for note in configuration.unavailable(ConfigurationSamples.known) {
            let keyPath = note.keyPath.replacing(".x.", with: ".*.")
            #expect(keys.contains { $0 == keyPath || $0.hasPrefix("\(keyPath).") }, "\(note.keyPath)")
        }
    }
}

import Testing

@testable import WebhookGateway

/// Whose events leave an archive that is full.
@ControlPlane
struct ArchiveShareTests {
    private typealias Amount = ArchiveShares.Amount

    private static func shares(_ limits: String = "{}", maxEvents: Int = 100, maxBytes: Int = 0) throws -> ArchiveShares
    {
        let configuration = try ConfigurationSamples.load(
            "{ archive: { maxEvents: \(maxEvents), maxBytes: \(maxBytes) }, tenantLimits: \(limits) }"
        ).configuration
        return ArchiveShares(configuration.archive, configuration.tenantLimits)
    }

    @Test(arguments: [
        // What others leave free is for all.
        (["a": 90, "b": 10], [:]),
        (["a": 1000, "b": 10], ["a": 910]),
        (["a": 1000, "b": 50], ["a": 950]),
        // The level sinks for those who have most.
        (["a": 1000, "b": 60, "c": 10], ["a": 955, "b": 15]),
        (["a": 0, "b": 101], ["b": 1]),
    ])
    func `without percentages those who have most lose what is too much`(held: [String: Int], lost: [String: Int])
        throws
    {
        let excess = try Self.shares().excess(held.mapValues { Amount(events: $0, bytes: 7) })
        #expect(excess == lost.mapValues { Amount(events: $0, bytes: 0) })
    }

    @Test func `a percentage is kept for its tenant, and what it leaves is shared`() throws {
        let shares = try Self.shares("{ tenants: { a: { archivePercent: 70 }, b: { archivePercent: 20 } } }")
        #expect(shares.weights(of: ["a", "b", "c"])["a"] == 0.7)
        #expect(abs((shares.weights(of: ["a", "b", "c"])["c"] ?? 0) - 0.1) < 0.001)
        let full = ["a": 70, "b": 20, "c": 500].mapValues { Amount(events: $0, bytes: 0) }
        #expect(shares.excess(full) == ["c": Amount(events: 490, bytes: 0)])
        let roomy = ["a": 10, "b": 500, "c": 500].mapValues { Amount(events: $0, bytes: 0) }
        #expect(shares.excess(roomy) == ["b": Amount(events: 440, bytes: 0), "c": Amount(events: 470, bytes: 0)])
        // More than all is promised to many: everybody gets less.
        let many = try Self.shares("{ archivePercent: 50 }").weights(of: ["a", "b", "c", "d"])
        #expect(many.values.allSatisfy { $0 == 0.25 })
        // Who is left nothing still may use what is free.
        let all = try Self.shares("{ tenants: { a: { archivePercent: 100 } } }")
        let rest = ["a": 60, "b": 60].mapValues { Amount(events: $0, bytes: 0) }
        #expect(all.excess(rest)["a"] == nil && (20...21).contains(all.excess(rest)["b"]?.events ?? 0))
    }

    @Test func `bytes are shared as events are`() throws {
        let shares = try Self.shares(maxEvents: 0, maxBytes: 1000)
        let held = ["a": Amount(events: 1, bytes: 5000), "b": Amount(events: 100, bytes: 400)]
        #expect(shares.excess(held) == ["a": Amount(events: 0, bytes: 4400)])
    }

    @Test func `one tenant's flood pushes its own oldest events out, and nobody else's`() async throws {
        try await StoreFixture.run { store in
            let configuration = try ConfigurationSamples.load(
                """
                { archive: { maxEvents: 40 }, sources: {
                    quiet: { provider: 'stripe', secrets: ['x'], tenant: 'quiet' },
                    loud: { provider: 'stripe', secrets: ['x'], tenant: 'loud' },
                    shared: { provider: 'stripe', secrets: ['x'], tenant: 'loud', tenants: { acct_1: 'quiet' } } } }
                """
            ).configuration
            // The quiet tenant's are the oldest of all; half of them came by the source that both have.
            try await archive(store, 0..<10, of: "quiet", by: "quiet")
            try await archive(store, 10..<20, of: "quiet", by: "shared")
            try await archive(store, 20..<60, of: "loud", by: "shared")
            try await archive(store, 60..<160, of: "loud", by: "loud")
            let trimmer = ArchiveTrimmer(store.server.settings, configuration)
            defer { trimmer.stop() }
            trimmer.connection.start()
            try #require(await trimmer.connection.becomesReady(within: .seconds(5)))
            // The first pass learns whose the events of the shared source are.
            try await trimmer.pass()
            try await trimmer.pass()
            #expect(trimmer.figures?.events == 40)
            #expect(trimmer.figures?.tenants["quiet"]?.events == 20 && trimmer.figures?.tenants["loud"]?.events == 20)
            #expect(try await store.members(store.keys.index("quiet")) == (0..<10).map { StoreFixture.id($0) })
            #expect(try await store.members(store.keys.index("shared")) == (10..<20).map { StoreFixture.id($0) })
            #expect(try await store.members(store.keys.index("loud")) == (140..<160).map { StoreFixture.id($0) })
        }
    }

    /// Settled events of a tenant, a day old.
    private func archive(
        _ store: StoreFixture, _ numbers: Range<Int>, of tenant: String, by source: String
    ) async throws {
        let start = Clock.unixMilliseconds() - 86_400_000
        _ = try await store.connection.pipeline(
            numbers.flatMap { number -> [[RedisArgument]] in
                let id = StoreFixture.id(number)
                let json = #"{"id":"\#(id)","subject":"\"tenant\":\"other\"","tenant":"\#(tenant)","data":{}}"#
                return [
                    ["SET", .text(store.keys.event(id)), .text("{\"secret\":1}\n\(json)\nraw"), "EX", 600],
                    ["ZADD", .text(store.keys.index(source)), .integer(start + Int64(number)), .text(id)],
                    ["HSET", .text(store.keys.state(id)), "pending", 0, "status", "delivered"],
                ]
            })
    }
}

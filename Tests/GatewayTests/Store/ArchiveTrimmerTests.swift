import Testing

@testable import WebhookGateway

@ControlPlane
struct ArchiveTrimmerTests {
    @Test func `past maxEvents the oldest settled events go, and nothing that is owed to someone`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<10)
            // 0 waits for the forwarder; 1 lies dead; 2 is owed by a lane; 3 waits to be replayed.
            try await settle(store, 4..<10)
            _ = try await store.connection.pipeline([
                ["HSET", .text(store.keys.state(StoreFixture.id(1))), "pending", 0, "status", "dead"],
                ["PERSIST", .text(store.keys.event(StoreFixture.id(1)))],
                ["HSET", .text(store.keys.state(StoreFixture.id(2))), "pending", 1, "status", "forwarding"],
                ["HSET", .text(store.keys.state(StoreFixture.id(3))), "pending", 0, "status", "queued"],
            ])
            try await trim(store, "archive: { maxEvents: 6, maxBytes: 0 }") { trimmer in
                #expect(trimmer.trimmed == 4)
                #expect(trimmer.figures?.events == 6)
                #expect(trimmer.figures?.owed == 4)
            }
            let left = [0, 1, 2, 3, 8, 9].map { StoreFixture.id($0) }
            #expect(try await store.members(store.keys.index("stripe")) == left)
            for number in 0..<10 {
                let isLeft = try await store.integer(["EXISTS", .text(store.keys.event(StoreFixture.id(number)))]) == 1
                #expect(isLeft == left.contains(StoreFixture.id(number)))
                if !isLeft { #expect(try await store.state(number).isEmpty) }
            }
        }
    }

    @Test func `maxBytes is kept by the records' size, whatever the number of processes`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<500, bytes: 1000)
            try await settle(store, 0..<500)
            let limits = "archive: { maxEvents: 0, maxBytes: 100000 }"
            try await trim(store, limits, passes: 2) { first in
                #expect(first.figures?.events == 100)
                #expect(first.figures?.bytes == 100_000)
                // Another one finds nothing to do.
                try await trim(store, limits, passes: 2) { #expect($0.trimmed == 0) }
            }
        }
    }

    @Test func `what has expired leaves the index, and what waits for the forwarder does not expire`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<3)
            _ = try await store.connection.pipeline([
                ["DEL", .text(store.keys.event(StoreFixture.id(0)))],
                ["EXPIRE", .text(store.keys.event(StoreFixture.id(1))), 5],
            ])
            try await trim(store, "archive: { ttlSeconds: 600 }") { #expect($0.trimmed == 0) }
            #expect(try await store.members(store.keys.index("stripe")) == [1, 2].map { StoreFixture.id($0) })
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(1))) > 500)
        }
    }

    @Test func `events for workers alone are owed to nobody: the queue holds them whole`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<5)
            try await trim(store, #"archive: { maxEvents: 2 }"#, queues: #"["inbox"]"#) { #expect($0.trimmed == 3) }
        }
    }

    // MARK: -

    private func archive(_ store: StoreFixture, _ numbers: Range<Int>, bytes: Int = 100) async throws {
        let record = String(repeating: "x", count: bytes)
        _ = try await store.connection.pipeline(
            numbers.flatMap { number -> [[RedisArgument]] in
                [
                    ["SET", .text(store.keys.event(StoreFixture.id(number))), .text(record), "EX", 600],
                    [
                        "ZADD", .text(store.keys.index("stripe")), .integer(Int64(number)),
                        .text(StoreFixture.id(number)),
                    ],
                ]
            })
    }

    private func settle(_ store: StoreFixture, _ numbers: Range<Int>) async throws {
        _ = try await store.connection.pipeline(
            numbers.map {
                ["HSET", .text(store.keys.state(StoreFixture.id($0))), "pending", 0, "status", "delivered"]
            })
    }

    private func trim(
        _ store: StoreFixture, _ archive: String, queues: String = #"["events"]"#, passes: Int = 1,
        _ body: @ControlPlane (ArchiveTrimmer) async throws -> Void
    ) async throws {
        let configuration = try ConfigurationSamples.load(
            "{ \(archive), sources: { stripe: { provider: 'stripe', secrets: ['whsec_1'], queues: \(queues) } } }"
        ).configuration
        let trimmer = ArchiveTrimmer(store.server.settings, configuration)
        defer { trimmer.stop() }
        trimmer.connection.start()
        try #require(await trimmer.connection.becomesReady(within: .seconds(5)))
        for _ in 0..<passes { try await trimmer.pass() }
        try await body(trimmer)
    }
}

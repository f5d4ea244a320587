import Testing

@testable import WebhookGateway

@ControlPlane
struct QueueClaimTests {
    @Test func `a claim takes a hundred entries in order and shows its lease`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<130)
            let queue = store.queueStore("me")
            let taken = try await queue.claim()
            #expect(taken.texts == (0..<100).map { StoreFixture.json($0) })
            #expect(try await store.list(store.keys.work("events", "me")) == taken.texts)
            #expect(try await store.integer(["LLEN", .text(store.keys.queue("events"))]) == 30)
            #expect(try await store.strings(["SMEMBERS", .text(store.keys.consumers("events"))]) == ["me"])
            #expect((1...QueueStore.leaseSeconds).contains(try await store.expiry(store.keys.lease("events", "me"))))
        }
    }

    @Test func `a claim answers what is held already, so a lost answer loses nothing`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<3)
            let queue = store.queueStore()
            let first = try await queue.claim()
            try await store.enqueue(3..<5)
            #expect(try await queue.claim().texts == (0..<5).map { StoreFixture.json($0) })
            #expect(first.count == 3)
        }
    }

    @Test func `huge entries are taken up to a weight, but one always is`() async throws {
        try await StoreFixture.run { store in
            let entry = String(repeating: "x", count: QueueStore.mostBytes / 2 + 1)
            for _ in 0..<4 {
                _ = try await store.connection.command(["RPUSH", .text(store.keys.queue("events")), .text(entry)])
            }
            #expect(try await store.queueStore().claim().count == 2)
        }
    }

    @Test(arguments: [0, 2, 5]) func `an entry that came back twice is handed out alone`(place: Int) async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<8)
            let digest = try await store.connection.command([
                "EVAL", "return redis.sha1hex(ARGV[1])", 0, .text(StoreFixture.json(place)),
            ])
            _ = try await store.connection.command([
                "HSET", .text(store.keys.returns("events")), .text(try #require(digest.string)), 2,
            ])
            let queue = store.queueStore()
            let expected = place == 0 ? [0] : Array(0..<place)
            #expect(try await queue.claim().texts == expected.map { StoreFixture.json($0) })
            if place == 0 {
                #expect(try await queue.claim().count == 1, "nothing joins it while it is held")
            }
        }
    }

    @Test func `a consumer that stops gives its work back in order`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<120)
            let queue = store.queueStore("me")
            _ = try await queue.claim()
            #expect(try await queue.release() == 100)
            #expect(try await store.list(store.keys.queue("events")) == (0..<120).map { StoreFixture.json($0) })
            #expect(try await store.expiry(store.keys.lease("events", "me")) == -2)
        }
    }

    @Test func `a wait ends with an entry in the work list`() async throws {
        try await StoreFixture.run { store in
            let blocking = RedisConnection(store.server.settings, scripts: [], loop: ControlPlane.loop)
            defer { blocking.stop() }
            try #require(await blocking.becomesReady(within: .seconds(5)))
            let queue = store.queueStore("me")
            let waiting = Task { @ControlPlane in try await queue.wait(5, on: blocking) }
            try await store.enqueue(7..<8)
            #expect(try await waiting.value)
            #expect(try await store.list(store.keys.work("events", "me")) == [StoreFixture.json(7)])
        }
    }
}

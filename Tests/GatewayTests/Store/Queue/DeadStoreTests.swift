import Testing

@testable import WebhookGateway

@ControlPlane
struct DeadStoreTests {
    /// Gives events up in a lane, one call each, so that their order is theirs.
    private func bury(_ store: StoreFixture, _ numbers: Range<Int>, in destination: String, category: FailureCategory)
        async throws
    {
        let lane = store.laneStore(destination)
        for _ in numbers {
            let claimed = try await lane.exchange(.init(events: 1, bytes: 1 << 20, token: "t")).claimed
            let verdict = Verdict(.dead, category: category, reason: "refused", status: 400, attempt: 1)
            _ = try await lane.exchange(
                .init(settlements: claimed.map { Settlement(claim: $0.claim, verdict: verdict) }))
        }
    }

    @Test func `lanes and queues are listed page by page, each letter once`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<7, to: ["a", "b"])
            try await bury(store, 0..<7, in: "a", category: .validation)
            try await bury(store, 0..<4, in: "b", category: .dataError)
            for number in 20..<25 {
                _ = try await store.connection.command([
                    "RPUSH", .text(store.keys.dead("events")), .text(StoreFixture.json(number)),
                ])
            }
            for limit in [1, 2, 3, 5, 100] {
                var seen: [String] = []
                var cursor: DeadCursor?
                repeat {
                    let page = try await store.deadStore.list(limit: limit, after: cursor)
                    #expect(page.letters.count <= limit)
                    seen += page.letters.map(\.id.description)
                    // As it travels through a URL.
                    cursor = page.next.map(\.description).flatMap { DeadCursor($0) }
                } while cursor != nil
                let expected =
                    (0..<7).map { "a/\(StoreFixture.id($0))" } + (0..<4).map { "b/\(StoreFixture.id($0))" }
                    + (20..<25).map { "queue:events/\(StoreFixture.id($0))" }
                #expect(seen == expected)
            }
        }
    }

    @Test func `a filter means what it names`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<2, to: ["a", "b"])
            try await bury(store, 0..<2, in: "a", category: .validation)
            try await bury(store, 0..<2, in: "b", category: .network)
            func count(_ filter: DeadFilter) async throws -> Int {
                try await store.deadStore.list(filter, limit: 10).letters.count
            }
            #expect(try await count(DeadFilter()) == 4)
            #expect(try await count(DeadFilter(places: [.lane("a")])) == 2)
            #expect(try await count(DeadFilter(category: "network")) == 2)
            #expect(
                try await count(DeadFilter(type: TypePattern("payment.*"), source: "stripe", tenant: "default")) == 4)
            #expect(try await count(DeadFilter(type: TypePattern("refund.*"))) == 0)
            #expect(try await count(DeadFilter(from: Clock.unixMilliseconds() + 60_000)) == 0)
            #expect(try await count(DeadFilter(to: 1)) == 0)
        }
    }

    @Test func `a letter shows what is known of it`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(3..<4, to: ["a"])
            try await bury(store, 3..<4, in: "a", category: .validation)
            let id = try #require(DeadLetter.ID("a/\(StoreFixture.id(3))"))
            let letter = try #require(try await store.deadStore.letter(id))
            #expect(letter.category == "validation" && letter.reason == "refused" && letter.status == 400)
            #expect(letter.attempts == 1 && letter.type == "payment.succeeded" && letter.source == "stripe")
            #expect(String(decoding: letter.json, as: UTF8.self) == StoreFixture.json(3))
            #expect(try await store.deadStore.letter(DeadLetter.ID(.lane("b"), StoreFixture.id(3))) == nil)
        }
    }

    @Test func `a retried letter waits at the tail as if it were new`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<2, to: ["a"])
            try await bury(store, 0..<1, in: "a", category: .validation)
            let id = DeadLetter.ID(.lane("a"), StoreFixture.id(0))
            #expect(try await store.deadStore.retry([id]).changed == 1)
            #expect(try await store.list(store.keys.lane("a")) == [StoreFixture.id(1), StoreFixture.id(0)])
            let state = try await store.state(0)
            #expect(state["to:a"] == "waiting" && state["pending"] == "1" && state["attempts:a"] == nil)
            #expect(try await store.unaccounted(lane: "a") == 0)
            let again = try await store.deadStore.retry([id])
            #expect(again.changed == 0 && again.refused.count == 1)
        }
    }

    @Test func `a discarded letter is counted and lets its event expire`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<150, to: ["a"])
            try await bury(store, 0..<150, in: "a", category: .validation)
            #expect(try await store.deadStore.discard(DeadFilter(category: "validation")).changed == 150)
            #expect(try await store.ledger("lane:a:discarded") == 150)
            #expect(try await store.unaccounted(lane: "a") == 0)
            #expect(try await store.state(0)["status"] == "discarded")
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(0))) > 0)
        }
    }

    @Test func `an event on a queue's dead list goes back as it was`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<3)
            let work = try await store.queueStore().claim()
            let dead =
                String(decoding: work[1], as: UTF8.self).dropLast()
                + #","deadreason":"worker says no","deadcategory":"data_error","deadat":"2026-11-21T08:41:00.123Z"}"#
            _ = try await store.connection.command(["RPUSH", .text(store.keys.dead("events")), .text(String(dead))])
            _ = try await store.connection.command([
                "LREM", .text(store.keys.work("events", "host-1-a")), 1, .bytes(work[1]),
            ])
            let letter = try #require(try await store.deadStore.list(limit: 1).letters.first)
            #expect(letter.reason == "worker says no" && letter.deadAt == 1_795_250_460_123)
            #expect(try await store.unaccountedEvents() == 0)
            #expect(try await store.deadStore.retry([letter.id]).changed == 1)
            #expect(try await store.list(store.keys.queue("events")) == [StoreFixture.json(1)])
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `an event that never left the queue and is discarded is owed to nobody`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<1)
            let id = StoreFixture.id(0)
            _ = try await store.connection.pipeline([
                ["LMOVE", .text(store.keys.queue("events")), .text(store.keys.dead("events")), "LEFT", "RIGHT"],
                ["EXPIRE", .text(store.keys.event(id)), 60],
            ])
            #expect(try await store.deadStore.discard([DeadLetter.ID(.queue("events"), id)]).changed == 1)
            #expect(try await store.state(0) == ["status": "discarded", "pending": "0"])
            #expect(try await store.expiry(store.keys.state(id)) > 60)
            #expect(try await store.expiry(store.keys.event(id)) > 60)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `what is no event can be discarded, not retried`() async throws {
        try await StoreFixture.run { store in
            _ = try await store.connection.command(["RPUSH", .text(store.keys.dead("events")), "rubbish"])
            _ = try await store.connection.command(["HINCRBY", .text(store.keys.ledger), "queue:events:entered", 1])
            let letter = try #require(try await store.deadStore.list(limit: 1).letters.first)
            #expect(try await store.deadStore.retry([letter.id]).refused.map(\.id) == [letter.id])
            #expect(try await store.deadStore.discard([letter.id]).changed == 1)
            #expect(try await store.list(store.keys.dead("events")) == [])
            #expect(try await store.unaccountedEvents() == 0)
        }
    }
}

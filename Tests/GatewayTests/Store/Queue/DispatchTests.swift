import Testing

@testable import WebhookGateway

@ControlPlane
struct DispatchTests {
    private func batch(_ numbers: [Int], route: String, destinations: [String]) -> DispatchBatch {
        DispatchBatch(
            destinations: destinations,
            entries: numbers.map {
                .event(route: route, id: StoreFixture.id($0), bytes: StoreFixture.json($0).utf8.count)
            })
    }

    @Test func `an event goes to each lane that wants it, and its record stays`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<3)
            let queue = store.queueStore("me")
            _ = try await queue.claim()
            let (isMoved, next) = try await queue.dispatch(
                batch([0, 1, 2], route: "1,3;2", destinations: ["a", "b", "c"]))
            #expect(isMoved && next.isEmpty)
            let ids = (0..<3).map { StoreFixture.id($0) }
            #expect(try await store.list(store.keys.lane("a")) == ids)
            #expect(try await store.list(store.keys.lane("b")) == [])
            #expect(try await store.list(store.keys.lane("c")) == ids)
            #expect(
                try await store.state(1) == [
                    "pending": "2", "status": "forwarding", "to:a": "waiting", "to:b": "skipped", "to:c": "waiting",
                ])
            #expect(try await store.expiry(store.keys.event(ids[0])) == -1)
            #expect(try await store.list(store.keys.work("events", "me")) == [])
            #expect(try await store.ledger("lane:a:entered") == 3)
            #expect(try await store.ledger("lane:b:skipped") == 3)
            #expect(try await store.ledger("queue:events:done") == 3)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `an event that nobody wants is skipped and expires`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<1)
            let queue = store.queueStore()
            _ = try await queue.claim()
            #expect(try await queue.dispatch(batch([0], route: ";1", destinations: ["a"])).isMoved)
            #expect(try await store.state(0) == ["pending": "0", "status": "skipped", "to:a": "skipped"])
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(0))) > 0)
            #expect(try await store.expiry(store.keys.state(StoreFixture.id(0))) > 0)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `a missing record is made anew from the event`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<1)
            _ = try await store.connection.command(["DEL", .text(store.keys.event(StoreFixture.id(0)))])
            let queue = store.queueStore()
            _ = try await queue.claim()
            #expect(try await queue.dispatch(batch([0], route: "1;", destinations: ["a"])).isMoved)
            let bytes = try #require(
                try await store.connection.command(["GET", .text(store.keys.event(StoreFixture.id(0)))]).bytes)
            #expect(String(decoding: try #require(EventRecord(bytes)).json, as: UTF8.self) == StoreFixture.json(0))
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(0))) == -1)
        }
    }

    @Test func `entries that were given to another meanwhile are not moved`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<2)
            let sleeper = store.queueStore("sleeper")
            _ = try await sleeper.claim()
            _ = try await store.connection.command(["DEL", .text(store.keys.lease("events", "sleeper"))])
            let reaper = QueueReaper(connection: store.connection, keys: store.keys, mostReturns: 5)
            try await reaper.watch(["events"])
            #expect(try await reaper.round() == [QueueReaper.Round(queue: "events", returned: 2)])
            let other = store.queueStore("other")
            #expect(try await other.claim().count == 2)

            let late = batch([0, 1], route: "1;", destinations: ["a"])
            #expect(try await sleeper.dispatch(late).isMoved == false)
            #expect(try await store.list(store.keys.lane("a")) == [])
            #expect(try await other.dispatch(late).isMoved)
            #expect(try await store.list(store.keys.lane("a")).count == 2)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `a dispatch that arrives late does not take other entries for its own`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(5..<7)
            let queue = store.queueStore()
            _ = try await queue.claim()
            #expect(try await queue.dispatch(batch([0, 1], route: "1;", destinations: ["a"])).isMoved == false)
            #expect(try await store.list(store.keys.lane("a")) == [])
        }
    }

    @Test(arguments: ["no JSON at all", "[1,2]", #"{"id":"x"}"#, ""])
    func `what is no event goes to the dead list with a reason and blocks nothing`(junk: String) async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<1)
            _ = try await store.connection.command(["RPUSH", .text(store.keys.queue("events")), .text(junk)])
            try await store.enqueue(1..<2)
            let queue = store.queueStore()
            _ = try await queue.claim()
            var moving = batch([0, 1], route: "1;", destinations: ["a"])
            let dead = DeadEntry.junk(Array(junk.utf8), reason: "a \"reason\"", category: .dataError)
            moving.entries.insert(.junk(Array(junk.utf8), dead: dead), at: 1)
            #expect(try await queue.dispatch(moving).isMoved)
            #expect(try await store.list(store.keys.lane("a")).count == 2)
            let letter = try #require(try await store.deadStore.list(limit: 10).letters.first)
            #expect(letter.reason == "a \"reason\"" && letter.category == "data_error" && letter.deadAt != nil)
            #expect(String(decoding: letter.json, as: UTF8.self).hasPrefix(#"{"entry":"#))
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `an event that comes again joins only lanes that do not owe it`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<1, to: ["waiting", "delivered", "dead"])
            for (destination, kind) in [("delivered", Verdict.Kind.done), ("dead", .dead)] {
                let lane = store.laneStore(destination)
                let claimed = try await lane.exchange(.init(events: 1, bytes: 1000, token: "t")).claimed
                let settlements = claimed.map { Settlement(claim: $0.claim, verdict: Verdict(kind, attempt: 1)) }
                _ = try await lane.exchange(.init(settlements: settlements))
            }
            #expect(try await store.state(0)["pending"] == "1")
            try await store.dispatch(0..<1, to: ["waiting", "delivered", "dead"])
            for destination in ["waiting", "delivered", "dead"] {
                #expect(try await store.list(store.keys.lane(destination)) == [StoreFixture.id(0)], "\(destination)")
                #expect(try await store.unaccounted(lane: destination) == 0)
            }
            #expect(try await store.state(0)["pending"] == "3")
            #expect(try await store.ledger("lane:delivered:entered") == 2)
            #expect(try await store.ledger("lane:dead:entered") == 1, "a dead letter taken up again has entered before")
        }
    }
}

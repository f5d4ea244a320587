import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneStoreTests {
    private func claim(_ lane: LaneStore, _ count: Int, token: String = "t", bytes: Int = 1 << 20) async throws
        -> LaneStore.Answer
    {
        try await lane.exchange(.init(events: count, bytes: bytes, token: token))
    }

    private func settle(_ lane: LaneStore, _ claimed: [ClaimedEvent], _ verdict: Verdict) async throws -> [String] {
        try await lane.exchange(
            .init(settlements: claimed.map { Settlement(claim: $0.claim, verdict: verdict) })
        ).stale
    }

    private func ids(_ numbers: some Sequence<Int>) -> [String] { numbers.map { StoreFixture.id($0) } }

    @Test func `a claim gives envelopes in order and keeps them under its token`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<5)
            let answer = try await claim(store.laneStore(), 3)
            #expect(answer.claimed.map(\.claim.id) == ids(0..<3))
            #expect(
                answer.claimed.map { String(decoding: $0.json, as: UTF8.self) } == (0..<3).map { StoreFixture.json($0) }
            )
            #expect(answer.claimed.allSatisfy { $0.attempts == 0 && $0.age == .zero && $0.claim.token == "t" })
            #expect(try await store.list(store.keys.lane("crm")) == ids(3..<5))
            #expect(try await store.members(store.keys.laneInflight("crm")) == ids(0..<3))
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `a claim ends at its weight, but gives one event however large`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<5)
            let size = StoreFixture.json(0).utf8.count
            #expect(try await claim(store.laneStore(), 5, bytes: 2 * size).claimed.count == 2)
            #expect(try await claim(store.laneStore(), 5, bytes: 1).claimed.count == 1)
        }
    }

    @Test func `what is delivered expires with the last lane that owed it`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<1, to: ["a", "b"])
            let keys = [store.keys.event(StoreFixture.id(0)), store.keys.state(StoreFixture.id(0))]
            for (lane, left) in [("a", "1"), ("b", "0")] {
                let claimed = try await claim(store.laneStore(lane), 1).claimed
                let record = Array(#"{"lane":"\#(lane)"}"#.utf8)
                #expect(
                    try await settle(store.laneStore(lane), claimed, Verdict(.done, attempt: 1, record: record)) == [])
                #expect(try await store.state(0)["pending"] == left)
                for key in keys { #expect((try await store.expiry(key) > 0) == (left == "0")) }
                #expect(try await store.unaccounted(lane: lane) == 0)
            }
            #expect(try await store.state(0)["status"] == "delivered")
            #expect(
                try await store.list(store.keys.attempts(StoreFixture.id(0))) == [#"{"lane":"a"}"#, #"{"lane":"b"}"#])
            #expect(try await store.expiry(store.keys.attempts(StoreFixture.id(0))) > 0)
        }
    }

    @Test func `what is dead in one lane stays, and the event is partly delivered`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<1, to: ["a", "b"])
            let verdict = Verdict(.dead, category: .dataError, reason: "no e-mail", status: 422, attempt: 1)
            #expect(
                try await settle(store.laneStore("a"), try await claim(store.laneStore("a"), 1).claimed, verdict) == [])
            let claimed = try await claim(store.laneStore("b"), 1).claimed
            #expect(try await settle(store.laneStore("b"), claimed, Verdict(.done, attempt: 1)) == [])
            let state = try await store.state(0)
            #expect(state["status"] == "partly" && state["to:a"] == "dead" && state["to:b"] == "delivered")
            #expect(
                state["category:a"] == "data_error" && state["reason:a"] == "no e-mail" && state["status:a"] == "422")
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(0))) == -1)
            #expect(try await store.members(store.keys.laneDead("a")) == ids([0]))
            #expect(try await store.unaccounted(lane: "a") == 0)
        }
    }

    @Test func `a retry waits until it is due, then takes turns with what waits, with its attempts and age`()
        async throws
    {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<3)
            let lane = store.laneStore()
            let claimed = try await claim(lane, 1).claimed
            let later = Verdict(.retry, delay: .seconds(60), category: .network, reason: "reset", attempt: 1)
            #expect(try await settle(lane, claimed, later) == [])
            let next = try await claim(lane, 1)
            #expect(next.claimed.map(\.claim.id) == ids([1]))
            let due = try #require(next.nextDue)
            #expect(due > .seconds(50) && due <= .seconds(60))
            #expect(try await store.state(0)["to:crm"] == "retrying")
            #expect(try await store.state(0)["pending"] == "1")
            // As if the time had passed.
            _ = try await store.connection.command([
                "ZADD", .text(store.keys.laneDelayed("crm")), 1, .text(StoreFixture.id(0)),
            ])
            _ = try await store.connection.command([
                "HINCRBY", .text(store.keys.state(StoreFixture.id(0))), "first:crm", -5000,
            ])
            let again = try await claim(lane, 2).claimed
            #expect(Set(again.map(\.claim.id)) == Set(ids([0, 2])))
            let retried = try #require(again.first { $0.claim.id == StoreFixture.id(0) })
            #expect(retried.attempts == 1 && retried.age >= .seconds(5))
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `what was not sent goes back to the head in order, and no attempt is counted`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<5)
            let lane = store.laneStore()
            let claimed = try await claim(lane, 3).claimed
            #expect(try await settle(lane, claimed, Verdict(.return)) == [])
            #expect(try await store.list(store.keys.lane("crm")) == ids(0..<5))
            #expect(try await claim(lane, 1).claimed.first?.attempts == 0)
            #expect(try await store.integer(["EXISTS", .text(store.keys.attempts(StoreFixture.id(0)))]) == 0)
        }
    }

    @Test(arguments: [Verdict.Kind.done, .retry, .dead, .return])
    func `a settlement whose token is not current does nothing`(kind: Verdict.Kind) async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<2)
            let lane = store.laneStore()
            let slept = try await claim(lane, 2, token: "asleep").claimed
            // The claim ends, the reaper gives the events back, another forwarder takes them.
            for id in ids(0..<2) {
                _ = try await store.connection.command(["ZADD", .text(store.keys.laneInflight("crm")), 1, .text(id)])
            }
            #expect(try await lane.reap() == 2)
            #expect(try await store.list(store.keys.lane("crm")) == ids(0..<2))
            let awake = try await claim(lane, 2, token: "awake").claimed
            let before = try await store.state(0)

            #expect(try await settle(lane, slept, Verdict(kind, attempt: 1, record: [1])) == ids(0..<2))
            #expect(try await store.state(0) == before)
            #expect(try await store.members(store.keys.laneInflight("crm")) == ids(0..<2))
            #expect(try await store.ledger("lane:crm:done") == 0)
            #expect(try await settle(lane, awake, Verdict(.done, attempt: 1)) == [])
            #expect(try await settle(lane, awake, Verdict(.done, attempt: 1)) == ids(0..<2), "told twice, done once")
            #expect(try await store.ledger("lane:crm:done") == 2)
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `a renewed claim does not end, and only its holder can renew it`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<2)
            let lane = store.laneStore()
            let claimed = try await claim(lane, 2).claimed
            for id in ids(0..<2) {
                _ = try await store.connection.command(["ZADD", .text(store.keys.laneInflight("crm")), 1, .text(id)])
            }
            let foreign = Claim(id: claimed[1].claim.id, token: "other")
            _ = try await lane.exchange(.init(renewals: [claimed[0].claim, foreign]))
            #expect(try await lane.reap() == 1)
            #expect(try await store.list(store.keys.lane("crm")) == ids([1]))
        }
    }

    @Test func `a claim whose answer was lost comes back with the next one`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<4)
            let lane = store.laneStore()
            _ = try await claim(lane, 1, token: "other")
            _ = try await claim(lane, 2, token: "lost")
            let answer = try await lane.exchange(.init(lostTokens: ["lost"], events: 9, bytes: 1 << 20, token: "new"))
            #expect(answer.claimed.map(\.claim.id) == ids(1..<4))
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `a missing record is claimed as an empty event`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<3)
            _ = try await store.connection.command(["DEL", .text(store.keys.event(StoreFixture.id(0)))])
            _ = try await store.connection.command(["DEL", .text(store.keys.event(StoreFixture.id(1)))])
            _ = try await store.connection.command(["LPUSH", .text(store.keys.event(StoreFixture.id(1))), "a list"])
            let claimed = try await claim(store.laneStore(), 3).claimed
            #expect(claimed.map(\.json.isEmpty) == [true, true, false])
        }
    }

    @Test func `only the last fifty attempts are kept`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<1)
            let lane = store.laneStore()
            for attempt in 1...53 {
                _ = try await store.connection.command([
                    "ZADD", .text(store.keys.laneDelayed("crm")), "XX", 1, .text(StoreFixture.id(0)),
                ])
                let verdict = Verdict(
                    .retry, delay: .seconds(9), category: .network, attempt: attempt,
                    record: Array(String(attempt).utf8))
                #expect(try await settle(lane, try await claim(lane, 1).claimed, verdict) == [])
            }
            #expect(try await store.list(store.keys.attempts(StoreFixture.id(0))) == (4...53).map { String($0) })
            #expect(try await store.state(0)["attempts:crm"] == "53")
        }
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneOrderTests {
    private static let rules = LaneRules(isOrdered: true)

    /// Puts events into the lane `crm` as the dispatch script does; the subject is the number's remainder by `subjects`.
    private func add(_ numbers: Range<Int>, subjects: Int, to store: StoreFixture) async throws {
        for number in numbers {
            let id = StoreFixture.id(number)
            let json =
                #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/s","type":"t","subject":"s\#(number % subjects)"}"#
            _ = try await store.connection.pipeline([
                ["SET", .text(store.keys.event(id)), .text("{}\n\(json)\n")],
                ["HSET", .text(store.keys.state(id)), "pending", 1, "to:crm", "waiting"],
                ["HINCRBY", .text(store.keys.ledger), "lane:crm:entered", 1],
                ["RPUSH", .text(store.keys.lane("crm")), .text(id)],
            ])
        }
    }

    private func laneStore(_ store: StoreFixture, _ rules: LaneRules = rules) -> LaneStore {
        LaneStore(
            "crm", connection: store.connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds,
            rules: rules)
    }

    private func claim(_ lane: LaneStore, _ count: Int = 10) async throws -> [ClaimedEvent] {
        try await lane.exchange(.init(events: count, bytes: 1 << 20, token: "t")).claimed
    }

    private func settle(_ lane: LaneStore, _ claimed: ClaimedEvent, _ verdict: Verdict) async throws {
        let settlement = Settlement(claim: claimed.claim, verdict: verdict)
        #expect(try await lane.exchange(.init(settlements: [settlement])).stale == [])
    }

    private func ids(_ numbers: [Int]) -> [String] { numbers.map { StoreFixture.id($0) } }

    @Test func `a head holds its key back over retries and returns, others flow, and its end lets the next go`()
        async throws
    {
        try await StoreFixture.run { store in
            let lane = laneStore(store)
            try await add(0..<7, subjects: 2, to: store)
            let first = try await claim(lane)
            #expect(first.map(\.claim.id) == ids([0, 1]))
            try await settle(lane, first[0], Verdict(.retry, delay: .seconds(60), category: .network, attempt: 1))
            try await settle(lane, first[1], Verdict(.done, attempt: 1))
            #expect(try await claim(lane).map(\.claim.id) == ids([3]), "the even ones wait for their head")

            _ = try await store.connection.command([
                "ZADD", .text(store.keys.laneDelayed("crm")), 1, .text(StoreFixture.id(0)),
            ])
            let again = try await claim(lane)
            #expect(again.map(\.claim.id) == ids([0]))
            try await settle(lane, again[0], Verdict(.return))
            let returned = try await claim(lane)
            #expect(returned.map(\.claim.id) == ids([0]))
            try await settle(lane, returned[0], Verdict(.dead, category: .dataError, attempt: 2))
            #expect(try await claim(lane).map(\.claim.id) == ids([2]), "a dead head lets its key go on")
            #expect(try await store.integer(["ZCARD", .text(store.keys.laneParked("crm"))]) == 3)
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `what was parked comes back in order when order is kept no more`() async throws {
        try await StoreFixture.run { store in
            try await add(0..<6, subjects: 1, to: store)
            #expect(try await claim(laneStore(store)).map(\.claim.id) == ids([0]))
            #expect(try await store.list(store.keys.lane("crm")) == [])
            #expect(try await claim(laneStore(store, LaneRules())).map(\.claim.id) == ids([1, 2, 3, 4, 5]))
        }
    }

    @Test func `an ordered lane that is emptied keeps the order, and half-way leaves nobody waiting for what is gone`()
        async throws
    {
        try await StoreFixture.run { store in
            try await add(0..<6, subjects: 2, to: store)
            let lane = laneStore(store)
            let claimed = try await claim(lane)
            try await settle(lane, claimed[0], Verdict(.return))
            try await settle(lane, claimed[1], Verdict(.retry, delay: .seconds(60), category: .network, attempt: 1))
            // One call for one event, as of an operator who stops it at once.
            var call = ScriptCall(
                .laneEmpty,
                keys: [
                    store.keys.lane("crm"), store.keys.laneDelayed("crm"), store.keys.laneParked("crm"),
                    store.keys.laneDead("crm"), store.keys.laneOrder("crm"), store.keys.ledger,
                    store.keys.laneInflight("crm"),
                ])
            call.add(store.keys.prefix)
            call.add("crm")
            call.add(Int64(StoreFixture.archiveSeconds))
            call.add(Int64(1))
            call.add("other")
            #expect(try await store.connection.evaluate(call).integer == 1)
            #expect(try await claim(lane).map(\.claim.id) == ids([3, 0]), "the retried one is gone")

            for id in ids([3, 0]) {
                _ = try await store.connection.command(["ZADD", .text(store.keys.laneInflight("crm")), 1, .text(id)])
            }
            let control = LaneControl(
                connection: store.connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds)
            let (taken, inFlight) = try await control.empty("crm", into: "other")
            #expect(taken == 5 && inFlight == 0)
            let moved = try await store.list(store.keys.lane("other"))
            #expect(moved.filter(ids([0, 2, 4]).contains) == ids([0, 2, 4]))
            #expect(moved.filter(ids([1, 3, 5]).contains) == ids([1, 3, 5]))
            #expect(try await store.integer(["EXISTS", .text(store.keys.laneOrder("crm"))]) == 0)
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `what one claim looks at is bounded, and the next goes on where it stopped`() async throws {
        try await StoreFixture.run { store in
            try await add(0..<6, subjects: 1, to: store)
            let padding = String(repeating: "x", count: 600_000)
            for id in ids([0, 1, 2, 3, 4, 5]) {
                let json = #"{"id":"\#(id)","subject":"s0","data":"\#(padding)"}"#
                _ = try await store.connection.command(["SET", .text(store.keys.event(id)), .text("{}\n\(json)\n")])
            }
            let lane = laneStore(store)
            var answer = try await lane.exchange(.init(events: 9, bytes: 8 << 20, token: "t"))
            #expect(answer.claimed.map(\.claim.id) == ids([0]))
            #expect(try await store.list(store.keys.lane("crm")) == ids([2, 3, 4, 5]))
            answer = try await lane.exchange(.init(events: 9, bytes: 8 << 20, token: "t"))
            #expect(answer.claimed.isEmpty && answer.nextDue == .zero, "it is worth asking again at once")
            #expect(try await store.list(store.keys.lane("crm")) == ids([4, 5]))
        }
    }

    @Test func `no event overtakes another of its subject, whatever fails, with two forwarders`() async throws {
        var attempts: [String: [String]] = [:]
        let destination = AnsweringDestination(events: 8) { batch in
            AttemptResult(
                outcomes: batch.map { event in
                    attempts[event.subject ?? "", default: []].append(event.id)
                    return switch Int.random(in: 0..<20) {
                    case 0...3: .retry(.network, reason: "bad luck", after: nil)
                    case 4: .dead(.dataError, reason: "worse luck")
                    default: .delivered
                    }
                })
        }
        try await StoreFixture.run { store in
            var configuration = DestinationConfiguration(name: "crm")
            configuration.ordered = .subject
            configuration.batch.lingerMilliseconds = 0
            configuration.retry.maxSeconds = 0
            try await LanePair.run(store, configuration, destination) { lanes in
                try await add(0..<300, subjects: 30, to: store)
                for lane in lanes { lane.start() }
                try await eventually("all settled") {
                    try await store.ledger("lane:crm:done")
                        + store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) == 300
                }
            }
            #expect(try await store.integer(["EXISTS", .text(store.keys.laneParked("crm"))]) == 0)
            #expect(try await store.integer(["HLEN", .text(store.keys.laneOrder("crm"))]) == 1, "nobody holds a key")
        }
        #expect(attempts.count == 30)
        for sent in attempts.values { #expect(sent == sent.sorted()) }
    }

    @Test func `one forwarder dispatches at a time where order is kept`() async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<150)
            let stores = ["a", "b"].map { store.queueStore($0) }
            for queue in stores { queue.isExclusive = true }
            #expect(try await stores[0].claim().count == 100)
            #expect(try await stores[1].claim().isEmpty)
            #expect(try await stores[0].release() == 100)
            #expect(try await stores[1].claim().count == 100)
            #expect(try await stores[0].claim().isEmpty)
        }
    }
}

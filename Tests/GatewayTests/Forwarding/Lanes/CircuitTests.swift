import Testing

@testable import WebhookGateway

@ControlPlane
struct CircuitTests {
    /// Two lanes `crm`, as two forwarders have them, on one Redis.
    private func run(
        _ destination: AnsweringDestination, configure: (inout DestinationConfiguration) -> Void = { _ in },
        _ body: @ControlPlane (StoreFixture, [Lane]) async throws -> Void
    ) async throws {
        try await StoreFixture.run { store in
            var configuration = DestinationConfiguration(name: "crm")
            configuration.circuit.failures = 3
            configuration.circuit.openSeconds = 60
            // No pause is longer than the shortest one.
            configuration.retry.maxSeconds = 0
            configure(&configuration)
            try await LanePair.run(store, configuration, destination) { try await body(store, $0) }
        }
    }

    private func state(_ store: StoreFixture) async throws -> String? {
        try await store.connection.command(["HGET", .text(store.keys.laneCircuit("crm")), "state"]).string
    }

    /// As if the circuit had been open long enough.
    private func letTimePass(_ store: StoreFixture) async throws {
        _ = try await store.connection.command(["HSET", .text(store.keys.laneCircuit("crm")), "until", 1])
    }

    @Test func `an open circuit spends no attempts and loses nothing; one probe of all forwarders closes it`()
        async throws
    {
        let gate = Gate()
        gate.open()
        var isWell = false
        let destination = AnsweringDestination { batch in
            await gate.pass()
            return AttemptResult(
                isWell ? .delivered : .retry(.providerError, reason: "down", after: nil), count: batch.count)
        }
        try await run(destination) { store, lanes in
            try await store.dispatch(0..<20)
            for lane in lanes { lane.start() }
            try await eventually("open") { try await state(store) == "open" }
            try await eventually("nothing is under way") {
                try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 0
            }
            // Three in a row, and what the other lane had under way.
            let requests = destination.batches.count
            #expect((3...4).contains(requests))
            await Signal().wait(atMost: .milliseconds(200))
            #expect(destination.batches.count == requests, "retries are due, but the circuit is open")
            #expect(try await store.unaccounted(lane: "crm") == 0)

            gate.shut()
            isWell = true
            try await letTimePass(store)
            for lane in lanes { lane.wake() }
            try await eventually("the probe") { destination.underWay == 1 }
            #expect(try await state(store) == "half-open")
            for lane in lanes { lane.wake() }
            await Signal().wait(atMost: .milliseconds(50))
            #expect(destination.underWay == 1)
            #expect(try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 1)
            gate.open()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 20 }
            try await eventually("closed") { try await state(store) == nil }
            // Each request that failed was one attempt of one event; the others went through at the first.
            #expect(destination.batches.count == requests + 20)
        }
    }

    @Test func `a wrong credential kills as many events as open the circuit; the others wait`() async throws {
        var isWell = false
        let destination = AnsweringDestination(events: 100) { batch in
            AttemptResult(
                isWell ? .delivered : .dead(.authentication, reason: "the key is wrong"), count: batch.count)
        }
        try await run(destination, configure: { $0.batch.lingerMilliseconds = 5 }) { store, lanes in
            try await store.dispatch(0..<500)
            lanes[0].start()
            try await eventually("open") { try await state(store) == "open" }
            try await eventually("nothing is under way") {
                try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 0
            }
            #expect(try await store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) == 3)
            #expect(try await store.state(0)["category:crm"] == "authentication")
            #expect(
                try await store.list(store.keys.lane("crm")) == (3..<500).map { StoreFixture.id($0) },
                "what is spared stands where it stood")
            #expect(try await store.state(3)["attempts:crm"] == nil)

            let requests = destination.batches.count
            try await letTimePass(store)
            lanes[0].wake()
            try await eventually("a probe was refused") {
                let until = try await store.integer(["HGET", .text(store.keys.laneCircuit("crm")), "until"])
                return destination.batches.count > requests && until > 1
            }
            try await eventually("open again") { try await state(store) == "open" }
            #expect(destination.batches.last == [StoreFixture.id(3)], "a probe is one event")
            #expect(try await store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) == 3, "probes kill nothing")

            isWell = true
            try await letTimePass(store)
            lanes[0].wake()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 497 }
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `an answer that tells nothing kills as many as open the circuit, and a probe each time it is tried`()
        async throws
    {
        let destination = AnsweringDestination(events: 100) { batch in
            AttemptResult(.dead(.unknown, reason: "the answer was 402"), count: batch.count)
        }
        try await run(destination, configure: { $0.batch.lingerMilliseconds = 5 }) { store, lanes in
            try await store.dispatch(0..<50)
            lanes[0].start()
            func dead() async throws -> Int { try await store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) }
            try await eventually("open") { try await state(store) == "open" }
            try await eventually("three are dead") { try await dead() == 3 }
            try await letTimePass(store)
            lanes[0].wake()
            // Else the first event, should it alone be what is refused, would hold up the lane for ever.
            try await eventually("the probe is dead") { try await dead() == 4 }
            try await eventually("open again") { try await state(store) == "open" }
            try await eventually("the others are back") {
                try await store.list(store.keys.lane("crm")) == (4..<50).map { StoreFixture.id($0) }
            }
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test(arguments: ["", "{}\nno event\n"])
    func `an event that cannot be sent does not keep the circuit half-open`(record: String) async throws {
        var isWell = false
        let destination = AnsweringDestination { batch in
            AttemptResult(
                isWell ? .delivered : .retry(.providerError, reason: "down", after: nil), count: batch.count)
        }
        try await run(destination) { store, lanes in
            try await store.dispatch(0..<5)
            lanes[0].start()
            try await eventually("open") { try await state(store) == "open" }
            try await eventually("nothing is under way") {
                try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 0
            }
            for number in 0..<4 {
                let key = store.keys.event(StoreFixture.id(number))
                _ = try await store.connection.command(
                    record.isEmpty ? ["DEL", .text(key)] : ["SET", .text(key), .text(record)])
            }
            isWell = true
            try await letTimePass(store)
            lanes[0].wake()
            // A probe that is never heard of has 30 s.
            try await eventually("the last is delivered", within: .seconds(20)) {
                try await store.ledger("lane:crm:done") == 1
            }
            try await eventually("closed") { try await state(store) == nil }
            // Each is seen to be unsendable when its turn comes.
            try await eventually("the others are dead") {
                try await store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) == 4
            }
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `events that are refused one by one open nothing`() async throws {
        let destination = AnsweringDestination { batch in
            AttemptResult(.dead(.dataError, reason: "no e-mail"), count: batch.count)
        }
        try await run(destination) { store, lanes in
            try await store.dispatch(0..<20)
            for lane in lanes { lane.start() }
            try await eventually("all dead") {
                try await store.integer(["ZCARD", .text(store.keys.laneDead("crm"))]) == 20
            }
            #expect(try await state(store) == nil)
        }
    }

    @Test func `a circuit stays open as long as the destination asks, if that is longer`() async throws {
        let destination = AnsweringDestination { batch in
            AttemptResult(.retry(.rateLimit, reason: "slow down", after: .seconds(300)), count: batch.count)
        }
        try await run(destination) { store, lanes in
            try await store.dispatch(0..<5)
            lanes[0].start()
            try await eventually("open") { try await state(store) == "open" }
            let until = try await store.integer(["HGET", .text(store.keys.laneCircuit("crm")), "until"])
            #expect(Int64(until) - Clock.unixMilliseconds() > 290_000)
        }
    }

    @Test(
        arguments: [
            ([.delivered, .retry(.network, reason: "", after: nil)], nil),
            ([.retry(.unknown, reason: "", after: nil), .dead(.dataError, reason: "")], nil),
            ([.dead(.validation, reason: "")], nil),
            (
                [.retry(.network, reason: "reset", after: nil)],
                CircuitWatch.Failure(category: .network, reason: "reset")
            ),
            (
                [.dead(.unknown, reason: "odd")],
                CircuitWatch.Failure(category: .unknown, reason: "odd", isFinal: true)
            ),
            (
                [.dead(.configuration, reason: "gone")],
                CircuitWatch.Failure(category: .configuration, reason: "gone", isFinal: true)
            ),
        ] as [([DeliveryOutcome], CircuitWatch.Failure?)])
    func `a request fails the destination when it neither took nor judged an event`(
        outcomes: [DeliveryOutcome], failure: CircuitWatch.Failure?
    ) {
        #expect(CircuitWatch.failure(outcomes) == failure)
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneControlTests {
    private func control(_ store: StoreFixture) -> LaneControl {
        LaneControl(
            connection: store.connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds)
    }

    @Test func `a paused lane sends nothing, holds nothing in memory, and goes on when it is resumed`() async throws {
        let destination = AnsweringDestination(events: 100) { AttemptResult(.delivered, count: $0.count) }
        try await StoreFixture.run { store in
            let control = control(store)
            var configuration = DestinationConfiguration(name: "crm")
            // What it takes lingers: it must give that back.
            configuration.batch.lingerMilliseconds = 60_000
            try await LanePair.run(store, configuration, destination) { lanes in
                lanes[0].start()
                try await store.dispatch(0..<5)
                lanes[0].wake()
                try await eventually("it lingers") {
                    try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 5
                }
                #expect(try await control.pause("crm"))
                #expect(try await !control.pause("crm"), "it was before")
                #expect(try await control.status(["crm"])[0].pausedSince != nil)
                try await eventually("all is back in order") {
                    try await store.list(store.keys.lane("crm")) == (0..<5).map { StoreFixture.id($0) }
                }
                try await store.dispatch(5..<200)
                lanes[0].wake()
                await Signal().wait(atMost: .milliseconds(50))
                #expect(destination.batches.isEmpty)
                #expect(try await control.resume("crm"))
                try await eventually("a full batch is sent") { !destination.batches.isEmpty }
                #expect(destination.batches[0] == (0..<100).map { StoreFixture.id($0) })
            }
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `new events skip a disabled destination, what waits goes on waiting`() async throws {
        try await StoreFixture.run { store in
            let control = control(store)
            try await store.dispatch(0..<2)
            #expect(try await control.disable("crm"))
            try await store.dispatch(2..<3)
            #expect(try await store.state(2)["to:crm"] == "skipped")
            #expect(try await store.ledger("lane:crm:skipped") == 1)
            let answer = try await store.laneStore().exchange(.init(events: 9, bytes: 1 << 20, token: "t"))
            #expect(answer.gate == .disabled && answer.claimed.isEmpty)
            #expect(try await control.enable("crm"))
            #expect(
                try await store.laneStore().exchange(.init(events: 9, bytes: 1 << 20, token: "t")).claimed.count == 2)
        }
    }

    @Test func `an open circuit can be seen and reset`() async throws {
        try await StoreFixture.run { store in
            let control = control(store)
            #expect(try await control.status(["crm", "other"]) == [.init(), .init()])
            let report = CircuitReport(failures: 10, category: .network, reason: "refused")
            #expect(try await store.laneStore().exchange(.init(report: report)).circuit == .opened)
            let circuit = try await control.status(["crm"])[0].circuit
            #expect(circuit.state == .open && circuit.failures == 10)
            #expect(circuit.category == "network" && circuit.reason == "refused")
            #expect(try #require(circuit.until) - (try #require(circuit.since)) == 30_000)
            #expect(try await control.resetCircuit("crm"))
            #expect(try await !control.resetCircuit("crm"))
            #expect(try await control.status(["crm"])[0].circuit == .init())
        }
    }

    @Test func `of a lane that was emptied nothing is kept, of one that is not all is`() async throws {
        try await StoreFixture.run { store in
            let control = control(store)
            try await store.dispatch(0..<1)
            func set() async throws -> Int {
                try await store.integer([
                    "EXISTS", .text(store.keys.lanePaused("crm")), .text(store.keys.laneDisabled("crm")),
                    .text(store.keys.laneCircuit("crm")),
                ])
            }
            let lane = store.laneStore()
            _ = try await lane.exchange(.init(events: 1, bytes: 1 << 20, token: "t"))
            _ = try await lane.exchange(
                .init(report: CircuitReport(failures: 10, category: .network, reason: "refused")))
            _ = try await (control.pause("crm"), control.disable("crm"))
            #expect(try await control.empty("crm", into: nil) == (0, 1), "a forwarder still has it")
            #expect(try await set() == 3)
            _ = try await store.connection.command([
                "ZADD", .text(store.keys.laneInflight("crm")), 1, .text(StoreFixture.id(0)),
            ])
            #expect(try await control.empty("crm", into: nil) == (1, 0))
            #expect(try await set() == 0)
        }
    }

    @Test func `a circuit that nobody reports to is forgotten in the end`() async throws {
        try await StoreFixture.run { store in
            let report = CircuitReport(failures: 1, category: .network, reason: "refused")
            _ = try await store.laneStore().exchange(.init(report: report))
            #expect(try await store.expiry(store.keys.laneCircuit("crm")) > 500_000)
        }
    }

    @Test(arguments: [nil, "other"])
    func `a lane is emptied for good or into another, whatever its events wait for, and the books balance`(
        other: String?
    ) async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<6, to: ["crm", "third"])
            let lane = store.laneStore()
            let claimed = try await lane.exchange(.init(events: 3, bytes: 1 << 20, token: "t")).claimed
            let verdicts = [
                Verdict(.retry, delay: .seconds(60), category: .network, attempt: 1),
                Verdict(.dead, category: .dataError, attempt: 1),
            ]
            _ = try await lane.exchange(
                .init(settlements: zip(claimed, verdicts).map { Settlement(claim: $0.claim, verdict: $1) }))
            // The forwarder that holds the third is gone.
            _ = try await store.connection.command([
                "ZADD", .text(store.keys.laneInflight("crm")), 1, .text(StoreFixture.id(2)),
            ])
            let (taken, inFlight) = try await control(store).empty("crm", into: other)
            #expect(taken == 6 && inFlight == 0)
            for number in 0..<6 {
                let state = try await store.state(number)
                #expect(state["to:crm"] == "discarded")
                #expect(state["to:other"] == (other == nil ? nil : "waiting"))
                #expect(state["pending"] == (other == nil ? "1" : "2"), "the third owes it, too")
            }
            for name in ["crm", "other", "third"] { #expect(try await store.unaccounted(lane: name) == 0) }
            #expect(try await store.integer(["LLEN", .text(store.keys.lane("other"))]) == (other == nil ? 0 : 6))
        }
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct RampTests {
    @Test func `it doubles with each round of successes up to its limit, halves with a failure, and begins anew`() {
        var ramp = Ramp(limit: 10)
        var widths: [Int] = []
        for _ in 0..<5 {
            widths.append(ramp.width)
            for _ in 0..<ramp.width { ramp.succeeded() }
        }
        #expect(widths == [1, 2, 4, 8, 10])
        ramp.failed()
        #expect(ramp.width == 5)
        ramp.restart()
        #expect(ramp.width == 1)
        ramp.failed()
        #expect(ramp.width == 1)
    }

    @Test func `retries that are due and events that wait take turns`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<40)
            let lane = store.laneStore()
            let claimed = try await lane.exchange(.init(events: 20, bytes: 1 << 20, token: "t")).claimed
            let retry = Verdict(.retry, category: .network, attempt: 1)
            _ = try await lane.exchange(
                .init(settlements: claimed.map { Settlement(claim: $0.claim, verdict: retry) }))
            let mixed = try await lane.exchange(.init(events: 10, bytes: 1 << 20, token: "t")).claimed
            #expect(mixed.filter { $0.attempts == 1 }.count == 5)
            let rest = try await lane.exchange(.init(events: 40, bytes: 1 << 20, token: "t")).claimed
            #expect(rest.count == 30)
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }
}

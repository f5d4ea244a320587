import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneRateTests {
    @Test func `two forwarders together never exceed the rate in any span of its length, and use it`() async throws {
        var times: [UInt64] = []
        let destination = AnsweringDestination { batch in
            times.append(Clock.monotonicNanoseconds())
            return AttemptResult(.delivered, count: batch.count)
        }
        try await StoreFixture.run { store in
            var configuration = DestinationConfiguration(name: "crm")
            configuration.rateLimit = RateLimitConfiguration()
            configuration.rateLimit?.requests = 40
            try await LanePair.run(store, configuration, destination) { lanes in
                try await store.dispatch(0..<60)
                let start = Clock.monotonicNanoseconds()
                for lane in lanes { lane.start() }
                try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 60 }
                #expect(Clock.monotonicNanoseconds() - start >= 1_000_000_000)
            }
        }
        // The clock here is not Redis', and what a busy machine delays comes closer to what follows.
        let span: UInt64 = 900_000_000
        for (index, first) in times.enumerated() {
            #expect(times[index...].prefix { $0 < first + span }.count <= 40)
        }
    }

    @Test func `a permit is for a request, not for an event`() async throws {
        try await StoreFixture.run { store in
            let destination = AnsweringDestination(events: 50) { AttemptResult(.delivered, count: $0.count) }
            var configuration = DestinationConfiguration(name: "crm")
            configuration.batch.lingerMilliseconds = 0
            configuration.rateLimit = RateLimitConfiguration()
            configuration.rateLimit?.requests = 20
            try await LanePair.run(store, configuration, destination) { lanes in
                try await store.dispatch(0..<200)
                lanes[0].start()
                try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 200 }
                #expect(destination.batches.count <= 6)
            }
        }
    }

    private func lane(_ store: StoreFixture, _ requests: Int, _ period: Duration) -> LaneStore {
        LaneStore(
            "crm", connection: store.connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds,
            rules: LaneRules(rate: .init(requests: requests, period: period)))
    }

    @Test func `a rate that is raised holds at once, whatever the slower one had put off`() async throws {
        try await StoreFixture.run { store in
            let daily = lane(store, 1, .seconds(86_400))
            #expect(try await daily.exchange(.init(permits: 1)).permits == 1)
            #expect(try await daily.exchange(.init(permits: 1)).permits == 0)
            let fast = lane(store, 50, .seconds(1))
            for _ in 0..<5 {
                try await eventually("a permit by the new rate") {
                    try await fast.exchange(.init(permits: 1)).permits == 1
                }
            }
        }
    }

    @Test(arguments: [(1, 10), (10, 1), (100, 10), (190, 10), (1000, 1)])
    func `a burst and what may follow it in a period are what is allowed`(requests: Int, seconds: Int) {
        let rate = LaneRules.Rate(requests: requests, period: .seconds(seconds))
        let burst = rate.tolerance / rate.interval + 1
        let following = (Int64(seconds) * 1_000_000 - 1) / rate.interval
        #expect(burst + following <= Int64(requests) + 1)
        #expect(following >= Int64(requests) * 9 / 10 - 1)
    }
}

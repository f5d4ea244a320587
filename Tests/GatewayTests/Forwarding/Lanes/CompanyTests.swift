import Testing

@testable import WebhookGateway

/// A healthy destination beside three bad ones. `scripts/bench --forwarding` does the same with a hundred thousand events,
/// over sockets and against the clock.
@ControlPlane
struct CompanyTests {
    private static let events = 2000

    private func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.destinations = NamedTable(
            ["healthy", "failing", "slow", "breaking"].map { name in
                var destination = DestinationConfiguration(name: name)
                destination.type = "answering"
                destination.concurrency = 16
                destination.circuit.openSeconds = 60
                // No pause is longer than the shortest one.
                destination.retry.maxSeconds = 0
                return destination
            })
        return configuration
    }

    @Test func `one that fails, one that is slow and one that breaks connections hold up nobody and lose nothing`()
        async throws
    {
        let gate = Gate()
        let healthy = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
        let failing = AnsweringDestination {
            AttemptResult(.retry(.providerError, reason: "500", after: nil), count: $0.count)
        }
        let slow = AnsweringDestination { batch in
            await gate.pass()
            return AttemptResult(.delivered, count: batch.count)
        }
        var requests = 0
        var resets: Set<String> = []
        let breaking = AnsweringDestination { batch in
            requests += 1
            guard requests % 20 == 0 else { return AttemptResult(.delivered, count: batch.count) }
            // Taken, and the answer is lost.
            resets.formUnion(batch.map(\.id))
            return AttemptResult(.retry(.network, reason: "reset", after: nil), count: batch.count)
        }
        let all = ["healthy": healthy, "failing": failing, "slow": slow, "breaking": breaking]
        try await StoreFixture.run { store in
            let forwarder = try Forwarder(configuration(), redis: store.server.settings, log: Log(level: .error)) {
                configuration throws(InvalidDestination) in
                guard let destination = all[configuration.name] else {
                    throw InvalidDestination(key: "type", reason: "the test has none of that name")
                }
                return destination
            }
            try await store.enqueue(0..<Self.events)
            forwarder.start()
            for name in ["healthy", "breaking"] {
                try await eventually("\(name) has all") {
                    try await store.ledger("lane:\(name):done") == Self.events
                }
            }
            #expect(try await store.ledger("lane:slow:done") == 0, "it has not answered once")
            #expect(healthy.deliveries.count == Self.events)
            #expect(healthy.batches.count == Self.events)
            #expect(failing.batches.count < 30, "its circuit is open")
            let doubled = breaking.deliveries.filter { $0.value > 1 }.keys
            #expect(breaking.deliveries.count == Self.events && resets.isSuperset(of: doubled))
            gate.open()
            try await eventually("the slow one has all") {
                try await store.ledger("lane:slow:done") == Self.events
            }
            await forwarder.stop(within: .seconds(5))
            for name in all.keys { #expect(try await store.unaccounted(lane: name) == 0) }
            #expect(try await store.unaccountedEvents() == 0)
            let waiting =
                try await store.integer(["LLEN", .text(store.keys.lane("failing"))])
                + store.integer(["ZCARD", .text(store.keys.laneDelayed("failing"))])
            #expect(waiting == Self.events, "nothing is lost")
        }
    }
}

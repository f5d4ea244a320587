import Testing

@testable import WebhookGateway

@ControlPlane
struct ForwarderTests {
    private func configuration(_ destinations: [String], change: (inout DestinationConfiguration) -> Void = { _ in })
        -> Configuration
    {
        var configuration = Configuration()
        configuration.archive.ttlSeconds = 600
        configuration.destinations = NamedTable(
            destinations.map { name in
                var destination = DestinationConfiguration(name: name)
                destination.type = "answering"
                destination.batch.lingerMilliseconds = 5
                // No pause is longer than the shortest one.
                destination.retry.maxSeconds = 0
                change(&destination)
                return destination
            })
        return configuration
    }

    private func forwarder(
        _ store: StoreFixture, _ configuration: Configuration, _ destinations: [String: AnsweringDestination]
    ) throws -> Forwarder {
        try Forwarder(configuration, redis: store.server.settings, log: Log(level: .error)) {
            configuration throws(InvalidDestination) in
            guard let destination = destinations[configuration.name] else {
                throw InvalidDestination(key: "type", reason: "the test has none of that name")
            }
            return destination
        }
    }

    /// Refuses one event in a hundred for good and, by chance, one attempt in ten for now.
    private func flaky(_ events: Int) -> AnsweringDestination {
        AnsweringDestination(events: events) { batch in
            AttemptResult(
                outcomes: batch.map { event in
                    if event.id.hasSuffix("77") { return .dead(.dataError, reason: "it ends in 77") }
                    return Int.random(in: 0..<10) == 0
                        ? .retry(.providerError, reason: "bad luck", after: nil) : .delivered
                })
        }
    }

    @Test func `ten thousand events through failing destinations are each settled once`() async throws {
        try await StoreFixture.run { store in
            let destinations = ["many": flaky(100), "single": flaky(1)]
            let configuration = configuration(["many", "single"]) { destination in
                destination.batch.maxEvents = 100
                destination.concurrency = 16
            }
            // Two processes on one Redis: each with a dispatcher, lanes and a reaper of its own.
            let forwarders = try (0..<2).map { _ in try forwarder(store, configuration, destinations) }
            for forwarder in forwarders { forwarder.start() }
            try await store.enqueue(0..<10_000)
            for name in ["many", "single"] {
                try await eventually("all delivered") { try await store.ledger("lane:\(name):done") == 9_900 }
                try await eventually("the rest dead") {
                    try await store.integer(["ZCARD", .text(store.keys.laneDead(name))]) == 100
                }
            }
            for forwarder in forwarders { await forwarder.stop(within: .seconds(5)) }

            #expect(forwarders.map(\.dispatched).reduce(0, +) == 10_000)
            #expect(try await store.unaccountedEvents() == 0)
            for (name, destination) in destinations {
                #expect(try await store.unaccounted(lane: name) == 0)
                #expect(try await store.ledger("lane:\(name):entered") == 10_000)
                #expect(try await store.integer(["EXISTS", .text(store.keys.laneTokens(name))]) == 0)
                let counts = forwarders.compactMap { $0.counts[name] }
                #expect(counts.map(\.delivered).reduce(0, +) == 9_900)
                #expect(counts.map(\.dead).reduce(0, +) == 100)
                #expect(counts.map(\.late).reduce(0, +) == 0)
                // Each delivery beyond the first of an event is one of the retries, so nothing was sent twice.
                let sent = destination.deliveries.values.reduce(0, +)
                #expect(sent == 10_000 + counts.map(\.retried).reduce(0, +))
            }
            #expect(try await store.state(76)["status"] == "delivered")
            #expect(try await store.state(77)["status"] == "dead")
        }
    }

    @Test func `Redis may die and come back`() async throws {
        try await StoreFixture.run(isDurable: true) { store in
            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            let forwarder = try forwarder(store, configuration(["crm"]), ["crm": destination])
            forwarder.start()
            var total = 0
            for _ in 0..<3 {
                try await store.enqueue(total..<total + 300)
                total += 300
                store.server.kill()
                await Signal().wait(atMost: .milliseconds(30))
                try store.server.start()
                try await eventually("the test's connection is back") { store.connection.isReady }
                try await eventually("all delivered") { try await store.ledger("lane:crm:done") == total }
            }
            await forwarder.stop(within: .seconds(5))
            #expect(try await store.unaccounted(lane: "crm") == 0)
            #expect(try await store.unaccountedEvents() == 0)
            #expect(Set(destination.deliveries.keys).count == total)
        }
    }

    @Test func `stopping without Redis ends in time`() async throws {
        try await StoreFixture.run { store in
            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            let forwarder = try forwarder(store, configuration(["crm"]), ["crm": destination])
            forwarder.start()
            try await store.enqueue(0..<1)
            try await eventually("delivered") { try await store.ledger("lane:crm:done") == 1 }
            store.server.kill()
            let start = Clock.monotonicNanoseconds()
            await forwarder.stop(within: .seconds(20))
            #expect(Clock.monotonicNanoseconds() - start < 5_000_000_000)
        }
    }

    @Test func `a reload adds and removes destinations; what waits for one that is gone is kept`() async throws {
        try await StoreFixture.run { store in
            let gate = Gate()
            let stuck = AnsweringDestination { batch in
                await gate.pass()
                return AttemptResult(.delivered, count: batch.count)
            }
            let fine = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            let all = ["stuck": stuck, "fine": fine]
            let forwarder = try forwarder(store, configuration(["stuck"], change: { $0.concurrency = 1 }), all)
            forwarder.start()
            try await store.enqueue(0..<3)
            try await eventually("under way") { stuck.underWay == 1 }
            try forwarder.reload(configuration(["fine"]))
            gate.open()
            try await store.enqueue(3..<5)
            try await eventually("the new one gets what is new") { try await store.ledger("lane:fine:done") == 2 }
            try await eventually("the old one has ended") { stuck.isClosed }
            #expect(try await store.list(store.keys.lane("stuck")) == [1, 2].map { StoreFixture.id($0) })
            #expect(try await store.unaccounted(lane: "stuck") == 0)

            #expect(throws: InvalidDestination.self) { try forwarder.reload(configuration(["unheard of"])) }
            try await store.enqueue(5..<6)
            try await eventually("all stays as it was") { try await store.ledger("lane:fine:done") == 3 }
            await forwarder.stop(within: .seconds(5))
        }
    }

    @Test func `a disabled destination skips new events visibly and sends nothing`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<2, to: ["off"])
            let forwarder = try forwarder(store, configuration(["off"], change: { $0.enabled = false }), [:])
            forwarder.start()
            try await store.enqueue(2..<3)
            try await eventually("skipped") { try await store.state(2)["to:off"] == "skipped" }
            await forwarder.stop(within: .seconds(5))
            #expect(try await store.ledger("lane:off:skipped") == 1)
            #expect(try await store.list(store.keys.lane("off")) == [0, 1].map { StoreFixture.id($0) })
        }
    }

    @Test func `events of a forwarder that died are delivered by another`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<3)
            // It claimed a lane's events and a queue's, and was never seen again.
            _ = try await store.laneStore().exchange(.init(events: 2, bytes: 1 << 20, token: "dead"))
            for number in 0..<2 {
                _ = try await store.connection.command([
                    "ZADD", .text(store.keys.laneInflight("crm")), 1, .text(StoreFixture.id(number)),
                ])
            }
            try await store.enqueue(3..<5)
            _ = try await store.queueStore("dead").claim()
            _ = try await store.connection.command(["DEL", .text(store.keys.lease("events", "dead"))])

            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            var configuration = configuration(["crm"])
            configuration.queues.leaseCheckSeconds = 1
            let forwarder = try forwarder(store, configuration, ["crm": destination])
            forwarder.start()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 5 }
            await forwarder.stop(within: .seconds(5))
            #expect(destination.deliveries.values.allSatisfy { $0 == 1 })
            #expect(try await store.unaccounted(lane: "crm") == 0)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `foreign junk on the queue goes to the dead list and blocks nothing`() async throws {
        try await StoreFixture.run { store in
            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            let forwarder = try forwarder(store, configuration(["crm"]), ["crm": destination])
            let evil = #"{"id":"a\u0062c","type":"t","source":"/webhooks/s"}"#
            for junk in ["", "{", "null", #"{"id":"../../x","type":"t","source":"/webhooks/s"}"#, evil] {
                _ = try await store.connection.command(["RPUSH", .text(store.keys.queue("events")), .text(junk)])
            }
            _ = try await store.connection.command([
                "RPUSH", .text(store.keys.queue("events")), .bytes([0xFF, 0xFE, 0]),
            ])
            try await store.enqueue(0..<1)
            forwarder.start()
            try await eventually("delivered") { try await store.ledger("lane:crm:done") == 1 }
            await forwarder.stop(within: .seconds(5))
            #expect(try await store.integer(["LLEN", .text(store.keys.dead("events"))]) == 6)
            #expect(try await store.unaccountedEvents() == 0)
        }
    }
}

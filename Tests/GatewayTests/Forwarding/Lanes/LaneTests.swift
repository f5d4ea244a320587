import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneTests {
    private static let quiet = Log(level: .error)

    /// Runs a lane `crm` on a private Redis.
    private func run(
        _ destination: AnsweringDestination, configure: (inout DestinationConfiguration) -> Void = { _ in },
        _ body: @ControlPlane (StoreFixture, Lane) async throws -> Void
    ) async throws {
        try await StoreFixture.run { store in
            let link = StoreLink(store.server.settings, scripts: Forwarder.scripts, log: Self.quiet)
            link.start()
            defer { link.stop() }
            var configuration = DestinationConfiguration(name: "crm")
            configuration.batch.maxEvents = destination.limits.events
            configure(&configuration)
            let lane = Lane(
                configuration, destination: destination,
                store: LaneStore("crm", connection: link.connection, keys: store.keys, archiveSeconds: 600), link: link,
                log: Self.quiet, renewal: .milliseconds(200))
            try await body(store, lane)
            await lane.stop(within: .seconds(5))
        }
    }

    @Test func `events arrive in order, one a request, and are settled`() async throws {
        let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count, status: 200) }
        try await run(destination, configure: { $0.concurrency = 1 }) { store, lane in
            try await store.dispatch(0..<20)
            lane.start()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 20 }
            #expect(destination.batches == (0..<20).map { [StoreFixture.id($0)] })
            #expect(destination.mostUnderWay == 1)
            #expect(lane.counts == Lane.Counts(requests: 20, delivered: 20))
            #expect(try await store.unaccounted(lane: "crm") == 0)
            let attempt = try #require(try await store.list(store.keys.attempts(StoreFixture.id(0))).first)
            #expect(attempt.contains(#""destination":"crm","attempt":1,"status":200,"milliseconds":"#))
        }
        #expect(destination.isClosed)
    }

    @Test func `requests under way never exceed the concurrency, and no more is claimed than they carry`() async throws
    {
        let gate = Gate()
        gate.open()
        let destination = AnsweringDestination(events: 2) { batch in
            await gate.pass()
            return AttemptResult(.delivered, count: batch.count)
        }
        try await run(destination, configure: { $0.concurrency = 3 }) { store, lane in
            lane.start()
            try await store.dispatch(0..<10)
            try await eventually("it has warmed up") { try await store.ledger("lane:crm:done") == 10 }
            gate.shut()
            try await store.dispatch(10..<30)
            try await eventually("three requests") { destination.underWay == 3 }
            #expect(try await store.integer(["ZCARD", .text(store.keys.laneInflight("crm"))]) == 6)
            gate.open()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 30 }
            #expect(destination.mostUnderWay == 3)
        }
    }

    @Test func `a batch lingers for company, then goes alone`() async throws {
        let destination = AnsweringDestination(events: 10) { AttemptResult(.delivered, count: $0.count) }
        try await run(destination, configure: { $0.batch.lingerMilliseconds = 50 }) { store, lane in
            lane.start()
            try await store.dispatch(0..<3)
            lane.wake()
            try await eventually("all delivered") { try await store.ledger("lane:crm:done") == 3 }
            #expect(destination.batches == [(0..<3).map { StoreFixture.id($0) }])
        }
    }

    @Test func `each event of a batch ends its own way`() async throws {
        let destination = AnsweringDestination(events: 3) { batch in
            AttemptResult(outcomes: [
                .delivered, .retry(.rateLimit, reason: "slow down", after: .seconds(600)),
                .dead(.dataError, reason: "no e-mail"),
            ])
        }
        try await run(destination) { store, lane in
            try await store.dispatch(0..<3)
            lane.start()
            try await eventually("settled") {
                lane.counts == Lane.Counts(requests: 1, delivered: 1, retried: 1, dead: 1)
            }
            try await eventually("told") { try await store.members(store.keys.laneDead("crm")) == [StoreFixture.id(2)] }
            #expect(try await store.state(0)["to:crm"] == "delivered")
            #expect(try await store.state(1)["to:crm"] == "retrying")
            #expect(try await store.state(1)["category:crm"] == "rate_limit")
            #expect(try await store.state(2)["reason:crm"] == "no e-mail")
            let scores = try await store.strings(["ZRANGE", .text(store.keys.laneDelayed("crm")), 0, -1, "WITHSCORES"])
            #expect(scores.first == StoreFixture.id(1))
            let due = try #require(scores.last.flatMap { Int64($0) })
            #expect(due - Clock.unixMilliseconds() > 590_000)
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `an answer about several tenants' events is told to none of them`() async throws {
        let destination = AnsweringDestination(events: 2) { batch in
            AttemptResult(.dead(.dataError, reason: "row of b@other.example"), count: batch.count, status: 400)
        }
        try await run(destination, configure: { $0.batch.lingerMilliseconds = 10_000 }) { store, lane in
            try await store.dispatch(0..<1, tenant: "acme")
            try await store.dispatch(1..<2, tenant: "other")
            try await store.dispatch(2..<4, tenant: "acme")
            lane.start()
            try await eventually("all dead") { try await store.members(store.keys.laneDead("crm")).count == 4 }
            #expect(destination.batches.map(\.count) == [2, 2])
            let tenants = DeadStore(
                connection: store.connection, keys: store.keys, archiveSeconds: 600, hidesSharedReasons: true)
            var shown: [Bool] = []
            for number in [0, 2] {
                let id = DeadLetter.ID(.lane("crm"), StoreFixture.id(number))
                #expect(try await store.deadStore.letter(id)?.reason == "row of b@other.example")
                let letter = try #require(try await tenants.letter(id))
                shown.append(letter.reason.contains("b@other.example"))
                #expect(letter.category == "data_error" && letter.status == 400)
                let attempt = try #require(try await tenants.attempts(of: id.event).first)
                #expect([SharedAnswer.concealed(attempt)].texts[0].contains("b@other.example") == shown.last)
            }
            #expect(shown == [false, true])
            let groups = try await tenants.groups(DeadFilter(tenant: "acme"), within: .seconds(5)).groups
            #expect(groups.map(\.count) == [2, 1])
            for group in groups {
                let filter = DeadFilter(tenant: "acme", group: group.fingerprint)
                #expect(try await tenants.list(filter, limit: 10).letters.count == group.count)
            }
        }
    }

    @Test func `what fails for a while arrives in the end`() async throws {
        var left = 3
        let destination = AnsweringDestination { batch in
            left -= 1
            guard left < 0 else {
                return AttemptResult(.retry(.network, reason: "reset", after: nil), count: batch.count)
            }
            return AttemptResult(.delivered, count: batch.count)
        }
        try await run(destination, configure: { $0.retry.maxSeconds = 0 }) { store, lane in
            try await store.dispatch(0..<1)
            lane.start()
            try await eventually("delivered") { try await store.ledger("lane:crm:done") == 1 }
            #expect(destination.batches.count == 4)
            #expect(try await store.list(store.keys.attempts(StoreFixture.id(0))).count == 4)
            #expect(try await store.state(0)["attempts:crm"] == "4")
        }
    }

    @Test func `what is too old dies with the last reason`() async throws {
        let destination = AnsweringDestination {
            AttemptResult(.retry(.network, reason: "reset", after: nil), count: $0.count)
        }
        try await run(destination, configure: { $0.retry.maxAgeSeconds = 0 }) { store, lane in
            try await store.dispatch(0..<1)
            lane.start()
            try await eventually("dead") { try await store.state(0)["to:crm"] == "dead" }
            let state = try await store.state(0)
            #expect(state["category:crm"] == "network" && state["status"] == "dead")
            #expect(
                state["reason:crm"]?.hasSuffix("reset") == true && state["reason:crm"]?.hasPrefix("given up") == true)
        }
    }

    @Test func `a missing record is a dead letter, not a crash`() async throws {
        let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
        try await run(destination) { store, lane in
            try await store.dispatch(0..<2)
            _ = try await store.connection.command(["DEL", .text(store.keys.event(StoreFixture.id(0)))])
            lane.start()
            try await eventually("settled") { try await store.ledger("lane:crm:done") == 1 }
            try await eventually("dead") { try await store.state(0)["category:crm"] == "data_error" }
            #expect(destination.batches == [[StoreFixture.id(1)]])
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `a destination that tells too little is tried again`() async throws {
        let destination = AnsweringDestination(events: 2) { _ in AttemptResult(outcomes: [.delivered]) }
        try await run(destination) { store, lane in
            try await store.dispatch(0..<2)
            lane.start()
            try await eventually("settled") { try await store.state(1)["to:crm"] == "retrying" }
            #expect(try await store.state(1)["category:crm"] == "unknown")
        }
    }

    @Test func `a claim is renewed while its request takes long`() async throws {
        let gate = Gate()
        let destination = AnsweringDestination { batch in
            await gate.pass()
            return AttemptResult(.delivered, count: batch.count)
        }
        try await run(destination) { store, lane in
            try await store.dispatch(0..<1)
            lane.start()
            try await eventually("under way") { destination.underWay == 1 }
            let inflight = store.keys.laneInflight("crm")
            // As if the claim were about to end.
            _ = try await store.connection.command(["ZADD", .text(inflight), 1, .text(StoreFixture.id(0))])
            try await eventually("renewed") {
                try await store.integer(["ZSCORE", .text(inflight), .text(StoreFixture.id(0))]) > 1
            }
            gate.open()
            try await eventually("delivered") { try await store.ledger("lane:crm:done") == 1 }
            #expect(lane.counts.late == 0)
        }
    }

    @Test func `stopping lets requests end, and gives back what is not sent`() async throws {
        let gate = Gate()
        gate.open()
        let destination = AnsweringDestination { batch in
            await gate.pass()
            return AttemptResult(.delivered, count: batch.count)
        }
        try await run(destination, configure: { $0.concurrency = 2 }) { store, lane in
            lane.start()
            try await store.dispatch(0..<2)
            try await eventually("it has warmed up") { try await store.ledger("lane:crm:done") == 2 }
            gate.shut()
            try await store.dispatch(2..<7)
            try await eventually("under way") { destination.underWay == 2 }
            let stopping = Task { @ControlPlane in await lane.stop(within: .seconds(60)) }
            await Signal().wait(atMost: .milliseconds(20))
            gate.open()
            await stopping.value
            #expect(try await store.ledger("lane:crm:done") == 4)
            #expect(try await store.list(store.keys.lane("crm")) == (4..<7).map { StoreFixture.id($0) })
            #expect(destination.isClosed)
        }
    }

    @Test func `a request that outlasts the stop gives its event back`() async throws {
        let gate = Gate()
        let destination = AnsweringDestination { batch in
            await gate.pass()
            return AttemptResult(.delivered, count: batch.count)
        }
        try await run(destination, configure: { $0.concurrency = 1 }) { store, lane in
            try await store.dispatch(0..<3)
            lane.start()
            try await eventually("under way") { destination.underWay == 1 }
            await lane.stop(within: .milliseconds(20))
            #expect(try await store.list(store.keys.lane("crm")) == (0..<3).map { StoreFixture.id($0) })
            #expect(try await store.unaccounted(lane: "crm") == 0)
            #expect(!destination.isClosed, "the request still uses it")
            gate.open()
        }
    }
}

import Testing

@testable import WebhookGateway

/// What becomes of deliveries while Redis is away in one way or another, and when it is back.
@ControlPlane
struct DurableStoreTests {
    /// A way of losing Redis, and how it comes back.
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Whether nothing is stored any more as soon as it has begun.
        var isImmediate = true
        var begin: @ControlPlane @Sendable (SpoolBench) throws -> Void
        var end: @ControlPlane @Sendable (SpoolBench) throws -> Void
    }

    nonisolated private static let faults: [Fault] = [
        Fault(testDescription: "killed") {
            $0.server.kill()
        } end: {
            try $0.server.start()
        },
        Fault(testDescription: "cut off") {
            $0.proxy.set(.cut)
        } end: {
            $0.proxy.set(.pass)
        },
        Fault(testDescription: "half-open") {
            $0.proxy.set(.hold)
        } end: {
            $0.proxy.set(.pass)
        },
        Fault(testDescription: "answers lost") {
            $0.proxy.set(.holdAnswers)
        } end: {
            $0.proxy.set(.pass)
        },
        Fault(testDescription: "suspended") {
            $0.server.suspend()
        } end: {
            $0.server.resume()
        },
        Fault(testDescription: "asleep", isImmediate: false) { bench in
            try WorkerThread.start(named: "sleep") { [path = bench.server.socketPath] in
                _ = try? RedisProbe(path).command("DEBUG", "SLEEP", "3")
            }
        } end: { _ in
        },
        Fault(testDescription: "out of memory") {
            try $0.probe().command("CONFIG", "SET", "maxmemory", 1)
        } end: {
            try $0.probe().command("CONFIG", "SET", "maxmemory", 0)
        },
        Fault(testDescription: "read-only") {
            try $0.probe().command("REPLICAOF", "127.0.0.1", "1")
        } end: {
            try $0.probe().command("REPLICAOF", "NO", "ONE")
        },
        Fault(testDescription: "too few replicas") {
            try $0.probe().command("CONFIG", "SET", "min-replicas-to-write", 1)
        } end: {
            try $0.probe().command("CONFIG", "SET", "min-replicas-to-write", 0)
        },
        Fault(testDescription: "password changed") {
            try $0.probe().command("CONFIG", "SET", "requirepass", "changed")
            let probe = try $0.probe()
            try probe.command("AUTH", "changed")
            try probe.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        } end: {
            let probe = try $0.probe()
            try probe.command("AUTH", "changed")
            try probe.command("CONFIG", "SET", "requirepass", "")
        },
        Fault(testDescription: "full of clients") {
            let probe = try $0.probe()
            try probe.command("CONFIG", "SET", "maxclients", 1)
            try probe.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            $0.kept = probe
        } end: {
            try $0.kept?.command("CONFIG", "SET", "maxclients", 1000)
            $0.kept = nil
        },
    ]

    @Test(arguments: faults, [false, true])
    func `every event that was acknowledged during a fault is stored once when it is over`(
        fault: Fault, inGroups: Bool
    ) async throws {
        try await SpoolBench.run(.init(isDurable: true, commitsInGroups: inGroups)) { bench in
            var events = [NewEvent].samples(0..<20)
            for result in await bench.acceptAll(events) { #expect(result.isNew) }
            try fault.begin(bench)
            // The first ones may have been sent: their outcome is unknown, so the spool has them too.
            for part in 0..<3 {
                let more = [NewEvent].samples(100 * (part + 1)..<100 * (part + 1) + 30)
                let results = await bench.acceptAll(more)
                for result in results { #expect(result.isSpooled || result.isNew) }
                if part > 0, fault.isImmediate { #expect(!results.contains { !$0.isSpooled }) }
                events += more
            }
            #expect(bench.store.isReady)
            try fault.end(bench)
            try await bench.isDrained()
            try bench.expectExactly(events)
            // And new ones go straight to Redis again.
            try await eventually("direct deliveries") { bench.connection.isReady }
            #expect(await bench.accept([.sample(999)]).isNew)
            #expect((1...3).contains(bench.logLines("\"Redis lost\"")))
            #expect(bench.logLines("\"Redis connected\"") >= 2)
            #expect(bench.logLines("Redis") < 15)
        }
    }

    @Test func `a delivery in flight when the answers stop is spooled, and stored once though Redis had it`()
        async throws
    {
        try await SpoolBench.run { bench in
            bench.proxy.set(.holdAnswers)
            let event = NewEvent.sample(1)
            #expect(await bench.accept([event]).isSpooled)
            #expect(try bench.stored() == [event.id.description])
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly([event])
            #expect(bench.drained.map(\.answer) == [.new])
            #expect(try bench.ledger("accepted") == 1)
        }
    }

    @Test func `without a spool nothing is acknowledged that Redis did not answer for`() async throws {
        try await SpoolBench.run(.init(hasSpool: false)) { bench in
            bench.proxy.set(.holdAnswers)
            let result = await bench.accept([.sample(1)])
            guard case .failure(.unknownOutcome) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(!bench.store.isReady)
            let later = await bench.accept([.sample(2)])
            guard case .failure(.unavailable) = later else {
                Issue.record("\(later)")
                return
            }
        }
    }

    @Test func `while Redis is away nobody waits for a deadline`() async throws {
        let patient = { (settings: inout RedisSettings) in settings.commandDeadline = .seconds(3) }
        try await SpoolBench.run(.init(change: patient)) { bench in
            bench.proxy.set(.hold)
            _ = await bench.accept([.sample(1)])
            let before = ContinuousClock.now
            for number in 2..<22 { #expect(await bench.accept([.sample(number)]).isSpooled) }
            #expect(ContinuousClock.now - before < .seconds(30), "twenty deadlines are a minute")
            bench.proxy.set(.cut)
            bench.proxy.set(.pass)
            try await bench.isDrained()
        }
    }

    @Test func `an event that proves a duplicate leaves an alias to the first`() async throws {
        try await SpoolBench.run { bench in
            let first = NewEvent.sample(1, key: "evt")
            #expect(await bench.accept([first]).isNew)
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            let second = NewEvent.sample(2, key: "evt")
            #expect(await bench.accept([second]).isSpooled)
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly([first])
            #expect(bench.drained.map(\.answer) == [.duplicate(of: first.id.description)])
            let alias = try bench.probe().command("GET", .text(bench.keys.alias(second.id.description)))
            #expect(alias.string == first.id.description)
            #expect(try bench.ledger("duplicate") == 1)
        }
    }

    @Test func `events keep their arrival, order, record and queues through the spool`() async throws {
        try await SpoolBench.run { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            let events = [NewEvent].samples(0..<4)
            for event in events { #expect(await bench.accept([event]).isSpooled) }
            bench.proxy.set(.pass)
            try await bench.isDrained()
            #expect(try bench.stored() == events.map(\.id.description))
            let probe = try bench.probe()
            for event in events {
                let score = try probe.command("ZSCORE", .text(bench.keys.index("shop")), .text(event.id.description))
                #expect(score.string == "\(event.id.unixMilliseconds)")
                let record = try #require(
                    EventRecord(try probe.command("GET", .text(bench.keys.event(event.id.description))).bytes ?? []))
                #expect(Array(record.body) == Array(event.body))
                #expect(Array(record.metadata) == Array(event.metadata))
            }
        }
    }

    @Test func `a Redis that comes back empty gets what the spool has`() async throws {
        try await SpoolBench.run(.init(isDurable: false)) { bench in
            #expect(await bench.accept([.sample(1)]).isNew)
            bench.server.kill()
            try await bench.becomesAway()
            let event = NewEvent.sample(2)
            #expect(await bench.accept([event]).isSpooled)
            try bench.server.start()
            try await bench.isDrained()
            try bench.expectExactly([event])
        }
    }

    @Test func `a Redis that is loading its data is waited for`() async throws {
        let slowly = ["--key-load-delay", "250"]
        let patient = { (settings: inout RedisSettings) in settings.commandDeadline = .seconds(30) }
        try await SpoolBench.run(.init(isDurable: true, serverArguments: slowly, change: patient)) { bench in
            let before = [NewEvent].samples(0..<3000)
            for result in await bench.acceptAll(before) { #expect(result.isNew) }
            bench.server.kill()
            try await bench.becomesAway()
            try bench.server.start()
            let during = [NewEvent].samples(5000..<5010)
            for result in await bench.acceptAll(during) { #expect(result.isSpooled) }
            try await bench.isDrained()
            try bench.expectExactly(before + during)
            #expect(bench.logLines("LOADING") > 0)
        }
    }

    @Test func `scripts that Redis has lost are sent again while draining`() async throws {
        try await SpoolBench.run { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            let events = [NewEvent].samples(0..<10)
            for result in await bench.acceptAll(events) { #expect(result.isSpooled) }
            bench.connection.willFlush = { [flush = bench.connection.willFlush, probe = try bench.probe()] in
                _ = try? probe.command("SCRIPT", "FLUSH")
                flush?()
            }
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly(events)
        }
    }

    @Test func `new deliveries go straight to Redis while the spool drains`() async throws {
        try await SpoolBench.run { bench in
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            var events = [NewEvent].samples(0..<5000)
            for result in await bench.acceptAll(events) { #expect(result.isSpooled) }
            bench.proxy.set(.pass)
            try await bench.becomesReady()
            var wasConcurrent = false
            for number in 10_000..<10_020 {
                let event = NewEvent.sample(number)
                #expect(await bench.accept([event]).isNew)
                wasConcurrent = wasConcurrent || bench.status.figures.events > 0
                events.append(event)
            }
            #expect(wasConcurrent)
            try await bench.isDrained()
            try bench.expectExactly(events)
        }
    }

    @Test func `one event that Redis refuses holds up no other`() async throws {
        try await SpoolBench.run { bench in
            let probe = try bench.probe()
            try probe.command("SET", .text(bench.keys.queue("broken")), "a string, not a list")
            let broken = SourceKeys(source: "shop", queues: ["broken"], dedupeWindowSeconds: 600, keys: bench.keys)
            bench.proxy.set(.cut)
            try await bench.becomesAway()
            let stuck = NewEvent.sample(1)
            await withCheckedContinuation { continuation in
                bench.store.accept([stuck], of: broken) { _ in continuation.resume() }
            }
            let events = [NewEvent].samples(10..<14)
            for result in await bench.acceptAll(events) { #expect(result.isSpooled) }
            bench.proxy.set(.pass)
            try await eventually("the others are stored") { try bench.stored().count == 4 }
            #expect(await bench.accept([.sample(20)]).isNew)
            try await eventually("the refused one has been tried again") { bench.logLines("WRONGTYPE") >= 3 }
            #expect(bench.status.figures.events == 1)
            try probe.command("DEL", .text(bench.keys.queue("broken")))
            try await bench.isDrained()
            #expect(try probe.list(bench.keys.queue("broken")).count == 1)
        }
    }
}

extension DurableStoreTests {
    @Test func `a Redis that begins to evict gets no events, and gets them again when it is mended`() async throws {
        try await SpoolBench.run(.init(isExamined: true)) { bench in
            #expect(await bench.accept([.sample(1)]).isNew)
            try bench.probe().command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            // It is noticed by the next look; a new connection is looked at before anything else.
            bench.proxy.set(.cut)
            bench.proxy.set(.pass)
            try await eventually("the connection") { bench.logLines("may drop keys") == 1 }
            #expect(await bench.accept([.sample(2)]).isSpooled)
            try bench.probe().command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            bench.proxy.set(.cut)
            bench.proxy.set(.pass)
            try await bench.isDrained()
            #expect(await bench.accept([.sample(3)]).isNew)
            #expect(try bench.stored().count == 3)
        }
    }

    @Test func `a Redis with data of another layout gets no events, whether or not there is a spool`() async throws {
        for hasSpool in [true, false] {
            try await SpoolBench.run(.init(isExamined: true, hasSpool: hasSpool)) { bench in
                #expect(await bench.accept([.sample(1)]).isNew)
                try bench.probe().command("HSET", "wh:{0}:meta", "partitions", 4)
                bench.proxy.set(.cut)
                bench.proxy.set(.pass)
                try await eventually("the look") { bench.logLines("holds data in 4 partitions") == 1 }
                let result = await bench.accept([.sample(2)])
                #expect(hasSpool ? result.isSpooled : !result.isNew)
                #expect(try bench.stored().count == 1)
                #expect(bench.store.isReady == hasSpool)
            }
        }
    }

    @Test func `a slow Redis does not fill the memory: past a bound the spool takes the rest`() async throws {
        try await SpoolBench.run(.init(mostBytesInFlight: 10_000)) { bench in
            bench.server.suspend()
            let events = [NewEvent].samples(0..<200)
            let results = await bench.acceptAll(events)
            bench.server.resume()
            #expect(results.allSatisfy { $0.isSpooled || $0.isNew })
            try await bench.isDrained()
            try bench.expectExactly(events)
        }
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct ArchiveTrimmerTests {
    @Test func `past maxEvents the oldest settled events go, and nothing that is owed to someone`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<10)
            try await wait(store, in: store.keys.queue("events"), since: 0)
            // 0 waits for the forwarder; 1 lies dead; 2 is owed by a lane; 3 waits to be replayed.
            try await settle(store, 4..<10)
            _ = try await store.connection.pipeline([
                ["HSET", .text(store.keys.state(StoreFixture.id(1))), "pending", 0, "status", "dead"],
                ["PERSIST", .text(store.keys.event(StoreFixture.id(1)))],
                ["HSET", .text(store.keys.state(StoreFixture.id(2))), "pending", 1, "status", "forwarding"],
                ["HSET", .text(store.keys.state(StoreFixture.id(3))), "pending", 0, "status", "queued"],
            ])
            try await trim(store, "archive: { maxEvents: 6, maxBytes: 0 }") { trimmer in
                #expect(trimmer.trimmed == 4)
                #expect(trimmer.figures?.events == 6)
                #expect(trimmer.figures?.owed == 4)
            }
            let left = [0, 1, 2, 3, 8, 9].map { StoreFixture.id($0) }
            #expect(try await store.members(store.keys.index("stripe")) == left)
            for number in 0..<10 {
                let isLeft = try await store.integer(["EXISTS", .text(store.keys.event(StoreFixture.id(number)))]) == 1
                #expect(isLeft == left.contains(StoreFixture.id(number)))
                if !isLeft { #expect(try await store.state(number).isEmpty) }
            }
        }
    }

    @Test func `maxBytes is kept by the records' size, whatever the number of processes`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<500, bytes: 1000)
            try await settle(store, 0..<500)
            let limits = "archive: { maxEvents: 0, maxBytes: 100000 }"
            try await trim(store, limits, passes: 2) { first in
                #expect(first.figures?.events == 100)
                #expect(first.figures?.bytes == 100_000)
                // Another one finds nothing to do.
                try await trim(store, limits, passes: 2) { #expect($0.trimmed == 0) }
            }
        }
    }

    @Test func `what has expired leaves the index, and what waits for the forwarder does not expire`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<3)
            try await wait(store, in: store.keys.queue("events"), since: 0)
            _ = try await store.connection.pipeline([
                ["DEL", .text(store.keys.event(StoreFixture.id(0)))],
                ["EXPIRE", .text(store.keys.event(StoreFixture.id(1))), 5],
            ])
            try await trim(store, "archive: { ttlSeconds: 600 }") { #expect($0.trimmed == 0) }
            #expect(try await store.members(store.keys.index("stripe")) == [1, 2].map { StoreFixture.id($0) })
            #expect(try await store.expiry(store.keys.event(StoreFixture.id(1))) > 500)
        }
    }

    @Test func `events for workers alone are owed to nobody: the queue holds them whole`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<5)
            try await trim(store, #"archive: { maxEvents: 2 }"#, queues: #"["inbox"]"#) { #expect($0.trimmed == 3) }
        }
    }

    @Test(arguments: [
        nil, Keys().queue("events"), Keys().queueAside("events"), Keys().work("events", "host-1-a"),
    ])
    func `what came before all that waits for the forwarder is owed to nobody`(list: String?) async throws {
        try await StoreFixture.run { store in
            // 0 to 2 came before what waits; 3 to 5 not so long before that it cannot be before it.
            try await archive(store, 0..<3)
            if let list {
                let hour = ArchiveTrimmer.margin.milliseconds
                try await archive(store, 3..<6, after: 3 * hour)
                try await wait(store, in: list, since: 4 * hour)
                // The others are younger.
                for other in [store.keys.queue("events"), store.keys.queueAside("events")] where other != list {
                    try await wait(store, in: other, since: 5 * hour)
                }
                _ = try await store.connection.command(["SADD", .text(store.keys.consumers("events")), "host-1-a"])
            }
            // What joins the queue out of its turn has a state that says so.
            _ = try await store.connection.command([
                "HSET", .text(store.keys.state(StoreFixture.id(1))), "status", "queued",
            ])
            try await trim(store, "archive: { maxEvents: 1 }") { #expect($0.trimmed == 2) }
            let left = [1] + (list == nil ? [] : [3, 4, 5])
            #expect(try await store.members(store.keys.index("stripe")) == left.map { StoreFixture.id($0) })
        }
    }

    @Test(arguments: ["{}", #"{"id":"evt_of_a_stranger"}"#, nil])
    func `what tells nothing of its age, and what is delayed, has all that has no state kept`(first: String?)
        async throws
    {
        try await StoreFixture.run { store in
            try await archive(store, 0..<3)
            let keys = store.keys
            if let first {
                _ = try await store.connection.command(["RPUSH", .text(keys.queue("events")), .text(first)])
            } else {
                _ = try await store.connection.command(["ZADD", .text(keys.delayed("events")), 1, "{}"])
            }
            try await trim(store, "archive: { maxEvents: 1 }") { #expect($0.trimmed == 0) }
        }
    }

    @Test func `what a replay is about to send is kept until the replay has ended`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<3)
            try await settle(store, 0..<3)
            let connection = RedisConnection(
                store.server.settings, scripts: ReplayStore.scripts, loop: ControlPlane.loop)
            defer { connection.stop() }
            try #require(await connection.becomesReady(within: .seconds(5)))
            let (replays, id) = (ReplayStore(connection: connection, keys: store.keys), StoreFixture.id(0))
            let job = ReplayJob(id: "r1", order: .init(), state: .planning, who: "test", createdAt: 1)
            _ = try await replays.add(job, idempotencyKey: nil)
            let event = EventSummary(
                try Event(json: Array(StoreFixture.json(0).utf8)), receivedAt: start, status: "delivered")
            try await replays.planned(job, [event], ReplayPlan(), next: nil)
            #expect(try await store.expiry(store.keys.event(id)) > StoreFixture.archiveSeconds)
            _ = try await store.connection.command(["EXPIRE", .text(store.keys.event(id)), 5])
            try await trim(store, "archive: { maxEvents: 1 }") { #expect($0.trimmed == 2) }
            #expect(try await store.expiry(store.keys.event(id)) > StoreFixture.archiveSeconds)
            #expect(try await replays.change("r1", from: [.running], to: .cancelled))
            try await archive(store, 3..<4)
            try await settle(store, 3..<4)
            try await trim(store, "archive: { maxEvents: 1 }") { #expect($0.trimmed == 1) }
            #expect(try await store.members(store.keys.index("stripe")) == [StoreFixture.id(3)])
        }
    }

    @Test func `an event that has just come is kept, though nothing waits any more`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<3, after: Self.age)
            try await trim(store, "archive: { maxEvents: 1 }") { #expect($0.trimmed == 0) }
        }
    }

    @Test func `a look for what must go ends with it, and a whole one goes on`() async throws {
        try await StoreFixture.run { store in
            try await archive(store, 0..<50)
            try await settle(store, 0..<60)
            try await trim(store, "archive: { maxEvents: 50 }") { trimmer in
                try await archive(store, 50..<60)
                let lapsed = StoreFixture.id(59)
                _ = try await store.connection.command(["DEL", .text(store.keys.event(lapsed))])
                try await trimmer.pass(endsWithinLimits: true)
                #expect(trimmer.trimmed == 10)
                #expect(trimmer.figures?.events == 50)
                #expect(try await store.members(store.keys.index("stripe")).last == lapsed)
                try await trimmer.pass()
                #expect(trimmer.trimmed == 10)
                #expect(trimmer.figures?.events == 49)
                #expect(try await store.members(store.keys.index("stripe")).contains(lapsed) == false)
            }
        }
    }

    // MARK: -

    /// How long ago the events came, in milliseconds.
    private static let age: Int64 = 86_400_000
    private let start = Clock.unixMilliseconds() - Self.age

    /// Puts an entry that came so long (ms) after the first event on a list.
    private func wait(_ store: StoreFixture, in list: String, since milliseconds: Int64) async throws {
        var ids = ULIDGenerator()
        let id = ids.next(milliseconds: start + milliseconds)
        _ = try await store.connection.command(["RPUSH", .text(list), .text(#"{"specversion":"1.0","id":"\#(id)"}"#)])
    }

    private func archive(_ store: StoreFixture, _ numbers: Range<Int>, after milliseconds: Int64 = 0, bytes: Int = 100)
        async throws
    {
        let record = String(repeating: "x", count: bytes)
        _ = try await store.connection.pipeline(
            numbers.flatMap { number -> [[RedisArgument]] in
                [
                    ["SET", .text(store.keys.event(StoreFixture.id(number))), .text(record), "EX", 600],
                    [
                        "ZADD", .text(store.keys.index("stripe")), .integer(start + milliseconds + Int64(number)),
                        .text(StoreFixture.id(number)),
                    ],
                ]
            })
    }

    private func settle(_ store: StoreFixture, _ numbers: Range<Int>) async throws {
        _ = try await store.connection.pipeline(
            numbers.map {
                ["HSET", .text(store.keys.state(StoreFixture.id($0))), "pending", 0, "status", "delivered"]
            })
    }

    private func trim(
        _ store: StoreFixture, _ archive: String, queues: String = #"["events"]"#, passes: Int = 1,
        _ body: @ControlPlane (ArchiveTrimmer) async throws -> Void
    ) async throws {
        let configuration = try ConfigurationSamples.load(
            "{ \(archive), sources: { stripe: { provider: 'stripe', secrets: ['whsec_1'], queues: \(queues) } } }"
        ).configuration
        let trimmer = ArchiveTrimmer(store.server.settings, configuration)
        defer { trimmer.stop() }
        trimmer.connection.start()
        try #require(await trimmer.connection.becomesReady(within: .seconds(5)))
        for _ in 0..<passes { try await trimmer.pass() }
        try await body(trimmer)
    }
}

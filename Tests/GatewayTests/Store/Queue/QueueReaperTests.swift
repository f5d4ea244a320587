import Testing

@testable import WebhookGateway

@ControlPlane
struct QueueReaperTests {
    private func reaper(_ store: StoreFixture) async throws -> QueueReaper {
        let reaper = QueueReaper(connection: store.connection, keys: store.keys, mostReturns: 5)
        try await reaper.watch(["jobs"])
        return reaper
    }

    /// A worker by the public protocol that has taken everything.
    private func take(_ store: StoreFixture, as consumer: String, count: Int) async throws {
        _ = try await store.connection.command(["SET", .text(store.keys.lease("jobs", consumer)), 1, "EX", 60])
        _ = try await store.connection.command(["SADD", .text(store.keys.consumers("jobs")), .text(consumer)])
        for _ in 0..<count {
            _ = try await store.connection.command([
                "LMOVE", .text(store.keys.queue("jobs")), .text(store.keys.work("jobs", consumer)), "LEFT", "RIGHT",
            ])
        }
    }

    private func lapse(_ store: StoreFixture, _ consumer: String) async throws {
        _ = try await store.connection.command(["DEL", .text(store.keys.lease("jobs", consumer))])
    }

    private func push(_ store: StoreFixture, _ numbers: Range<Int>) async throws {
        _ = try await store.connection.command(
            ["RPUSH", .text(store.keys.queue("jobs"))] + numbers.map { .text(StoreFixture.json($0)) })
    }

    @Test func `the work of a lapsed worker goes back to the head in order, a living one keeps its own`() async throws {
        try await StoreFixture.run { store in
            try await push(store, 0..<9)
            try await take(store, as: "dying", count: 3)
            try await take(store, as: "living", count: 3)
            try await lapse(store, "dying")
            #expect(try await reaper(store).round() == [QueueReaper.Round(queue: "jobs", returned: 3)])
            #expect(
                try await store.list(store.keys.queue("jobs")) == [0, 1, 2, 6, 7, 8].map { StoreFixture.json($0) })
            #expect(try await store.list(store.keys.work("jobs", "living")) == [3, 4, 5].map { StoreFixture.json($0) })
        }
    }

    @Test func `a worker that made something else of its work list keeps no other's`() async throws {
        try await StoreFixture.run { store in
            try await push(store, 0..<3)
            for number in 0..<3 {
                try await take(store, as: "worker\(number)", count: 1)
                try await lapse(store, "worker\(number)")
                let odd = "odd\(number)"
                _ = try await store.connection.command(["SADD", .text(store.keys.consumers("jobs")), .text(odd)])
                _ = try await store.connection.command(["SET", .text(store.keys.work("jobs", odd)), "no list"])
            }
            #expect(try await reaper(store).round() == [QueueReaper.Round(queue: "jobs", returned: 3)])
            #expect(try await store.list(store.keys.queue("jobs")).count == 3)
        }
    }

    @Test func `only the oldest entry counts returns, and past the limit it is dead with a reason`() async throws {
        try await StoreFixture.run { store in
            try await push(store, 0..<2)
            let reaper = try await reaper(store)
            for life in 1...6 {
                try await take(store, as: "life\(life)", count: 2)
                try await lapse(store, "life\(life)")
                let round = try #require(try await reaper.round().first)
                #expect(round == QueueReaper.Round(queue: "jobs", returned: life < 6 ? 2 : 1, dead: life < 6 ? 0 : 1))
            }
            #expect(try await store.list(store.keys.queue("jobs")) == [StoreFixture.json(1)])
            let letter = try #require(try await store.deadStore.list(limit: 10).letters.first)
            #expect(letter.id == DeadLetter.ID(.queue("jobs"), StoreFixture.id(0)))
            #expect(letter.reason.contains("returned 6 times"))
            #expect(String(decoding: letter.json, as: UTF8.self) == StoreFixture.json(0))
            #expect(try await store.integer(["HLEN", .text(store.keys.returns("jobs"))]) == 0)
        }
    }

    @Test(arguments: [true, false])
    func `what is buried does not expire while the dead list refers to it`(isRetried: Bool) async throws {
        try await StoreFixture.run { store in
            try await store.enqueue(0..<1)
            let (record, id) = (store.keys.event(StoreFixture.id(0)), StoreFixture.id(0))
            let reaper = QueueReaper(connection: store.connection, keys: store.keys, mostReturns: 0)
            try await reaper.watch(["events"])
            _ = try await store.queueStore().claim()
            _ = try await store.connection.command(["DEL", .text(store.keys.lease("events", "host-1-a"))])
            #expect(try await reaper.round() == [QueueReaper.Round(queue: "events", dead: 1)])
            #expect(try await store.expiry(record) == -1)
            #expect(try await store.state(0) == ["held:events": "1", "status": "dead"])

            let letter = DeadLetter.ID(.queue("events"), id)
            if isRetried {
                #expect(try await store.deadStore.retry([letter]).changed == 1)
                #expect(try await store.state(0) == ["status": "queued"])
                #expect(try await store.expiry(record) == -1)
                _ = try await store.queueStore().claim()
            } else {
                #expect(try await store.deadStore.discard([letter]).changed == 1)
                #expect(try await store.state(0) == ["status": "discarded", "pending": "0"])
                #expect(try await store.expiry(record) > 0)
            }
            #expect(try await store.unaccountedEvents() == 0)
        }
    }

    @Test func `an event that is dead for a worker stays when its lanes have delivered it`() async throws {
        try await StoreFixture.run { store in
            try await store.dispatch(0..<1)
            let record = store.keys.event(StoreFixture.id(0))
            try await push(store, 0..<1)
            let reaper = QueueReaper(connection: store.connection, keys: store.keys, mostReturns: 0)
            try await reaper.watch(["jobs"])
            try await take(store, as: "dying", count: 1)
            try await lapse(store, "dying")
            #expect(try await reaper.round() == [QueueReaper.Round(queue: "jobs", dead: 1)])
            let lane = store.laneStore()
            let claimed = try await lane.exchange(.init(events: 1, bytes: 1 << 20, token: "t")).claimed
            _ = try await lane.exchange(
                .init(settlements: claimed.map { Settlement(claim: $0.claim, verdict: Verdict(.done)) }))
            #expect(try await store.state(0)["status"] == "delivered")
            #expect(try await store.expiry(record) == -1)
            let letter = DeadLetter.ID(.queue("jobs"), StoreFixture.id(0))
            #expect(try await store.deadStore.discard([letter]).changed == 1)
            #expect(try await store.state(0)["status"] == "delivered")
            #expect(try await store.expiry(record) > 0)
        }
    }

    @Test func `delayed entries come in at the head when they are due, the earliest first`() async throws {
        try await StoreFixture.run { store in
            try await push(store, 0..<1)
            let delayed = store.keys.delayed("jobs")
            for (due, number) in [("2", 2), ("1", 1), ("99999999999999", 3)] {
                _ = try await store.connection.command([
                    "ZADD", .text(delayed), .text(due), .text(StoreFixture.json(number)),
                ])
            }
            #expect(try await reaper(store).round() == [QueueReaper.Round(queue: "jobs", due: 2)])
            #expect(try await store.list(store.keys.queue("jobs")) == [1, 2, 0].map { StoreFixture.json($0) })
            #expect(try await store.members(delayed) == [StoreFixture.json(3)])
        }
    }

    @Test func `a consumer is forgotten only long after its list is empty`() async throws {
        try await StoreFixture.run { store in
            try await push(store, 0..<1)
            try await take(store, as: "gone", count: 1)
            try await lapse(store, "gone")
            let patient = try await reaper(store)
            for _ in 0..<3 { _ = try await patient.round() }
            #expect(try await store.strings(["SMEMBERS", .text(store.keys.consumers("jobs"))]) == ["gone"])
            // As if it had been idle for long.
            _ = try await store.connection.command(["HSET", .text(store.keys.idle("jobs")), "gone", 1])
            #expect(try await patient.round() == [QueueReaper.Round(queue: "jobs", forgotten: 1)])
            #expect(try await store.integer(["EXISTS", .text(store.keys.consumers("jobs"))]) == 0)
        }
    }
}

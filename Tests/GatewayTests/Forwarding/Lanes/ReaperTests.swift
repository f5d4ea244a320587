import Testing

@testable import WebhookGateway

@ControlPlane
struct ReaperTests {
    @Test func `all that a forwarder held comes back in one round, in order, however much it was`() async throws {
        try await StoreFixture.run { store in
            let link = connected(store)
            defer { link.stop() }
            try await store.dispatch(0..<1100)
            for _ in 0..<3 {
                _ = try await store.laneStore().exchange(.init(events: 500, bytes: 1 << 20, token: "gone"))
            }
            let held = try await store.members(store.keys.laneInflight("crm"))
            #expect(held.count == 1100)
            _ = try await store.connection.command(
                ["ZADD", .text(store.keys.laneInflight("crm"))] + held.flatMap { [1, .text($0)] as [RedisArgument] })
            let reaper = makeReaper(store, link)
            let lane = makeLane(store, link)
            var woken: [String] = []
            reaper.watch(queues: ["events"], lanes: [lane], limits: .init()) { woken.append($0) }
            reaper.start()
            try await eventually("all came back") {
                try await store.list(store.keys.lane("crm")) == (0..<1100).map { StoreFixture.id($0) }
            }
            await reaper.stop()
            #expect(woken == ["crm"], "it was one round")
            #expect(try await store.unaccounted(lane: "crm") == 0)
        }
    }

    @Test func `what a worker has made of its queue's keys stops no lane`() async throws {
        try await StoreFixture.run { store in
            let link = connected(store)
            defer { link.stop() }
            try await store.dispatch(0..<1)
            _ = try await store.laneStore().exchange(.init(events: 1, bytes: 1 << 20, token: "gone"))
            let inflight = store.keys.laneInflight("crm")
            _ = try await store.connection.command(["ZADD", .text(inflight), 1, .text(StoreFixture.id(0))])
            _ = try await store.connection.command(["SET", .text(store.keys.delayed("jobs")), "no sorted set"])
            let reaper = makeReaper(store, link)
            let lane = makeLane(store, link)
            reaper.watch(queues: ["jobs"], lanes: [lane], limits: .init()) { _ in }
            reaper.start()
            try await eventually("it came back") {
                try await store.list(store.keys.lane("crm")) == [StoreFixture.id(0)]
            }
            await reaper.stop()
        }
    }

    @Test func `queues are watched again after Redis has lost all it had`() async throws {
        try await StoreFixture.run { store in
            let link = connected(store)
            defer { link.stop() }
            let reaper = makeReaper(store, link)
            reaper.watch(queues: ["jobs"], lanes: [], limits: .init()) { _ in }
            reaper.start()
            func watched() async throws -> Bool {
                try await store.strings(["SMEMBERS", .text(store.keys.queues)]) == ["jobs"]
            }
            try await eventually("the queue is watched") { try await watched() }
            _ = try await store.connection.command(["FLUSHALL"])
            try await eventually("the queue is watched again") { try await watched() }
            await reaper.stop()
        }
    }

    // MARK: -

    private let quiet = Log(level: .error)

    private func connected(_ store: StoreFixture) -> StoreLink {
        let link = StoreLink(store.server.settings, scripts: Forwarder.scripts, log: quiet)
        link.start()
        return link
    }

    private func makeReaper(_ store: StoreFixture, _ link: StoreLink) -> Reaper {
        Reaper(
            queues: QueueReaper(connection: link.connection, keys: store.keys, mostReturns: 5),
            tenants: TenantStore(connection: link.connection, keys: store.keys), link: link,
            interval: .milliseconds(50), log: quiet)
    }

    private func makeLane(_ store: StoreFixture, _ link: StoreLink) -> LaneStore {
        LaneStore("crm", connection: link.connection, keys: store.keys, archiveSeconds: StoreFixture.archiveSeconds)
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// A tenant's events a minute, in the scripts that count them.
@ControlPlane
struct TenantLimitTests {
    @Test func `past the limit new events are refused with a time to wait, and nothing of them is kept`() async throws {
        try await Bench.run("{ tenants: { acme: { eventsPerMinute: 3 } } }") { bench in
            let known = bench.event("a", of: "acme")
            #expect(await bench.accept([known]) == .success([.new]))
            #expect(await bench.accept([bench.event("b", of: "acme"), bench.event("c", of: "acme")]).isSuccess)
            let refused = bench.event("d", of: "acme")
            #expect(await bench.accept([refused]) == bench.refusal(20, "acme"))
            // The last of a delivery has to wait longest.
            #expect(
                await bench.accept([bench.event("e", of: "acme"), bench.event("f", of: "acme")])
                    == bench.refusal(40, "acme"))
            // What is known costs nothing, and other tenants have their own.
            #expect(
                await bench.accept([bench.event("a", of: "acme")])
                    == .success([.duplicate(of: known.id.description)]))
            #expect(await bench.accept([bench.event("a2", of: "other"), bench.event("b2", of: "other")]).isSuccess)
            let keys = bench.fixture.keys
            #expect(try await bench.fixture.integer(["EXISTS", .text(keys.event(refused.id.description))]) == 0)
            #expect(try await bench.fixture.integer(["EXISTS", .text("\(keys.dedupePrefix("shop"))d")]) == 0)
            #expect(try await bench.fixture.ledger("source:shop:accepted") == 6)
            #expect(try await bench.fixture.ledger("source:shop:queued") == 5)
            #expect(try await bench.fixture.ledger("tenant:acme:refused") == 3)
            #expect(try await bench.unaccounted() == 0)
            let usage = try await bench.tenants.usage(of: ["acme", "other"], bench.limits)
            #expect(usage[0] == TenantStore.Usage(used: 3, held: 0, refusedTotal: 3, heldTotal: 0))
            #expect(usage[1] == TenantStore.Usage())
        }
    }

    @Test func `of a delivery with several tenants' events those within their limits are stored`() async throws {
        try await Bench.run("{ tenants: { acme: { eventsPerMinute: 1 } } }") { bench in
            #expect(await bench.accept([bench.event("a", of: "acme")]).isSuccess)
            let mixed = [bench.event("b", of: "other"), bench.event("c", of: "acme"), bench.event("d", of: "")]
            #expect(await bench.accept(mixed) == bench.refusal(60, "acme"))
            #expect(try await bench.fixture.list(bench.fixture.keys.queue("events")).count == 3)
            // A minute later the same delivery is taken in whole.
            try await bench.forget("acme")
            let again = [bench.event("b", of: "other"), bench.event("c", of: "acme"), bench.event("d", of: "")]
            #expect(
                await bench.accept(again)
                    == .success([
                        .duplicate(of: mixed[0].id.description), .new, .duplicate(of: mixed[2].id.description),
                    ]))
            #expect(try await bench.unaccounted() == 0)
        }
    }

    @Test func `a bucket fills steadily, and quarantined deliveries count where they could be refused`() async throws {
        try await Bench.run("{ tenants: { acme: { eventsPerMinute: 60 } } }") { bench in
            var spoiled = bench.event("q", of: "acme")
            spoiled.isQuarantined = true
            #expect(await bench.accept([spoiled]).isSuccess)
            #expect(try await bench.tenants.usage(of: ["acme"], bench.limits)[0].used == 1)
            let many = (0..<61).map { bench.event("\($0)", of: "acme") }
            #expect(await bench.accept(many) == bench.refusal(2, "acme"))
            // A second later there is room for one.
            let key = RedisArgument.text(bench.fixture.keys.tenantRate("acme"))
            let full = try await bench.fixture.integer(["GET", key])
            _ = try await bench.fixture.connection.command(["SET", key, .integer(Int64(full - 1_000_000))])
            #expect(await bench.accept([bench.event("late", of: "acme")]).isSuccess)
            #expect(await bench.accept([bench.event("later", of: "acme")]) == bench.refusal(1, "acme"))
        }
    }

    @Test func `held back, events are acknowledged and join their queues in order as the limit allows`() async throws {
        let limits = "{ tenants: { acme: { eventsPerMinute: 2, overLimit: 'queue', maxHeldEvents: 5 } } }"
        try await Bench.run(limits, queues: ["events", "inbox"]) { bench in
            let (fixture, keys) = (bench.fixture, bench.fixture.keys)
            let events = (0..<7).map { bench.event("\($0)", of: "acme") }
            #expect(await bench.accept(events).isSuccess)
            #expect(await bench.accept([bench.event("8", of: "acme")]) == bench.refusal(30 * 6, "acme"))
            #expect(
                await bench.accept([bench.event("6", of: "acme")])
                    == .success([.duplicate(of: events[6].id.description)]))
            // Another tenant is not held up.
            let other = bench.event("x", of: "other")
            #expect(await bench.accept([other]) == .success([.new]))
            func texts(_ events: [NewEvent]) -> [String] { events.map { String(decoding: $0.json, as: UTF8.self) } }
            #expect(try await fixture.list(keys.queue("events")) == texts([events[0], events[1], other]))
            #expect(try await fixture.integer(["LLEN", .text(keys.tenantHeld("acme"))]) == 5)
            // The archive knows that they wait, and so do the books.
            let status = try await fixture.strings(["HMGET", .text(keys.state("\(events[6].id)")), "status"])
            #expect(status == ["queued"])
            let ledger = try await bench.ledger()
            #expect(ledger.queues.map(\.flow.delayed) == [5, 5] && ledger.queues.map(\.flow.waiting) == [3, 3])
            #expect(try await bench.unaccounted() == 0)

            // Nothing goes before the bucket has room.
            #expect(try await bench.tenants.release(bench.limits) == [.init(tenant: "acme", released: 0, held: 5)])
            try await bench.forget("acme")
            #expect(try await bench.tenants.release(bench.limits) == [.init(tenant: "acme", released: 2, held: 3)])
            #expect(
                try await fixture.list(keys.queue("inbox"))
                    == texts([events[0], events[1], other, events[2], events[3]])
            )
            // New ones stand behind those that are held.
            try await bench.forget("acme")
            #expect(await bench.accept([bench.event("9", of: "acme")]).isSuccess)
            #expect(try await fixture.integer(["LLEN", .text(keys.tenantHeld("acme"))]) == 4)
            #expect(try await bench.unaccounted() == 0)
            // Without a limit all may go; a paused queue gets them aside.
            _ = try await fixture.connection.command(["SET", .text("\(keys.queue("inbox")):paused"), 1])
            #expect(try await bench.tenants.release(.init()) == [.init(tenant: "acme", released: 4, held: 0)])
            #expect(try await fixture.list(keys.queue("events")).count == 9)
            #expect(try await fixture.list(keys.queueAside("inbox")).count == 4)
            #expect(try await fixture.integer(["EXISTS", .text(keys.tenantsHolding)]) == 0)
            #expect(try await bench.tenants.release(bench.limits) == [])
            #expect(try await bench.unaccounted() == 0)
            #expect(
                try await bench.tenants.usage(of: ["acme"], bench.limits)[0]
                    == TenantStore.Usage(used: 0, held: 0, refusedTotal: 1, heldTotal: 6))
        }
    }

    // MARK: -

    /// A store whose source `shop` has events of several tenants.
    @ControlPlane
    private final class Bench {
        let fixture: StoreFixture
        let tenants: TenantStore
        let limits: TenantLimitsConfiguration
        private let connection: RedisConnection
        private let source: SourceKeys
        private let store: EventStore
        private var ids = ULIDGenerator()

        static func run(
            _ limits: String, queues: [String] = ["events"], _ body: @ControlPlane (Bench) async throws -> Void
        ) async throws {
            let configuration = try ConfigurationSamples.load("{ tenantLimits: \(limits) }").configuration
            try await StoreFixture.run { fixture in
                let bench = Bench(fixture, configuration.tenantLimits, queues)
                defer { bench.connection.stop() }
                try #require(await bench.connection.becomesReady(within: .seconds(5)))
                try await body(bench)
            }
        }

        private init(_ fixture: StoreFixture, _ limits: TenantLimitsConfiguration, _ queues: [String]) {
            self.fixture = fixture
            self.limits = limits
            connection = RedisConnection(
                fixture.server.settings, scripts: [.accept, .ledger] + TenantStore.scripts, loop: ControlPlane.loop)
            tenants = TenantStore(connection: connection, keys: fixture.keys)
            source = SourceKeys(
                source: "shop", queues: queues, dedupeWindowSeconds: 60,
                limits: limits.tenants.compactMap { TenantLimit($0.name, $0.limits, keys: fixture.keys) },
                keys: fixture.keys)
            let store = EventStore(connection: connection, keys: fixture.keys, archiveSeconds: 600)
            self.store = store
            connection.willFlush = { store.flush() }
        }

        func event(_ key: String, of tenant: String) -> NewEvent {
            let id = ids.next(milliseconds: 1_795_000_000_000)
            let json = #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/shop","type":"t","data":{}}"#
            var event = NewEvent(
                id: id, type: "t", key: key, json: Array(json.utf8), metadata: Array("{}".utf8), body: [])
            event.limit = (source.limits.firstIndex { $0.tenant == tenant } ?? -1) + 1
            return event
        }

        func accept(_ events: [NewEvent]) async -> Result<[StoredEvent], RedisFailure> {
            await withCheckedContinuation { continuation in
                store.accept(events, of: source) { continuation.resume(returning: $0) }
            }
        }

        func refusal(_ seconds: Int, _ tenant: String) -> Result<[StoredEvent], RedisFailure> {
            .failure(.refused(TenantLimit.Refusal(seconds: seconds, tenant: tenant).text))
        }

        /// As if a minute had passed.
        func forget(_ tenant: String) async throws {
            _ = try await connection.command(["DEL", .text(fixture.keys.tenantRate(tenant))])
        }

        func ledger() async throws -> Ledger {
            try await Ledger.read(connection, fixture.keys, queues: Set(source.queues))
        }

        func unaccounted() async throws -> Int { try await ledger().unaccounted }
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

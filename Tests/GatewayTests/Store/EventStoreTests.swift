import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct EventStoreTests {
    @Test func `a new event is queued, indexed, archived and counted in one step`() async throws {
        try await Bench.run { bench in
            let event = bench.event("evt_1")
            #expect(try await bench.accept([event]) == [.new])
            #expect(
                try await bench.command(["LRANGE", "wh:{0}:queue:events", 0, -1]) == .array([.bytes(Array(event.json))])
            )
            #expect(try await bench.command(["GET", "wh:{0}:dedupe:shop:evt_1"]).string == event.id.description)
            #expect(try await bench.command(["ZRANGE", "wh:{0}:index:shop", 0, -1]).elements?.count == 1)
            let record = try #require(EventRecord(try await bench.record(event.id) ?? []))
            #expect(record.body.elementsEqual(event.body))
            #expect(record.json.elementsEqual(event.json))
            #expect(try await bench.ledger("source:shop:accepted") == 1)
            #expect(try await bench.ledger("source:shop:queued") == 1)
            #expect(try await bench.ledger("queue:events:entered") == 1)
        }
    }

    @Test func `a duplicate is told the first id, and leaves nothing behind`() async throws {
        try await Bench.run { bench in
            let first = bench.event("evt_1")
            let second = bench.event("evt_1")
            _ = try await bench.accept([first])
            #expect(try await bench.accept([second]) == [.duplicate(of: first.id.description)])
            #expect(try await bench.record(second.id) == nil)
            #expect(try await bench.record(first.id) != nil)
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 1)
            #expect(try await bench.ledger("source:shop:accepted") == 2)
            #expect(try await bench.ledger("source:shop:duplicate") == 1)
        }
    }

    @Test func `deliveries of one turn share a call and get their own answers, in order`() async throws {
        try await Bench.run { bench in
            let events = ["a", "b", "a", "c"].map { bench.event($0) }
            let answers = try await bench.accept(deliveries: [[events[0], events[1]], [events[2]], [events[3]]])
            #expect(answers == [[.new, .new], [.duplicate(of: events[0].id.description)], [.new]])
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 3)
        }
    }

    @Test func `one's own id under the dedupe key means that it was stored, and counts once`() async throws {
        try await Bench.run { bench in
            let event = bench.event("evt_1")
            _ = try await bench.accept([event])
            #expect(try await bench.accept([event]) == [.new])
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 1)
            #expect(try await bench.ledger("source:shop:accepted") == 1)
        }
    }

    @Test func `a quarantined delivery goes to the dead list, and its record does not expire`() async throws {
        try await Bench.run { bench async throws in
            var event = bench.event("evt_1")
            event.isQuarantined = true
            #expect(try await bench.accept([event]) == [.new])
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 0)
            #expect(try await bench.number(["LLEN", "wh:{0}:dead:events"]) == 1)
            #expect(try await bench.number(["TTL", .text("wh:{0}:event:\(event.id)")]) == -1)
            #expect(try await bench.ledger("source:shop:quarantined") == 1)
        }
    }

    @Test func `a delivery of thousands of events is taken in whole`() async throws {
        try await Bench.run { bench in
            let events = (0..<9000).map { bench.event("evt_\($0)") }
            let answers = try await bench.accept(events)
            #expect(answers.count == 9000)
            #expect(answers.allSatisfy { $0 == .new })
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 9000)
            #expect(try await bench.number(["ZCARD", "wh:{0}:index:shop"]) == 9000)
        }
    }

    @Test func `a full queue refuses new events, and keeps nothing of them`() async throws {
        try await Bench.run(maxDepth: 2) { bench in
            let first = bench.event("a")
            let refused = bench.event("c")
            _ = try await bench.accept([first])
            let results = await bench.results(deliveries: [[bench.event("b")], [refused], [bench.event("a")]])
            #expect(results[0] == .success([.new]))
            #expect(results[1] == .failure(.refused(RedisRefusal.queueFull)))
            #expect(results[2] == .success([.duplicate(of: first.id.description)]))
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:events"]) == 2)
            #expect(try await bench.record(refused.id) == nil)
            #expect(try await bench.number(["EXISTS", "wh:{0}:dedupe:shop:c"]) == 0)
            #expect(try await bench.ledger("source:shop:accepted") == 3)
            #expect(try await bench.ledger("source:shop:queued") == 2)
            // There is room again: the provider's retry is taken in.
            _ = try await bench.command(["LPOP", "wh:{0}:queue:events"])
            #expect(try await bench.accept([bench.event("c")]) == [.new])
        }
    }

    @Test func `every queue of the source gets the event`() async throws {
        try await Bench.run(queues: ["events", "billing"]) { bench in
            _ = try await bench.accept([bench.event("evt_1")])
            #expect(try await bench.number(["LLEN", "wh:{0}:queue:billing"]) == 1)
            #expect(try await bench.ledger("queue:billing:entered") == 1)
            #expect(try await bench.ledger("source:shop:queued") == 1)
        }
    }

    @Test func `scripts that Redis has forgotten are sent again`() async throws {
        try await Bench.run { bench in
            _ = try await bench.command(["SCRIPT", "FLUSH"])
            #expect(try await bench.accept([bench.event("evt_1")]) == [.new])
        }
    }

    @Test(arguments: [(["inbox", "events"], true), (["inbox"], false)])
    func `the archive is told of what waited in the spool for long, and now behind younger events`(
        queues: [String], isTold: Bool
    ) async throws {
        try await Bench.run(queues: queues, isDraining: true) { bench in
            let old = bench.event("evt_1", at: Clock.unixMilliseconds() - ArchiveTrimmer.margin.milliseconds)
            let young = bench.event("evt_2", at: Clock.unixMilliseconds() - 60_000)
            #expect(try await bench.accept([old, young]) == [.new, .new])
            let status = try await bench.command(["HGET", .text(Keys().state("\(old.id)")), "status"]).string
            #expect(status == (isTold ? "queued" : nil))
            #expect(try await bench.number(["EXISTS", .text(Keys().state("\(young.id)"))]) == 0)
        }
    }

    @Test func `a long idempotency key is stood for by its hash`() {
        var name: [UInt8] = []
        EventStore.appendDedupeName(String(repeating: "k", count: 201), to: &name)
        #expect(name.count == 7 + 64)
        #expect(String(decoding: name, as: UTF8.self).hasPrefix("sha256:"))
        name = []
        EventStore.appendDedupeName(String(repeating: "k", count: 200), to: &name)
        #expect(name == Array(String(repeating: "k", count: 200).utf8))
    }

    // MARK: -

    /// A store on a Redis of its own.
    @ControlPlane
    private final class Bench {
        let store: EventStore
        let source: SourceKeys
        private let server: RedisServer
        private let connection: RedisConnection
        private var ids = ULIDGenerator()

        static func run(
            queues: [String] = ["events"], maxDepth: Int = 0, isDraining: Bool = false,
            _ body: @ControlPlane (Bench) async throws -> Void
        ) async throws {
            let bench = try Bench(queues: queues, maxDepth: maxDepth, isDraining: isDraining)
            defer { bench.close() }
            try #require(await bench.connection.becomesReady(within: .seconds(5)))
            try await body(bench)
        }

        private init(queues: [String], maxDepth: Int, isDraining: Bool) throws {
            server = try RedisServer()
            var settings = server.settings
            settings.commandDeadline = .seconds(60)
            connection = RedisConnection(settings, scripts: [.accept], loop: ControlPlane.loop)
            let keys = Keys()
            source = SourceKeys(source: "shop", queues: queues, dedupeWindowSeconds: 60, keys: keys)
            store = EventStore(
                connection: connection, keys: keys, archiveSeconds: 600, makesAliases: isDraining, maxDepth: maxDepth)
            let store = store
            connection.willFlush = { store.flush() }
        }

        private func close() {
            connection.stop()
            server.stop()
        }

        func event(_ key: String, at milliseconds: Int64 = 1_795_000_000_000) -> NewEvent {
            let id = ids.next(milliseconds: milliseconds)
            let json = #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/shop","type":"t","data":{}}"#
            return NewEvent(
                id: id, type: "t", key: key, json: Array(json.utf8), metadata: Array("{}".utf8),
                body: Array("raw\nbody".utf8)[...])
        }

        func accept(_ events: [NewEvent]) async throws -> [StoredEvent] {
            try await accept(deliveries: [events])[0]
        }

        /// All deliveries in one turn of the loop.
        func accept(deliveries: [[NewEvent]]) async throws -> [[StoredEvent]] {
            try await results(deliveries: deliveries).map { try $0.get() }
        }

        func results(deliveries: [[NewEvent]]) async -> [Result<[StoredEvent], RedisFailure>] {
            await withCheckedContinuation { continuation in
                var results: [Result<[StoredEvent], RedisFailure>] = []
                for events in deliveries {
                    store.accept(events, of: source) { result in
                        results.append(result)
                        if results.count == deliveries.count { continuation.resume(returning: results) }
                    }
                }
            }
        }

        func command(_ arguments: [RedisArgument]) async throws -> RedisReply {
            try await connection.command(arguments)
        }

        /// A command that answers a number.
        func number(_ arguments: [RedisArgument]) async throws -> Int64? { try await command(arguments).integer }

        func record(_ id: ULID) async throws -> [UInt8]? {
            try await command(["GET", .text("wh:{0}:event:\(id)")]).bytes
        }

        func ledger(_ field: String) async throws -> Int64? {
            try await command(["HGET", "wh:{0}:ledger", .text(field)]).integer
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Search, inspect, replay: through the port, on a real store.
@ControlPlane
struct EventRoutesTests {
    private static let start: Int64 = 1_795_250_460_000

    /// Archives events of two tenants and sources, a second apart, as the accept script would.
    private static func archive(_ count: Int, in bench: AdminBench) async throws {
        let (store, keys) = (bench.store, bench.store.keys)
        var commands: [[RedisArgument]] = []
        for number in 0..<count {
            let id = StoreFixture.id(number)
            let isAcme = number.isMultiple(of: 2)
            let source = isAcme ? "stripe" : "square"
            let json =
                #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/\#(source)","type":"payment.succeeded","#
                + #""tenant":"\#(isAcme ? "acme" : "other")","providerid":"evt_\#(number)","#
                + #""receivedat":"2026-11-21T08:41:00.000Z","data":{"n":\#(number)}}"#
            commands.append(["SET", .text(keys.event(id)), .text("{}\n\(json)\nraw body \(number)")])
            let at = Self.start + Int64(number) * 1000
            commands.append(["ZADD", .text(keys.index(source)), .integer(at), .text(id)])
            commands.append(["SET", .text("\(keys.dedupePrefix(source))evt_\(number)"), .text(id), "EX", 600])
        }
        _ = try await store.connection.pipeline(commands)
    }

    @Test func `pages of events hold each one once, and a tenant's only its own`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(60, in: bench)
            for (tenant, expected) in [(nil, 60), ("acme", 30), ("other", 30), ("nobody", 0)] {
                let token = try await bench.token(.viewer, tenant: tenant)
                var ids: [String] = []
                var target = "/api/v1/events?limit=7"
                while true {
                    let page = try await bench.ask("GET", target, token: token).json
                    for node in page.children(of: page.member("items")) {
                        ids.append(page.string(of: page.member("id", of: node)) ?? "")
                        if let tenant { #expect(page.string(of: page.member("tenant", of: node)) == tenant) }
                    }
                    guard let next = page["next"] else { break }
                    target = "/api/v1/events?limit=7&cursor=\(next)"
                }
                #expect(ids.count == expected)
                #expect(ids == ids.sorted(by: >) && Set(ids).count == ids.count)
            }
        }
    }

    @Test func `a tenant's cursor tells of nobody's events, and is of use to nobody else`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(60, in: bench)
            let token = try await bench.token(.viewer, tenant: "acme")
            let target = "/api/v1/events?limit=3"
            let page = try await bench.ask("GET", target, token: token).json
            let next = try #require(page["next"])
            let sealed = try #require(Shape.decodedCursor(next))
            let bytes = try #require(Base64.decode(Array(sealed.utf8)[...], alphabet: .urlSafe))
            for reading in [next, sealed, String(decoding: bytes, as: UTF8.self)] {
                #expect(!reading.contains("01TEST") && !reading.contains("17952504"))
            }
            let more = try await bench.ask("GET", "\(target)&cursor=\(next)", token: token).json
            #expect(more["items.0.id"] == StoreFixture.id(52))
            for (other, list) in [
                ("other", "events"), (nil, "events"), ("acme", "dead"),
            ] as [(String?, String)] {
                let stranger = try await bench.token(.viewer, tenant: other)
                let answer = try await bench.ask("GET", "/api/v1/\(list)?cursor=\(next)", token: stranger)
                #expect(answer.code == 404, "\(answer.text)")
            }
            // Those who see all read positions, which are no secret to them, and a tenant may not make one.
            let plain = Shape.encodedCursor(EventCursor(receivedAt: Self.start, id: "x").description)
            #expect(try await bench.ask("GET", "\(target)&cursor=\(plain)", token: token).code == 404)
        }
    }

    @Test(arguments: [
        ("source=square", 30), ("type=payment.*", 60), ("type=refund.*", 0), ("status=queued", 60),
        ("status=waiting", 0),
        ("from=2026-11-21T08:41:50Z", 10), ("to=2026-11-21T08:41:00Z", 1), ("q=RAW%20body%2017", 1), ("q=evt_5", 1),
        ("q=01TEST00000000000000000042", 1), ("tenant=acme", 30), ("destination=crm", 0),
    ]) func `a filter finds what it means`(query: String, count: Int) async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(60, in: bench)
            let token = try await bench.token(.viewer)
            let page = try await bench.ask("GET", "/api/v1/events?limit=100&\(query)", token: token)
            #expect(try page.json.count(of: page.json.member("items")) == count, "\(page.text)")
        }
    }

    @Test func `another tenant's event is not there, by whatever name and whatever is wanted of it`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(2, in: bench)
            let token = try await bench.token(.operator, tenant: "other")
            let (own, foreign) = (StoreFixture.id(1), StoreFixture.id(0))
            for name in [foreign, "evt_0"] {
                for target in ["/api/v1/events/\(name)", "/api/v1/events/\(name)/raw"] {
                    #expect(try await bench.ask("GET", target, token: token).code == 404)
                }
                #expect(try await bench.ask("POST", "/api/v1/events/\(name)/replay", token: token).code == 404)
                let found = try await bench.ask("GET", "/api/v1/events?q=\(name)", token: token).json
                #expect(found.count(of: found.member("items")) == 0)
                let key = try await bench.ask("GET", "/api/v1/idempotency?key=\(name)", token: token).json
                #expect(key.count(of: key.member("items")) == 0)
            }
            #expect(try await bench.ask("GET", "/api/v1/events/\(own)", token: token).json["tenant"] == "other")
            let raw = try await bench.ask("GET", "/api/v1/events/evt_1/raw", token: token)
            #expect(raw.text == "raw body 1")
            #expect(raw.header("content-type") == "application/octet-stream")
            #expect(raw.header("content-disposition") == "attachment; filename=\"\(own).bin\"")
        }
    }

    @Test func `one event is replayed with its id, and the audit log says so`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(1, in: bench)
            let token = try await bench.token(.operator)
            let answer = try await bench.ask("POST", "/api/v1/events/evt_0/replay", token: token)
            #expect(answer.code == 202, "\(answer.text)")
            let queued = try await bench.store.strings(["LRANGE", .text(bench.store.keys.queue("events")), 0, -1])
            #expect(queued.count == 1)
            let event = try JSONDocument(parsing: try #require(queued.first).utf8)
            #expect(event["id"] == StoreFixture.id(0))
            #expect(event["replay"] == (try answer.json["replay"]))
            let wrong = #"{"destination":"nowhere"}"#
            #expect(try await bench.ask("POST", "/api/v1/events/evt_0/replay", token: token, body: wrong).code == 404)
            let log = try await bench.ask("GET", "/api/v1/audit", token: try await bench.token(.admin)).json
            #expect(log["items.1.action"] == "events.replay")
            #expect(log["items.1.target"] == "evt_0")
        }
    }

    // MARK: Replays of many

    private static func job(_ id: String, _ token: String, _ bench: AdminBench) async throws -> JSONDocument {
        try await bench.ask("GET", "/api/v1/replays/\(id)", token: token).json
    }

    private static func wait(
        for state: String, _ id: String, _ token: String, _ bench: AdminBench
    ) async throws -> JSONDocument {
        try await eventually("the replay is \(state)") { try await job(id, token, bench)["state"] == state }
        return try await job(id, token, bench)
    }

    @Test func `a dry run counts and sends nothing; the replay sends each event once, oldest first`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(40, in: bench)
            let token = try await bench.token(.operator)
            let dry = try await bench.ask(
                "POST", "/api/v1/replays", token: token, body: #"{"filter":{"source":"stripe"},"dryRun":true}"#)
            #expect(try dry.json["events"] == "20", "\(dry.text)")
            #expect(try dry.json["oldest"] == "2026-11-21T08:41:00.000Z")
            #expect(try await bench.store.integer(["LLEN", .text(bench.store.keys.queue("events"))]) == 0)

            let order = #"{"filter":{"source":"stripe"},"rate":10000}"#
            let key = "Idempotency-Key: once\r\n"
            let begun = try await bench.ask("POST", "/api/v1/replays", token: token, body: order, headers: key)
            #expect(begun.code == 202, "\(begun.text)")
            let id = try #require(try begun.json["id"])
            let again = try await bench.ask("POST", "/api/v1/replays", token: token, body: order, headers: key)
            #expect(try again.json["id"] == id)
            let done = try await Self.wait(for: "done", id, token, bench)
            #expect(done["done"] == "20" && done["failed"] == "0" && done["total"] == "20")
            let queued = try await bench.store.strings(["LRANGE", .text(bench.store.keys.queue("events")), 0, -1])
            let ids = try queued.map { try Event(json: Array($0.utf8)).id }
            #expect(ids == stride(from: 0, to: 40, by: 2).map { StoreFixture.id($0) })
            #expect(try await Self.job(id, try await bench.token(.viewer, tenant: "other"), bench)["status"] == "404")
        }
    }

    @Test func `a replay is paused, resumed and cancelled, and goes on with another process`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(40, in: bench)
            let token = try await bench.token(.operator)
            let order = #"{"filter":{},"rate":20}"#
            let id = try #require(try await bench.ask("POST", "/api/v1/replays", token: token, body: order).json["id"])
            _ = try await Self.wait(for: "running", id, token, bench)
            #expect(try await bench.ask("POST", "/api/v1/replays/\(id)/pause", token: token).json["state"] == "paused")
            #expect(try await bench.ask("POST", "/api/v1/replays/\(id)/pause", token: token).code == 409)
            let paused = try await Self.job(id, token, bench)["done"]
            // What another process would do after this one was killed: it begins with what Redis says.
            let other = ReplayRunner(bench.handler.services)
            #expect(try await Self.job(id, token, bench)["done"] == paused)
            #expect(
                try await bench.ask("POST", "/api/v1/replays/\(id)/resume", token: token).json["state"] == "running")
            other.start()
            _ = try await Self.wait(for: "done", id, token, bench)
            other.stop()
            #expect(try await bench.store.integer(["LLEN", .text(bench.store.keys.queue("events"))]) == 40)
            #expect(try await bench.ask("POST", "/api/v1/replays/\(id)/cancel", token: token).code == 409)
        }
    }

    @Test func `a tenant's replay sends that tenant's events only`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(20, in: bench)
            let token = try await bench.token(.operator, tenant: "acme")
            let order = #"{"filter":{},"rate":10000,"destinations":["crm"]}"#
            let id = try #require(try await bench.ask("POST", "/api/v1/replays", token: token, body: order).json["id"])
            #expect(try await Self.wait(for: "done", id, token, bench)["done"] == "10")
            let lane = try await bench.store.strings(["LRANGE", .text(bench.store.keys.lane("crm")), 0, -1])
            #expect(lane == stride(from: 0, to: 20, by: 2).map { StoreFixture.id($0) })
            let foreign = #"{"filter":{"tenant":"other"},"dryRun":true}"#
            #expect(
                try await bench.ask("POST", "/api/v1/replays", token: token, body: foreign).json["events"] == "0")
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Replays of many events: what stops them, what lets them go on, and how they are forced.
@ControlPlane
struct ReplayRoutesTests {
    private static let count = 40

    /// Archives events of one source, a second apart.
    private static func archive(in bench: AdminBench) async throws {
        let keys = bench.store.keys
        var commands: [[RedisArgument]] = []
        for number in 0..<count {
            let id = StoreFixture.id(number)
            commands.append(["SET", .text(keys.event(id)), .text("{}\n\(StoreFixture.json(number))\nraw \(number)")])
            let at = 1_795_250_460_000 + Int64(number) * 1000
            commands.append(["ZADD", .text(keys.index("stripe")), .integer(at), .text(id)])
        }
        _ = try await bench.store.connection.pipeline(commands)
    }

    private static func begin(_ order: String, _ token: String, _ bench: AdminBench) async throws -> String {
        let answer = try await bench.ask("POST", "/api/v1/replays", token: token, body: order)
        #expect(answer.code == 202, "\(answer.text)")
        return try #require(try answer.json["id"])
    }

    private static func wait(
        _ id: String, _ token: String, _ bench: AdminBench, until condition: (JSONDocument) -> Bool
    ) async throws -> JSONDocument {
        for _ in 0..<1200 {
            let job = try await bench.ask("GET", "/api/v1/replays/\(id)", token: token).json
            if condition(job) { return job }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TimedOut(description: "the replay has not come there")
    }

    private static func queued(_ bench: AdminBench) async throws -> [String] {
        try await bench.store.list(bench.store.keys.queue("events"))
    }

    @Test func `more failures than the error budget pause it with the reason, and resumed it has the budget again`()
        async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(in: bench)
            let token = try await bench.token(.operator)
            let id = try await Self.begin(#"{"filter":{},"rate":100,"errorBudget":5}"#, token, bench)
            _ = try await Self.wait(id, token, bench) { $0["state"] != "planning" }
            // Expired since the plan was made: all but those that may have gone out already, and the last ten.
            _ = try await bench.store.connection.pipeline(
                (10..<30).map { ["DEL", .text(bench.store.keys.event(StoreFixture.id($0)))] })
            let paused = try await Self.wait(id, token, bench) { $0["state"] == "paused" }
            let failed = try #require(paused["failed"].flatMap { Int($0) })
            #expect(failed > 5 && failed <= 20, "\(failed)")
            #expect(paused["reason"]?.contains("errorBudget 5") == true)
            #expect(paused["reason"]?.contains("expired") == true)
            var state: String?
            var rounds = 0
            while state != "done", rounds < 6 {
                _ = try await bench.ask("POST", "/api/v1/replays/\(id)/resume", token: token)
                let job = try await Self.wait(id, token, bench) { $0["state"] == "paused" || $0["state"] == "done" }
                state = job["state"]
                rounds += 1
            }
            #expect(state == "done")
            #expect(try await Self.queued(bench).count == 20)
        }
    }

    @Test func `cancelled, it sends nothing more and leaves no list behind`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(in: bench)
            let token = try await bench.token(.operator)
            let id = try await Self.begin(#"{"filter":{},"rate":10}"#, token, bench)
            _ = try await Self.wait(id, token, bench) { $0["done"].flatMap { Int($0) } ?? 0 > 0 }
            let answer = try await bench.ask("POST", "/api/v1/replays/\(id)/cancel", token: token)
            #expect(try answer.json["state"] == "cancelled")
            let sent = try #require(try answer.json["done"].flatMap { Int($0) })
            #expect(sent < Self.count)
            #expect(try await bench.store.integer(["EXISTS", .text(bench.store.keys.replayItems(id))]) == 0)
            #expect(try await bench.ask("POST", "/api/v1/replays/\(id)/resume", token: token).code == 409)
            #expect(try await Self.queued(bench).count == sent)
        }
    }

    @Test func `it keeps to the rate that was asked for`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(in: bench)
            let token = try await bench.token(.operator)
            let id = try await Self.begin(#"{"filter":{},"rate":40}"#, token, bench)
            _ = try await Self.wait(id, token, bench) { $0["done"].flatMap { Int($0) } ?? 0 > 0 }
            let start = ContinuousClock.now
            _ = try await Self.wait(id, token, bench) { $0["state"] == "done" }
            let took = ContinuousClock.now - start
            // 40 events at 40 a second, of which the first tick's four are out; never faster, and not much slower.
            #expect(took > .milliseconds(700), "\(took)")
            #expect(took < .seconds(30), "\(took)")
        }
    }

    @Test func `forced, each event gets a new key at each time, and the next one that is not forced has none`()
        async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(in: bench)
            let token = try await bench.token(.operator)
            let id = try await Self.begin(#"{"filter":{},"rate":10000,"force":true}"#, token, bench)
            let job = try await Self.wait(id, token, bench) { $0["state"] == "done" }
            #expect(job["force"] == "true")
            let target = "/api/v1/events/\(StoreFixture.id(3))/replay"
            #expect(try await bench.ask("POST", target, token: token, body: #"{"force":true}"#).code == 202)
            #expect(try await bench.ask("POST", target, token: token).code == 202)
            let events = try await Self.queued(bench).map { try JSONDocument(parsing: $0.utf8) }
            #expect(events.count == Self.count + 2)
            for (number, event) in events.prefix(Self.count).enumerated() {
                #expect(event["id"] == StoreFixture.id(number))
                #expect(event["dedupekey"] == "\(StoreFixture.id(number))-r1")
                #expect(event["replay"] == id)
            }
            #expect(events[Self.count]["dedupekey"] == "\(StoreFixture.id(3))-r2")
            #expect(events[Self.count + 1]["dedupekey"] == nil)
            #expect(try await bench.store.expiry(bench.store.keys.forced(StoreFixture.id(3))) > 0)
        }
    }

    @Test func `the key goes with the lane, and another destination's stays what it was`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await bench.store.dispatch(0..<1, to: ["log", "crm"])
            let token = try await bench.token(.operator)
            let (log, crm) = (bench.store.laneStore("log"), bench.store.laneStore("crm"))
            func claim(_ lane: LaneStore) async throws -> ClaimedEvent {
                var request = LaneStore.Exchange()
                (request.events, request.bytes, request.token) = (10, 1 << 20, "t")
                return try #require(try await lane.exchange(request).claimed.first)
            }
            func settle(_ lane: LaneStore, _ claimed: ClaimedEvent) async throws {
                var request = LaneStore.Exchange()
                request.settlements = [Settlement(claim: claimed.claim, verdict: Verdict(.done, attempt: 1))]
                _ = try await lane.exchange(request)
            }
            let first = try await claim(log)
            #expect(first.forced == 0)
            try await settle(log, first)
            let target = "/api/v1/events/\(StoreFixture.id(0))/replay"
            let answer = try await bench.ask(
                "POST", target, token: token, body: #"{"destination":"log","force":true}"#)
            #expect(answer.code == 202, "\(answer.text)")
            let forced = try await claim(log)
            #expect(forced.forced == 1)
            #expect(try Event(json: forced.json, forced: 1).deduplicationKey == "\(StoreFixture.id(0))-r1")
            // It was under way there before, and its receiver knows it by its id.
            #expect(try await claim(crm).forced == 0)
            #expect(try Event(json: forced.json).forcedReplay == 0)
        }
    }

    @Test func `a name that nothing has is refused with a guess, not answered with nothing`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.operator)
            for target in [
                "events?source=strip", "events?destination=cmr", "dead?queue=event", "dead/groups?source=strip",
                "idempotency?source=strip", "events/stream?source=strip",
            ] {
                let answer = try await bench.ask("GET", "/api/v1/\(target)", token: token)
                #expect(answer.code == 404, "\(target)")
                #expect(answer.text.contains("did you mean"), "\(answer.text)")
            }
            let order = #"{"filter":{"source":"strip"},"dryRun":true}"#
            #expect(try await bench.ask("POST", "/api/v1/replays", token: token, body: order).code == 404)
        }
    }

    @Test func `an Idempotency-Key sends one event once, and another order under it is refused`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.archive(in: bench)
            let token = try await bench.token(.operator)
            let target = "/api/v1/events/\(StoreFixture.id(3))/replay"
            let key = "Idempotency-Key: once\r\n"
            let first = try await bench.ask("POST", target, token: token, headers: key)
            #expect(first.code == 202, "\(first.text)")
            let again = try await bench.ask("POST", target, token: token, headers: key)
            #expect(again.code == 202)
            #expect(try again.json["replay"] == first.json["replay"])
            #expect(try await Self.queued(bench).count == 1)
            let forced = try await bench.ask("POST", target, token: token, body: #"{"force":true}"#, headers: key)
            #expect(forced.code == 422, "\(forced.text)")
            // Another event, another caller, no key: each is a request of its own.
            let other = "/api/v1/events/\(StoreFixture.id(4))/replay"
            #expect(try await bench.ask("POST", other, token: token, headers: key).code == 202)
            let admin = try await bench.token(.admin)
            #expect(try await bench.ask("POST", target, token: admin, headers: key).code == 202)
            #expect(try await bench.ask("POST", target, token: token).code == 202)
            #expect(try await Self.queued(bench).count == 4)
            let long = "Idempotency-Key: \(String(repeating: "k", count: 201))\r\n"
            #expect(try await bench.ask("POST", target, token: token, headers: long).code == 400)

            let many = try await bench.ask(
                "POST", "/api/v1/replays", token: token, body: #"{"filter":{},"rate":1}"#, headers: key)
            #expect(many.code == 202, "\(many.text)")
            let different = try await bench.ask(
                "POST", "/api/v1/replays", token: token, body: #"{"filter":{"type":"a.*"},"rate":1}"#, headers: key)
            #expect(different.code == 422, "\(different.text)")
        }
    }

    @Test func `a tenant has no more than some replays that have not ended, and others have theirs`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let replays = bench.handler.services.replays
            let now = Clock.unixMilliseconds()
            var ids: [String] = []
            for number in 0..<ReplayStore.mostOpen {
                let job = ReplayJob(
                    id: StoreFixture.id(number), order: ReplayJob.Order(), state: .paused, who: "token:a",
                    tenant: "acme",
                    createdAt: now)
                ids.append(try #require(try await replays.add(job, idempotencyKey: nil)))
            }
            let acme = try await bench.token(.operator, tenant: "acme")
            let order = #"{"filter":{}}"#
            let key = "Idempotency-Key: k\r\n"
            let refused = try await bench.ask("POST", "/api/v1/replays", token: acme, body: order, headers: key)
            #expect(refused.code == 409, "\(refused.text)")
            let other = try await bench.token(.operator, tenant: "other")
            #expect(try await bench.ask("POST", "/api/v1/replays", token: other, body: order).code == 202)
            #expect(try await bench.ask("POST", "/api/v1/replays/\(ids[0])/cancel", token: acme).code == 200)
            #expect(
                try await bench.ask("POST", "/api/v1/replays", token: acme, body: order, headers: key).code == 202)
        }
    }
}

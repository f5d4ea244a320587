import Testing
import Verifiers

@testable import WebhookGateway

/// Queues, destinations, dead letters, mappings, figures: through the port, on a real store.
@ControlPlane
struct OperationRoutesTests {
    @Test func `every list and overview is answered as it is declared`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await bench.store.dispatch(0..<3, to: ["crm"])
            let token = try await bench.token(.admin)
            for route in RouteTable.all where route.method == .get && route.pathParameters.isEmpty {
                guard case .json(let shape) = route.answer.content else { continue }
                let answer = try await bench.ask("GET", route.path, token: token)
                #expect(answer.code == 200, "\(route.name): \(answer.text)")
                let problem = shape.problem(of: .root, in: try answer.json, at: "")
                #expect(problem == nil, "\(route.name): \(answer.text)")
            }
        }
    }

    @Test func `the first minute is charted, in declared kinds only`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let (stats, keys) = (bench.handler.services.stats, bench.store.keys)
            let minute: Int64 = 60_000
            let now = Clock.unixMilliseconds() / minute * minute - 3 * minute
            _ = try await bench.store.connection.command(["DEL", .text(keys.statsLast)])
            _ = try await bench.store.connection.command(["HINCRBY", .text(keys.ledger), "source:stripe:accepted", 100])
            try await stats.begin(now: now + 10_000)
            _ = try await bench.store.connection.pipeline([
                ["HINCRBY", .text(keys.ledger), "source:stripe:accepted", 5],
                ["HINCRBY", .text(keys.ledger), "gateway:01X:accepted", 5],
            ])
            // Once more changes nothing: there was a sample.
            try await stats.begin(now: now + 30_000)
            try await stats.sample(now: now + minute, refused: [:])
            let token = try await bench.token(.viewer)
            let target = "/api/v1/stats?from=\(Timestamp.text(now))&to=\(Timestamp.text(now))"
            let answer = try await bench.ask("GET", target, token: token).json
            #expect(answer["series.0.kind"] == "source" && answer["series.0.values.0"] == "5")
            #expect(answer["series.1.kind"] == nil)
            let none = try await bench.ask(
                "GET", "/api/v1/stats?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z", token: token)
            #expect(none.code == 200)
            #expect(try none.json["series.0.kind"] == nil)
        }
    }

    @Test func `health says what to do by commands and pages, not by addresses of this API`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let keys = bench.store.keys
            try await bench.store.dispatch(0..<1, to: ["crm"])
            _ = try await bench.store.connection.pipeline([
                ["LPOP", .text(keys.lane("crm"))],
                ["ZADD", .text(keys.laneDead("crm")), 1, .text(StoreFixture.id(0))],
                ["SET", .text(keys.lanePaused("log")), 1], ["SET", .text(keys.queuePaused("events")), 1],
            ])
            let answer = try await bench.ask("GET", "/api/v1/health", token: try await bench.token(.viewer))
            let health = try answer.json
            #expect(health["status"] == "degraded")
            for problem in health.children(of: health.member("problems")) {
                let action = health.string(of: health.member("action", of: problem)) ?? ""
                #expect(action.contains("webhook-gateway") && !action.contains("dead/"), "\(action)")
            }
            #expect(health.count(of: health.member("problems")) == 3, "\(answer.text)")
        }
    }

    @Test func `a queue is paused, resumed and cleared; one that is not there is 404`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await bench.store.enqueue(0..<3)
            let token = try await bench.token(.operator)
            func post(_ verb: String) async throws -> JSONDocument {
                try await bench.ask("POST", "/api/v1/queues/events/\(verb)", token: token).json
            }
            #expect(try await post("pause")["entries"] == "3")
            #expect(try await post("pause")["changed"] == "false")
            let listed = try await bench.ask("GET", "/api/v1/queues", token: token).json
            #expect(listed["items.0.queue"] == "events" && listed["items.0.pausedSince"] != nil)
            #expect(try await post("resume")["changed"] == "true")
            #expect(try await post("clear")["entries"] == "3")
            #expect(try await bench.ask("POST", "/api/v1/queues/nothing/pause", token: token).code == 404)
            #expect(try await bench.ask("POST", "/api/v1/queues/recover", token: token).code == 200)
        }
    }

    @Test func `short lists are whole, or parts of them where limit says so`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.admin)
            for list in [
                "queues", "sources", "destinations", "circuits", "tokens", "providers", "destination-types",
            ] {
                let whole = try await bench.ask("GET", "/api/v1/\(list)", token: token).json
                #expect(whole["next"] == nil)
                var parts = 0
                var next: String? = ""
                while let cursor = next, parts < 100 {
                    let suffix = cursor.isEmpty ? "" : "&cursor=\(cursor)"
                    let part = try await bench.ask("GET", "/api/v1/\(list)?limit=1\(suffix)", token: token).json
                    #expect(part.count(of: part.member("items")) == 1, "\(list)")
                    parts += 1
                    next = part["next"]
                }
                #expect(parts == whole.count(of: whole.member("items")), "\(list)")
                #expect(try await bench.ask("GET", "/api/v1/\(list)?limit=0", token: token).code == 400)
                #expect(try await bench.ask("GET", "/api/v1/\(list)?cursor=eHl6", token: token).code == 404)
            }
        }
    }

    @Test func `a destination is disabled, paused, tested; its circuit is reset`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.operator)
            func post(_ target: String) async throws -> ClientResponse {
                try await bench.ask("POST", "/api/v1/\(target)", token: token)
            }
            #expect(try await post("destinations/crm/disable").json["changed"] == "true")
            #expect(try await post("destinations/crm/pause").json["changed"] == "true")
            let listed = try await bench.ask("GET", "/api/v1/destinations", token: token).json
            #expect(listed["items.0.destination"] == "crm")
            #expect(listed["items.0.enabled"] == "false" && listed["items.0.pausedSince"] != nil)
            #expect(try await post("destinations/crm/enable").json["changed"] == "true")
            #expect(try await post("destinations/crm/resume").json["changed"] == "true")
            #expect(try await post("destinations/crm/test").json["result"] == "verified")
            #expect(try await post("circuits/crm/reset").json["changed"] == "false")
            #expect(try await post("destinations/nothing/test").code == 404)
        }
    }

    @Test func `dead letters are grouped by what went wrong, retried by group, and a tenant has its own`() async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let (store, keys) = (bench.store, bench.store.keys)
            try await store.dispatch(0..<6, to: ["crm"])
            for number in 0..<6 {
                let id = StoreFixture.id(number)
                let reason = number < 4 ? "HTTP 503 after \(number) ms" : "the token is wrong"
                _ = try await store.connection.pipeline([
                    ["LREM", .text(keys.lane("crm")), 0, .text(id)],
                    ["ZADD", .text(keys.laneDead("crm")), .integer(Int64(1000 + number)), .text(id)],
                    [
                        "HSET", .text(keys.state(id)), "to:crm", "dead", "pending", 0, "category:crm",
                        .text(number < 4 ? "provider_error" : "authentication"), "reason:crm", .text(reason),
                    ],
                ])
            }
            let token = try await bench.token(.operator)
            let groups = try await bench.ask("GET", "/api/v1/dead/groups", token: token).json
            #expect(groups["items.0.count"] == "4" && groups["items.0.reason"] == "HTTP # after # ms")
            #expect(groups["items.0.action"] == "retry" && groups["items.1.action"] == "mendCredentials")
            let foreign = try await bench.token(.operator, tenant: "acme")
            #expect(try await bench.ask("GET", "/api/v1/dead", token: foreign).json["items.0.id"] == nil)
            let id = "crm/\(StoreFixture.id(0))"
            let theirs = try await bench.ask(
                "POST", "/api/v1/dead/discard", token: foreign, body: #"{"ids":["\#(id)"]}"#)
            #expect(try theirs.json["changed"] == "0")
            let group = try #require(groups["items.0.group"])
            let retried = try await bench.ask(
                "POST", "/api/v1/dead/retry", token: token, body: #"{"filter":{"group":"\#(group)"}}"#)
            #expect(try retried.json["changed"] == "4", "\(retried.text)")
            let rest = try await bench.ask("POST", "/api/v1/dead/discard", token: token, body: #"{"filter":{}}"#)
            #expect(try rest.json["changed"] == "2")
            #expect(try await bench.ask("GET", "/api/v1/dead", token: token).json["items.0.id"] == nil)
        }
    }

    @Test func `a mapping is changed, tried, rolled back and reset, with who and when`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.admin)
            func ask(_ method: String, _ target: String, _ body: String? = nil) async throws -> ClientResponse {
                try await bench.ask(method, "/api/v1/mappings/stripe\(target)", token: token, body: body)
            }
            #expect(try await ask("GET", "").json["origin"] == "bundled")
            let broken = try await ask("PUT", "", #"{"text":"[{ match: 7 }]"}"#)
            #expect(broken.code == 422, "\(broken.text)")
            let own =
                #"{"text":"[{ match: \"a.b\", type: \"order.created\", fields: { \"order.id\": \"id\" } }]","version":0}"#
            let changed = try await ask("PUT", "", own)
            #expect(try changed.json["origin"] == "api", "\(changed.text)")
            #expect(try changed.json["versions.0.who"] == "token:admin")
            #expect(try await ask("PUT", "", own).code == 409)
            let delivery = #"{"id":"evt_1","type":"a.b","created":1,"data":{"object":{"id":"x"}},"object":"event"}"#
            var body = Array(#"{"body":"#.utf8)
            JSONWriter.append(delivery, to: &body)
            let trial = try await ask("POST", "/test", String(decoding: body, as: UTF8.self) + "}")
            #expect(trial.code == 200, "\(trial.text)")
            // No delivery has brought it, and an attribute of an event is never empty.
            let event = try trial.json["after.0.event.providertype"]
            #expect(event == "a.b" && !trial.text.contains("traceparent"), "\(trial.text)")
            #expect(try await ask("POST", "/reset").json["origin"] == "bundled")
            #expect(try await ask("POST", "/rollback", #"{"version":1}"#).json["origin"] == "api")
            #expect(try await ask("GET", "/fields").json["deliveries"] == "0")
            #expect(try await bench.ask("GET", "/api/v1/mappings/nothing", token: token).code == 404)
        }
    }

    @Test func `the minute counters are the ledger's growth, and each minute counts once`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let stats = bench.handler.services.stats
            let (store, keys) = (bench.store, bench.store.keys)
            let minute: Int64 = 29_920_800
            func growth(_ count: Int64) -> [RedisArgument] {
                ["HINCRBY", .text(keys.ledger), "source:stripe:accepted", .integer(count)]
            }
            _ = try await store.connection.command(growth(100))
            try await stats.sample(now: minute * 60_000, refused: [:])
            for count in [Int64(3), 4] {
                _ = try await store.connection.command(growth(count))
                let now = (minute + count) * 60_000
                try await stats.sample(now: now, refused: ["source:stripe:mismatch": 1])
                try await stats.sample(now: now, refused: [:])
            }
            let series = try await stats.series(from: minute, count: 2, step: 5)
            #expect(series.map(\.counter) == ["accepted", "mismatch"])
            #expect(series.map(\.values) == [[7, 0], [2, 0]])
        }
    }
}

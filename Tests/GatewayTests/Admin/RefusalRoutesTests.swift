import Testing
import Verifiers

@testable import WebhookGateway

/// Refused deliveries through the port: who sees them, why they were refused, and what accepting makes of them.
@ControlPlane
struct RefusalRoutesTests {
    /// `stripe` is acme's, `square` other's, both have the secret "x" (`AdminBench`).
    private static let signed = #"provider: "stripe", secrets: ["x"], toleranceSeconds: 0"#
    private static let start: Int64 = 1_795_250_461_000

    /// Refuses payments that are signed with a secret, a minute apart from another; returns their ids.
    private static func refuse(
        _ numbers: Range<Int>, signedWith secret: String, in bench: AdminBench, to source: String = "stripe"
    ) async throws -> [String] {
        let signer = try RefusalBench.source(signed.replacing("\"x\"", with: "\"\(secret)\""))
        let receiver = try RefusalBench.source(signed.replacing("\"x\"", with: "\"wrong\""), named: source)
        var ids: [String] = []
        try await RefusalBench.run(in: bench.store) { refusals in
            for number in numbers {
                let at = Clock.unixMilliseconds() - 60_000 + Int64(number)
                let sample = RefusalBench.sample(
                    CommandBench.payment("\(number)"), to: source, signedBy: signer, at: at)
                ids.append(
                    try await refusals.refuse(
                        sample, by: receiver, from: "203.0.113.\(number % 200)", at: at))
            }
        }
        return ids
    }

    @Test func `pages hold each refusal once, and a tenant sees those of its own sources only`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let acme = try await Self.refuse(0..<20, signedWith: "nobody", in: bench)
            let other = try await Self.refuse(20..<24, signedWith: "nobody", in: bench, to: "square")
            let cases: [(String?, [String])] = [
                (nil, acme + other), ("acme", acme), ("other", other), ("nobody", []),
            ]
            for (tenant, expected) in cases {
                let token = try await bench.token(.viewer, tenant: tenant)
                var ids: [String] = []
                var target = "/api/v1/refusals?limit=7"
                while true {
                    let page = try await bench.ask("GET", target, token: token).json
                    for node in page.children(of: page.member("items")) {
                        ids.append(page.string(of: page.member("id", of: node)) ?? "")
                    }
                    guard let next = page["next"] else { break }
                    target = "/api/v1/refusals?limit=7&cursor=\(next)"
                }
                #expect(ids == expected.sorted(by: >), "\(tenant ?? "all")")
            }
            let theirs = try await bench.token(.operator, tenant: "other")
            for (method, target) in [
                ("GET", acme[0]), ("GET", "\(acme[0])/raw"), ("POST", "\(acme[0])/accept"), ("DELETE", acme[0]),
            ] {
                let answer = try await bench.ask(method, "/api/v1/refusals/\(target)", token: theirs)
                #expect(answer.code == 404, "\(method) \(target)")
            }
            for verb in ["accept", "discard"] {
                let answer = try await bench.ask(
                    "POST", "/api/v1/refusals/\(verb)", token: theirs, body: #"{"ids":["\#(acme[0])"]}"#)
                #expect(try answer.json["refusedCount"] == "1", "\(answer.text)")
            }
            let filtered = try await bench.ask(
                "GET", "/api/v1/refusals?source=stripe&reason=missing", token: try await bench.token(.viewer))
            #expect(try filtered.json["items.0"] == nil)
        }
    }

    @Test func `one is shown with the likely cause, its request and its body, as the route declares it`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let id = try await Self.refuse(0..<1, signedWith: "nobody", in: bench)[0]
            let token = try await bench.token(.viewer)
            let answer = try await bench.ask("GET", "/api/v1/refusals/\(id)", token: token)
            let shown = try answer.json
            #expect(shown["source"] == "stripe" && shown["tenant"] == "acme" && shown["reason"] == "mismatch")
            #expect(shown["acceptable"] == "false" && shown["secret"] == nil && shown["events"] == nil)
            #expect(shown["explanation"]?.contains("no configured secret") == true)
            #expect(shown["target"] == "/webhooks/stripe" && answer.text.contains(#"["Stripe-Signature","t="#))
            let route = try #require(RouteTable.all.first { $0.name == "refusals.show" })
            guard case .json(let shape) = route.answer.content else { return }
            #expect(shape.problem(of: .root, in: shown, at: "") == nil)
            let raw = try await bench.ask("GET", "/api/v1/refusals/\(id)/raw", token: token)
            #expect(raw.text == CommandBench.payment("0"))
            #expect(raw.header("content-disposition") == "attachment; filename=\"\(id).bin\"")
            let refused = try await bench.ask(
                "POST", "/api/v1/refusals/\(id)/accept", token: try await bench.token(.operator))
            #expect(refused.code == 422 && refused.text.contains("no configured secret"))
            #expect(try await bench.store.integer(["LLEN", .text(bench.store.keys.queue("events"))]) == 0)
        }
    }

    @Test func `what proves now is accepted once, with the time of its arrival, and stands in the audit log`()
        async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let id = try await Self.refuse(0..<1, signedWith: "x", in: bench)[0]
            let token = try await bench.token(.operator)
            let target = "/api/v1/refusals/\(id)"
            #expect(try await bench.ask("GET", target, token: token).json["secret"] == "1")
            let first = try await bench.ask("POST", "\(target)/accept", token: token)
            #expect(first.code == 200, "\(first.text)")
            let event = try #require(try first.json["events.0.id"])
            #expect(try first.json["events.0.duplicate"] == "false")
            let again = try await bench.ask("POST", "\(target)/accept", token: token).json
            #expect(again["events.0.id"] == event && again["events.0.duplicate"] == "true")
            let queued = try await bench.store.list(bench.store.keys.queue("events"))
            #expect(queued.count == 1 && queued[0].contains(event))
            let shown = try await bench.ask("GET", target, token: token).json
            #expect(shown["events.0"] == event && shown["acceptable"] == "false" && shown["body"] == "accepted")
            let stored = try await bench.ask("GET", "/api/v1/events/\(event)", token: token).json
            #expect(stored["receivedAt"] == shown["refusedAt"] && stored["tenant"] == "acme")
            #expect(try await bench.store.ledger("source:stripe:accepted") == 1)
            let log = try await bench.ask("GET", "/api/v1/audit", token: try await bench.token(.admin)).json
            #expect(log["items.0.action"] == "refusals.accept" && log["items.0.target"] == id)
            #expect(log["items.0.detail"]?.contains(event) == true)
        }
    }

    @Test func `all that prove now are accepted together, the others stay until they are discarded`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let right = try await Self.refuse(0..<5, signedWith: "x", in: bench)
            let wrong = try await Self.refuse(5..<7, signedWith: "nobody", in: bench)
            let token = try await bench.token(.operator)
            func post(_ verb: String, _ body: String) async throws -> JSONDocument {
                try await bench.ask("POST", "/api/v1/refusals/\(verb)", token: token, body: body).json
            }
            let all = try await post("accept", #"{"filter":{"source":"stripe"}}"#)
            #expect(all["accepted"] == "5" && all["events"] == "5" && all["refusedCount"] == "2")
            #expect(all["refused.0.reason"] == "mismatch")
            let queued = try await bench.store.list(bench.store.keys.queue("events"))
            let keys = try queued.map { try JSONDocument(parsing: $0.utf8)["providerid"] }
            #expect(keys == (0..<5).map { "\($0)" }, "in the order of their arrival")
            let again = try await post("accept", #"{"filter":{}}"#)
            #expect(again["accepted"] == "0" && again["refusedCount"] == "2")
            #expect(
                try await post("discard", #"{"ids":["\#(wrong[0])","01JB2QK9Z8X4YV7WTN3M5R6P1D"]}"#)["discarded"] == "1"
            )
            #expect(
                try await bench.ask("DELETE", "/api/v1/refusals/\(wrong[1])", token: token).code == 204)
            #expect(try await bench.ask("GET", "/api/v1/refusals/\(wrong[1])", token: token).code == 404)
            let listed = try await bench.ask("GET", "/api/v1/refusals", token: token).json
            #expect(listed.count(of: listed.member("items")) == right.count)
            #expect(try await bench.ask("POST", "/api/v1/refusals/accept", token: token, body: "{}").code == 400)
        }
    }

    @Test func `a source that several tenants share is nobody's but the installation's`() async throws {
        try await AdminBench.run({ configuration in
            for index in configuration.sources.indices { configuration.sources[index].tenants = ["a1": "other"] }
        }) { (bench: AdminBench) async throws in
            let id = try await Self.refuse(0..<1, signedWith: "x", in: bench)[0]
            let cases: [(String?, Int)] = [("acme", 404), ("other", 404), (nil, 200)]
            for (tenant, code) in cases {
                let token = try await bench.token(.operator, tenant: tenant)
                #expect(try await bench.ask("GET", "/api/v1/refusals/\(id)", token: token).code == code)
            }
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Shapes on a real store: learned from the archive, changed by two processes, printed by the command, shown by the API.
@ControlPlane
struct ShapeLearnerTests {
    private static let type = "payment_intent.succeeded"

    @Test func `payloads are learned from the archive; what changes is kept, counted and printed`() async throws {
        try await CommandBench.run { (bench: CommandBench) async throws in
            try await learner(bench) { learner in
                try await deliver(0..<22, bench)
                try await learner.pass()
                let listed = try await bench.run("types", "shop", "--json").object()
                #expect(listed["type"] == Self.type && listed["samples"] == "22")
                #expect(try await bench.run("types", "shop", "--changes", "--json").output.isEmpty)

                // A field is gone, one is a text that was a number, one is new; the mapping fails on it, too.
                try await deliver(22..<28, bench) { payment in
                    payment.replacing(",\"currency\":\"usd\"", with: ",\"fee\":1").replacing("1999", with: "\"1999\"")
                }
                try await learner.pass()
                // What was learned is not learned again.
                try await learner.pass()
                let changes = try await bench.run("types", "shop", "payment_intent.*", "--changes", "--json").lines()
                #expect(
                    changes.compactMap { "\($0["kind"] ?? "") \($0["path"] ?? "")" } == [
                        "vanished data.object.currency", "appeared data.object.fee",
                        "changed data.object.amount_received",
                    ])
                let fields = try await bench.run("types", "shop", Self.type)
                #expect(fields.output.contains("data.object.amount_received  string | integer  always"))
                #expect(fields.output.contains("data.object.currency         string            gone"))
                #expect(fields.output.hasPrefix("\(Self.type): 28 samples from"))
                var metrics = PrometheusText()
                await metrics.append(learner)
                let text = String(decoding: metrics.bytes, as: UTF8.self)
                for kind in ["appeared", "vanished", "changed"] {
                    #expect(text.contains("webhook_shape_changes_total{source=\"shop\",kind=\"\(kind)\"} 1\n"))
                }
            }
        }
    }

    @Test func `types are printed in a language, and forgotten on demand`() async throws {
        try await CommandBench.run { (bench: CommandBench) async throws in
            let nothing = try await bench.run("types", "shop")
            #expect(nothing.code == 1 && nothing.errors.contains("no payload of the source shop has been learned yet"))
            #expect(try await bench.run("types", "shops").code == 2)
            #expect(try await bench.run("types", "shop", "--lang", "pyton").errors.contains("did you mean python?"))
            try await learner(bench) { learner in
                try await deliver(0..<2, bench)
                try await learner.pass()
                let text = try await bench.run("types", "shop", "--lang", "typescript").output
                #expect(text.contains("export interface PaymentIntentSucceeded {"))
                #expect(text.contains("  amount_received: number;"))
                #expect(try await bench.run("types", "shop", "invoice.*").code == 1)
                #expect(try await bench.run("types", "shop", Self.type, "--forget").output == "1 type forgotten\n")
                #expect(try await bench.run("types", "shop").code == 1)
            }
        }
    }

    @Test func `of many events a sample is looked at, spread over all of them and with the newest`() async throws {
        try await CommandBench.run { (bench: CommandBench) async throws in
            try await learner(bench) { learner in
                try await deliver(0..<300, bench)
                try await learner.pass()
                let shape = try #require(try await store(bench).shape(of: "shop", type: Self.type))
                #expect(shape.samples == 50)
                #expect(shape.lastAt == 1_795_250_461_299)
            }
        }
    }

    @Test func `two processes never mix their lessons, and one at a time has the turn`() async throws {
        try await StoreFixture.run { fixture in
            let connection = RedisConnection(
                fixture.server.settings, scripts: ShapeStore.scripts, loop: ControlPlane.loop)
            defer { connection.stop() }
            try #require(await connection.becomesReady(within: .seconds(5)))
            let store = ShapeStore(connection: connection, keys: ControlKeys())
            var shape = PayloadShape()
            try shape.learn("{}")
            #expect(try await store.keep(shape, of: "s", type: "t", learnedFrom: 0, changes: []) == .kept)
            #expect(try await store.keep(shape, of: "s", type: "t", learnedFrom: 0, changes: []) == .outdated)
            #expect(try await store.keep(shape, of: "s", type: "t", learnedFrom: 1, changes: []) == .kept)
            for number in 1..<200 {
                #expect(try await store.keep(shape, of: "s", type: "t\(number)", learnedFrom: 0, changes: []) == .kept)
            }
            #expect(try await store.keep(shape, of: "s", type: "more", learnedFrom: 0, changes: []) == .tooMany)
            #expect(try await store.forget("s") == 200)

            #expect(try await store.takesTurn(as: "a"))
            #expect(try await !store.takesTurn(as: "b"))
            #expect(try await store.takesTurn(as: "a"))
        }
    }

    @Test func `the API lists types, fields and changes, and forgets`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.operator)
            var shape = PayloadShape()
            try shape.learn(#"{"id":"x","lines":[{"n":1}]}"#, times: 20, at: 1_795_250_461_000)
            let changes = try shape.learn(#"{"id":1,"lines":[]}"#, at: 1_795_250_462_000)
            let noted = changes.map { NotedShapeChange(change: $0, type: "order/paid", at: 1_795_250_462_000) }
            let store = bench.handler.services.shapes
            #expect(
                try await store.keep(shape, of: "stripe", type: "order/paid", learnedFrom: 0, changes: noted) == .kept)
            for name in ["types.list", "types.fields", "types.drift"] {
                let route = try #require(RouteTable.all.first { $0.name == name })
                guard case .json(let declared) = route.answer.content else { continue }
                let path = route.path.replacing("{source}", with: "stripe")
                let answer = try await bench.ask("GET", path, token: token)
                #expect(answer.code == 200)
                #expect(declared.problem(of: .root, in: try answer.json, at: "") == nil, "\(answer.text)")
            }
            let fields = try await bench.ask("GET", "/api/v1/sources/stripe/fields?type=order/*", token: token).json
            #expect(fields["items.0.type"] == "order/paid" && fields["items.0.fields.3.path"] == "lines[*].n")
            let drift = try await bench.ask("GET", "/api/v1/sources/stripe/drift", token: token).json
            #expect(drift["items.0.kind"] == "changed" && drift["items.0.now.1"] == "integer")
            #expect(drift["items.0.at"] == "2026-11-21T08:41:02.000Z")
            #expect(try await bench.ask("GET", "/api/v1/sources/nothing/types", token: token).code == 404)
            let forget = "/api/v1/sources/stripe/types/forget"
            #expect(try await bench.ask("POST", forget, token: token, body: #"{"type":"x"}"#).json["forgotten"] == "0")
            #expect(try await bench.ask("POST", forget, token: token).json["forgotten"] == "1")
        }
    }

    // MARK: -

    private func deliver(
        _ numbers: Range<Int>, _ bench: CommandBench, _ change: (String) -> String = { $0 }
    ) async throws {
        for number in numbers {
            let payment = change(CommandBench.payment("evt_\(number)"))
            try await bench.deliver(payment, at: 1_795_250_461_000 + Int64(number))
        }
    }

    private func store(_ bench: CommandBench) -> ShapeStore {
        ShapeStore(connection: bench.store.connection, keys: ControlKeys())
    }

    private func learner(
        _ bench: CommandBench, _ body: @ControlPlane (ShapeLearner) async throws -> Void
    ) async throws {
        let configuration = try ConfigurationLoader(environment: [:], known: .builtIn)
            .load("\(bench.path)/gateway.json5").configuration
        let learner = ShapeLearner(bench.store.server.settings, configuration, log: Log(level: .error))
        defer { learner.stop() }
        learner.connection.start()
        try #require(await learner.connection.becomesReady(within: .seconds(5)))
        try await body(learner)
    }
}

import FoundationEssentials
import Testing

@testable import WebhookGateway

struct MappingTestRunTests {
    private static let rules = """
        rules: [{ match: "order.paid", type: "order.paid", root: "data.object", fields: {
          "order.id": { from: "id", required: true }, amount: { from: "total", transforms: [{ minorUnits: "currency" }] } } }],
        """
    private static let paid = """
        { id: "evt_1", type: "order.paid", created: 1795250460, data: { object: { id: "o-1", total: 1999, currency: "eur" } } }
        """

    private func outcomes(_ tests: String) throws -> [MappingTestRun.Outcome] {
        try Self.outcomes(
            """
            { sources: { shop: { provider: "stripe", secrets: ["x"], mapping: "mine" } },
              mappings: { mine: { \(Self.rules) tests: [\(tests)] } } }
            """)
    }

    private static func outcomes(_ configuration: String) throws -> [MappingTestRun.Outcome] {
        try MappingTestRun(try ConfigurationSamples.load(configuration, known: .builtIn).configuration).outcomes()
    }

    @Test(arguments: [
        #"{ type: "order.paid" }"#, #"{ data: { amount: { decimal: "19.99" } }, time: "2026-11-21T08:41:00Z" }"#,
        #"{ data: { "order": { id: "o-1", number: null } } }"#, #"[{ providerid: "evt_1" }]"#,
    ])
    func `a test passes when the event has what is expected`(_ expect: String) throws {
        let outcomes = try outcomes(#"{ name: "paid", input: \#(Self.paid), expect: \#(expect) }"#)
        #expect(outcomes == [.init(place: "mappings.mine", test: "paid", problems: [])])
    }

    @Test func `what differs is named with its place, what was expected, and what came`() throws {
        let problems = try outcomes(
            #"{ input: \#(Self.paid), expect: { type: "order.sent", tenant: "default", data: { amount: { minor: 1900 }, x: [1] } } }"#
        ).flatMap(\.problems)
        #expect(
            problems.map(\.description) == [
                "data.amount.minor: expected 1900, got 1999", "data.x: expected [1], got nothing",
                #"type: expected "order.sent", got "order.paid""#,
            ])
    }

    @Test func `an exact test minds what it does not name`() throws {
        let test = #"{ input: \#(Self.paid), exact: true, expect: { data: { order: { id: "o-1" } } } }"#
        #expect(
            try outcomes(test).flatMap(\.problems).map(\.description) == [
                #"data.amount: expected nothing, got {"minor":1999,"currency":"EUR","decimal":"19.99"}"#
            ])
    }

    @Test func `several events, none, and quarantined ones can be expected`() throws {
        let broken = #"{ id: "evt_2", type: "order.paid", data: { object: { total: "x", currency: "eur" } } }"#
        #expect(try outcomes(#"{ input: \#(broken), expect: { quarantined: true } }"#)[0].hasPassed)
        #expect(try outcomes(#"{ input: \#(broken), expect: { quarantined: ["order.id", "amount"] } }"#)[0].hasPassed)
        let other = try outcomes(#"{ input: \#(broken), expect: { quarantined: "customer.id" } }"#)[0]
        #expect(other.problems.map(\.path) == ["customer.id"])
        let made = try outcomes(#"{ input: \#(Self.paid), expect: { quarantined: true } }"#)[0]
        #expect(made.problems.map(\.description) == ["event: expected to be quarantined, got an event order.paid"])
        let few = try outcomes(#"{ input: \#(Self.paid), expect: [{}, {}] }"#)[0]
        #expect(few.problems.map(\.description) == ["events: expected 2, got 1"])
        let failed = try outcomes(#"{ input: \#(broken), expect: { type: "order.paid" } }"#)[0]
        #expect(failed.problems.map(\.path) == ["data.amount", "data.order.id"])
        #expect(try outcomes(#"{ input: { no: "event" }, expect: { quarantined: true } }"#)[0].hasPassed)
    }

    @Test func `the input may be a file, and the provider may be named`() throws {
        let file = WebhookFixture.repository.appending(path: "fixtures/webhooks/square/payment.updated/request.http")
            .path
        let outcomes = try Self.outcomes(
            """
            { mappings: { own: { extends: "square", tests: [
              { name: "file", provider: "square", input: "\(file)", expect: { type: "payment.succeeded", data: { amount: { minor: 3000 } } } },
              { name: "no file", provider: "square", input: "/no/such.json", expect: {} },
              { name: "nobody's", input: {}, expect: {} },
            ] } } }
            """)
        #expect(outcomes.map(\.hasPassed) == [true, false, false])
        #expect(outcomes[1].problems[0].description.contains("/no/such.json cannot be read"))
        #expect(outcomes[2].problems[0].description.contains("no source has this mapping"))
    }

    @Test func `a provider's definition carries tests, and its header fields tell the type`() throws {
        let outcomes = try Self.outcomes(
            """
            { providers: { acme: {
              proof: { kind: "ed25519", signature: "header:X-Sig", signed: "{body}" },
              event: { id: "/id", type: "header:X-Topic" },
              mapping: { rules: [{ match: "paid", type: "order.paid", fields: { "order.id": "id" } }],
                tests: [{ input: { id: "1" }, headers: { "X-Topic": "paid" }, expect: { type: "order.paid" } }] },
              tests: [{ input: { id: "2" }, headers: { "X-Topic": "other" }, expect: { type: "acme.other" } }],
            } } }
            """)
        #expect(outcomes.map(\.place) == ["providers.acme", "providers.acme"])
        #expect(outcomes.allSatisfy { $0.hasPassed }, "\(outcomes)")
    }

    @Test(arguments: [
        (#"{ expect: {} }"#, "mappings.mine.tests[0].input: is missing"),
        (#"{ input: {} }"#, "mappings.mine.tests[0].expect: is missing"),
        (#"{ input: 7, expect: {} }"#, "tests[0].input: expected a body, found the number 7"),
        (
            #"{ input: {}, expected: {}, expect: {} }"#,
            #"tests[0].expected: is not a known key; did you mean "expect"?"#
        ),
        (#"{ input: {}, expect: { typ: "x" } }"#, #"tests[0].expect.typ: is not a known key; did you mean "type"?"#),
        (#"{ input: {}, expect: { quarantined: 7 } }"#, "expected true or fields, found the number 7"),
    ])
    func `a mistake in a test is a mistake of the configuration`(_ test: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try outcomes(test) }
        #expect(error.description.contains(expected), "\(error)")
    }
}

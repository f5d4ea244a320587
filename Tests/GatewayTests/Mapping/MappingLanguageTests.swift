import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct MappingLanguageTests {
    @Test(arguments: [
        (#"[{ match: "t", typ: "x" }]"#, #"m[0].typ: is not a known key; did you mean "type"?"#),
        (#"[{ type: "x" }]"#, "m[0].match: is missing"),
        (#"[{ match: 7 }]"#, "m[0].match: expected a type, found the number 7"),
        (#"[{ match: "t", fields: { a: "b..c" } }]"#, #"m[0].fields.a: the path "b..c" cannot be read"#),
        (
            #"[{ match: "t", fields: { a: { form: "b" } } }]"#,
            #"m[0].fields.a.form: is not a known key; did you mean "from"?"#
        ),
        (
            #"[{ match: "t", fields: { a: { from: "b", transforms: ["lowercsae"] } } }]"#,
            #"there is no transform "lowercsae"; did you mean "lowercase"?"#
        ),
        (
            #"[{ match: "t", fields: { a: { from: "b", transforms: [{ minorUnits: "c", scale: "strip" }] } } }]"#,
            #"transforms[0].scale: "strip" is not a choice; choose one of "iso", "stripe""#
        ),
        (#"[{ match: "t", fields: { a: { from: "b", transforms: [{ split: "" }] } } }]"#, "the separator is empty"),
        (#"[{ match: "t", fields: { a: { from: "b", transforms: [{ lookup: 1 }] } } }]"#, "expected a table"),
        (
            #"[{ match: "t", fields: { a: "a", "a.b": "b" } }]"#,
            "m[0].fields.a: is both a value and an object of others"
        ),
        (#"[{ match: "t", fields: { "a..b": "b" } }]"#, "is not a field's name"),
        (
            #"[{ match: "t", fields: { a: { each: "b", fields: { c: "c" } } } }]"#,
            "m[0].fields.a.each: the path needs a [*]"
        ),
        (#"[{ match: "t", fields: { a: { each: "b[*]" } } }]"#, "expected the fields of one item"),
        (#"[{ match: "t", fields: { a: { from: "b", constant: 1 } } }]"#, "expected exactly one of"),
        (
            #"[{ match: "t", fields: { a: { from: "b", required: true, default: 1 } } }]"#,
            "has a default and is required"
        ),
        (
            #"[{ match: "t", fields: { a: { from: "b", default: [] } } }]"#,
            "expected a text, number or boolean, found an array"
        ),
        (
            #"[{ match: "t", fields: { a: "@typo" } }]"#,
            "the event has no @typo; there are @type, @subject, @account, @key"
        ),
        (#"[{ match: "t", use: "bse", fields: {} }]"#, "there is no shared set of that name"),
        (#"[{ match: "t", when: { "a[*]": 1 } }]"#, "the path must lead to one value"),
        (#"[{ match: "t", when: { a: { exist: true } } }]"#, #"did you mean "exists"?"#),
        (#"[{ match: { a: "b" }, type: "c" }]"#, "the types stand in"),
        (#"[{ match: { a: 1 } }]"#, "m[0].match.a: expected a type"),
        (#"[{ match: "t", type: "has space" }]"#, "is not a type"),
        (#"[{ match: "t", passThrough: true, fields: {} }]"#, "the payload passes through as it is"),
        (#"{ rulez: [] }"#, #"m.rulez: is not a known key; did you mean "rules"?"#),
        ("7", "m: expected an object, found the number 7"),
        ("{ rules: 7 }", "m.rules: expected a list"), (#"{ extends: "nobody" }"#, #""nobody" is no mapping"#),
        ("{ rules: [", "this is not JSON5"),
    ])
    func `a mistake is named with its place and a remedy`(_ rules: String, _ expected: String) throws {
        let lines = try problems(rules)
        #expect(lines.contains { $0.contains(expected) }, "\(lines)")
    }

    @Test func `all mistakes are reported together`() throws {
        let lines = try problems(
            #"{ rools: 1, rules: [{ match: "a", fields: { x: "a[", y: { from: 1 } } }, { mach: "b" }] }"#)
        #expect(lines.count >= 5)
    }

    @Test func `a shared mistake is reported once`() throws {
        let lines = try problems(
            #"{ shared: { s: { x: "a[" } }, rules: [{ match: "a", use: "s" }, { match: "b", use: "s" }] }"#)
        #expect(lines.count == 1 && lines[0].hasPrefix("m.shared.s.x: "))
    }

    @Test(arguments: ProviderCatalog.all.map { $0.name })
    func `every bundled mapping is read and has rules`(_ name: String) throws {
        #expect(try !MappingCatalog().rules(named: name).rules.isEmpty)
    }

    @Test func `an operator's mapping overrides and extends a bundled one`() throws {
        let own = #"{ extends: "mailchimp", rules: [{ match: "profile", type: "own.profile", fields: {} }] }"#
        let value = try jsonValue(own)
        let rules = try MappingCatalog(overrides: ["mailchimp": value, "mine": value]).rules(named: "mailchimp")
        let sample = Mapper(provider: "mailchimp", rules: rules)
        var document = JSONDocument()
        try document.read(Array(#"{"type":"x","data":{"id":"1","email":"a@b.c"}}"#.utf8)[...])
        func type(_ name: String) throws -> String {
            var output: [UInt8] = []
            return try sample.map(ProviderEvent(key: "k", type: name, payload: .root), in: document, data: &output).type
        }
        #expect(try type("profile") == "own.profile")
        #expect(try type("subscribe") == "contact.subscribed")
        #expect(try type("other") == "mailchimp.other")
    }

    @Test func `mappings extend one another, and use and replace the sets of fields of those they extend`() throws {
        let overrides = [
            "shop": try jsonValue(
                """
                { root: "data", shared: { who: { "customer.id": "id" }, what: { "order.id": "order" } },
                  rules: [{ match: "a", type: "a.done", use: ["who", "what"] }, { match: "b", type: "b.done", use: "who" }] }
                """),
            "branch": try jsonValue(
                """
                { extends: "shop", shared: { who: { "customer.email": "email" } },
                  rules: [{ match: "b", type: "b.own", root: "data", use: ["who", "what"] }] }
                """),
            "stall": try jsonValue(#"{ extends: "branch", rules: [{ match: "c", type: "c.done", use: "who" }] }"#),
            "x": try jsonValue(#"{ extends: "y" }"#), "y": try jsonValue(#"{ extends: "x" }"#),
            "stripe": try jsonValue(#"{ extends: "stripe", rules: [{ match: "c", type: "c.own", fields: {} }] }"#),
            "later": try jsonValue(#"{ extends: "stripe" }"#),
        ]
        let catalog = MappingCatalog(overrides: overrides)
        let stall = MappingSample(mapper: Mapper(provider: "shop", rules: try catalog.rules(named: "stall")))
        let payload = #"{"data":{"id":"1","order":"2","email":"e"},"email":"outer"}"#
        #expect(try stall.data(payload, type: "a") == #"{"customer":{"id":"1"},"order":{"id":"2"}}"#)
        #expect(try stall.map(payload, type: "b").mapped.type == "b.own")
        #expect(try stall.data(payload, type: "b") == #"{"customer":{"email":"e"},"order":{"id":"2"}}"#)
        #expect(try stall.data(payload, type: "c") == #"{"customer":{"email":"outer"}}"#)
        let later = MappingSample(mapper: Mapper(provider: "shop", rules: try catalog.rules(named: "later")))
        #expect(try later.map("{}", type: "c").mapped.type == "c.own")
        let error = try #require(throws: ConfigurationError.self) { try catalog.rules(named: "x") }
        #expect(error.description.contains("x extends y extends x"), "\(error)")
    }

    @Test func `an unknown mapping's name is answered with the nearest`() throws {
        let error = try #require(throws: ConfigurationError.self) { try MappingCatalog().rules(named: "strip") }
        #expect(error.description.contains(#"did you mean "stripe"?"#))
    }

    @Test func `the examples of the documentation are read`() throws {
        let page = WebhookFixture.repository.appending(path: "docs/mappings.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let examples = text.split(separator: "```json5\n").dropFirst().compactMap { $0.split(separator: "```").first }
        #expect(examples.count >= 5)
        for example in examples {
            let value = try jsonValue(String(example))
            let stripe = try MappingCatalog().rules(named: "stripe")
            #expect(try !MappingRules(value, at: "example", extending: stripe).rules.isEmpty)
        }
    }
}

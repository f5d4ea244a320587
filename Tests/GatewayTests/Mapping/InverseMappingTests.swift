import Testing
import Verifiers

@testable import WebhookGateway

struct InverseMappingTests {
    @Test(arguments: ProviderCatalog.names)
    func `what a provider's deliveries become, becomes payload again, or it is said why not`(_ name: String) throws {
        let rules = try MappingCatalog().rules(named: name)
        let (mapper, inverse) = (Mapper(provider: name, rules: rules), InverseMapper(provider: name, rules: rules))
        for fixture in try WebhookFixture.all() where fixture.provider == name {
            for expected in try fixture.expected().events {
                guard case .object(let members) = expected else { continue }
                do {
                    let made = try inverse.made(of: InverseEvent(Array(expected.json.utf8)))
                    #expect(try Self.data(of: made, by: mapper) == members["data"], "\(fixture.name)")
                } catch let failure as InverseFailure {
                    // Every rule for Stripe and Square has an inverse.
                    #expect(!["stripe", "square"].contains(name), "\(fixture.name): \(failure)")
                    #expect(failure.description.contains("cannot be undone"), "\(fixture.name): \(failure)")
                }
            }
        }
    }

    /// The data that the mapping makes of a payload.
    private static func data(of made: InverseMapper.Made, by mapper: Mapper) throws -> JSONValue {
        var document = JSONDocument()
        try document.read(made.payload[...])
        let event = ProviderEvent(
            key: "k", type: made.providerType, subject: made.subject, account: made.account, payload: .root)
        var data: [UInt8] = []
        _ = try mapper.map(event, in: document, data: &data)
        return try jsonValue(String(decoding: data, as: UTF8.self))
    }

    @Test func `a payment's fields go where Stripe has them`() throws {
        let inverse = try InverseMapper(provider: "stripe", rules: MappingCatalog().rules(named: "stripe"))
        let made = try inverse.made(
            of: InverseEvent(
                Array(
                    #"""
                    {"type":"payment.succeeded","subject":"pi_1","data":{"customer":{"id":"cus_1","email":"a@b.c"},
                    "amount":{"minor":1500,"currency":"ISK","decimal":"1500"},"payment":{"id":"pi_1","status":"succeeded"},
                    "livemode":false}}
                    """#.utf8)))
        #expect(made.providerType == "payment_intent.succeeded" && made.subject == "pi_1")
        #expect(
            String(decoding: made.payload, as: UTF8.self)
                == #"{"data":{"object":{"customer":{"id":"cus_1"},"receipt_email":"a@b.c","amount_received":150000,"currency":"isk","id":"pi_1","status":"succeeded"}},"livemode":false}"#
        )
    }

    @Test(arguments: [
        (#""integer""#, "7", "7"), (#""decimal""#, "19.90", "19.90"), (#""boolean""#, "true", "true"),
        (#"{ lowercase: { from: "uppercase" } }"#, #""paid""#, #""PAID""#),
        (#"{ uppercase: { from: "lowercase" } }"#, #""PAID""#, #""paid""#),
        (#"{ lowercase: { from: "lowercase" } }"#, #""paid""#, #""paid""#),
        (#""timestamp""#, #""2026-11-21T08:41:00Z""#, "1795250460"),
        (#""timestamp""#, #""1969-12-31T23:59:58.500Z""#, "-1.5"),
        (#"{ timestamp: "milliseconds" }"#, #""2026-11-21T08:41:00.123Z""#, "1795250460123"),
        (#"{ timestamp: "rfc3339" }"#, #""2026-11-21T08:41:00Z""#, #""2026-11-21T08:41:00Z""#),
        (#"{ split: "," }"#, #"["a","b"]"#, #""a,b""#),
        (#"{ concat: { before: "shop:", after: "!" } }"#, #""shop:1!""#, #""1""#),
        (#"{ lookup: { Create: "created", Void: "voided" } }"#, #""voided""#, #""Void""#),
        (#"{ lookup: { Create: "created" }, keep: true }"#, #""sent""#, #""sent""#),
        (#"{ majorUnits: { code: "EUR" } }"#, #"{"minor":1999,"currency":"EUR","decimal":"19.99"}"#, #""19.99""#),
        (#""minorUnits""#, #"{"minor":5,"currency":"JPY","decimal":"5"}"#, #"{"amount":5,"currency":"JPY"}"#),
    ])
    func `a step is undone`(_ transforms: String, _ value: String, _ expected: String) throws {
        let made = try Self.made(fields: #"f: { from: "v", transforms: [\#(transforms)] }"#, #"{"f":\#(value)}"#)
        #expect(made == #"{"v":\#(expected)}"#)
    }

    @Test(arguments: [
        (#""trim""#, #""a""#, "white space"), (#""lowercase""#, #""a""#, #"say { lowercase: { from: "uppercase" } }"#),
        (#""uppercase""#, #""A""#, "capitals"), (#""sha256""#, #""x""#, "a hash does not tell"),
        (#""mask""#, #""**1234""#, "what the stars hide"), (#"{ constant: true }"#, "true", "one value in place"),
        (#"{ split: ",", at: 0 }"#, #""a""#, "the other parts of the text are lost"),
        (#"{ lookup: { a: "x", b: "x" } }"#, #""x""#, #"several entries of the table become "x""#),
        (#"{ lookup: { a: "x" }, otherwise: "y" }"#, #""x""#, "whatever is not in the table"),
        (#""trim", "sha256""#, #""x""#, "is lost; sha256 cannot be undone: a hash"),
        (#"{ lookup: { a: "x" } }"#, #""z""#, "no entry of the lookup table becomes it"),
        (#""integer""#, #""12""#, "it is a text where the rule makes a whole number"),
        (#"{ concat: { before: "shop:" } }"#, #""x""#, "does not stand between the texts"),
        (#"{ majorUnits: { code: "EUR" } }"#, #"{"minor":1,"currency":"USD","decimal":"0.01"}"#, "its currency is not"),
        (#""timestamp""#, #""soon""#, "it is a text where the rule makes a time in RFC 3339"),
    ])
    func `a step that loses something is named, and what it loses`(
        _ transforms: String, _ value: String, _ reason: String
    ) throws {
        let failure = try #require(throws: InverseFailure.self) {
            try Self.made(fields: #"f: { from: "v", transforms: [\#(transforms)] }"#, #"{"f":\#(value)}"#)
        }
        #expect(failure.rule == "t" && failure.fields.map(\.target) == ["f"])
        #expect(failure.description.contains(reason), "\(failure)")
    }

    @Test func `lists, items, parts and constants find their places`() throws {
        let made = try Self.made(
            fields: """
                items: { each: "lines.data[*]", fields: {
                  id: "id", currency: "$.currency", price: { from: "price", transforms: [{ majorUnits: "$.currency" }] },
                } },
                tags: "tags[*]", ids: "objects[*].id", first: "list[1]", channel: { constant: "web" },
                name: { from: [{ concat: ["given", "family"], separator: " " }, "company"] },
                tier: { from: "tier", transforms: ["sha256"], default: "basic" }, meta: { from: "meta", copy: true },
                """,
            #"""
            {"items":[{"id":1,"currency":"EUR","price":{"minor":250,"currency":"EUR","decimal":"2.50"}},{"id":2,"currency":"EUR"}],
            "tags":["a","b"],"ids":["x"],"first":"one","channel":"web","name":"Ada Lovelace","tier":"basic","meta":{"a":[1]}}
            """#)
        #expect(
            made
                == #"{"given":"Ada","family":"Lovelace","lines":{"data":[{"id":1,"price":"2.50"},{"id":2}]},"currency":"EUR","list":[null,"one"],"objects":[{"id":"x"}],"meta":{"a":[1]},"tags":["a","b"]}"#
        )
        let company = try Self.made(
            fields: #"name: { from: [{ concat: ["given", "family"], separator: " " }, "company"] }"#,
            #"{"name":"Acme"}"#)
        #expect(company == #"{"company":"Acme"}"#)
    }

    @Test func `what a condition asks for is written, and what it forbids is a failure`() throws {
        let rules = """
            [{ match: "t", type: "done", when: { status: ["PAID", "OK"], live: true, note: null, 'a.b': { not: "x" } }, fields: { f: "v" } },
             { match: "u", type: "gone", when: { reason: { exists: true } }, fields: { f: "v" } }]
            """
        #expect(try Self.made(rules, #"{"type":"done","data":{"f":1}}"#) == #"{"v":1,"live":true,"status":"PAID"}"#)
        let failure = try #require(throws: InverseFailure.self) {
            try Self.made(rules, #"{"type":"gone","data":{"f":1}}"#)
        }
        #expect(failure.description.contains("when reason: the rule asks for it"), "\(failure)")
    }

    @Test func `an event that the mapping would not make is refused field by field`() throws {
        let rules =
            #"[{ match: "a.*", type: "thing.done", subject: "id", fields: { f: "v", g: "v" } }, { match: "b", type: "other", fields: { f: "v" } }]"#
        func failure(_ event: String) throws -> String {
            try #require(throws: InverseFailure.self) { try Self.made(rules, event) }.description
        }
        #expect(
            try failure(#"{"type":"thing.done","data":{"f":1}}"#).contains("say which, as the attribute of the event"))
        #expect(
            try failure(#"{"type":"thing.done","providertype":"a.b","subject":"s","data":{"f":1,"g":2}}"#)
                .contains("g: another field puts another value at the same place"))
        #expect(try failure(#"{"type":"other","data":{"f":1,"x":2}}"#).contains("x: no field of the rule makes it"))
        #expect(try failure(#"{"type":"thing.dome","data":{}}"#).contains("did you mean thing.done?"))
        #expect(
            try Self.made(rules, #"{"type":"thing.done","providertype":"a.b","subject":"s","data":{"f":1,"g":1}}"#)
                == #"{"v":1,"id":"s"}"#)
    }

    @Test(arguments: ["stripe", "square", "quickbooks"])
    func `whatever stands in an event, a payload that makes it comes out, or a failure`(_ name: String) throws {
        let rules = try MappingCatalog().rules(named: name)
        let inverse = InverseMapper(provider: name, rules: rules)
        let stands = [
            "null", "-1.5", "\"x\"", "{\"minor\":9223372036854775807,\"currency\":\"ISK\"}", "[[],{\"id\":[1]}]",
        ]
        for fixture in try WebhookFixture.all() where fixture.provider == name {
            for expected in try fixture.expected().events.prefix(1) {
                let bytes = Array(expected.json.utf8)
                var original = JSONDocument()
                try original.read(bytes[...])
                let data = try #require(original.member("data"))
                for (place, node) in original.nodes(under: data).enumerated() {
                    let text = original.text(of: node)
                    let event =
                        bytes[..<text.startIndex] + Array(stands[place % stands.count].utf8) + bytes[text.endIndex...]
                    do {
                        _ = try inverse.made(of: InverseEvent(Array(event)))
                    } catch let failure as InverseFailure {
                        #expect(!failure.fields.isEmpty)
                    } catch is MalformedEvent {
                        #expect(node == data)
                    }
                }
            }
        }
    }

    @Test func `what passed through comes back as it was`() throws {
        #expect(
            try Self.made("[]", #"{"type":"shop.x.y","data":{"raw":{"b":1.50,"a":null}}}"#) == #"{"b":1.50,"a":null}"#)
        #expect(throws: MalformedEvent.self) { try InverseEvent(Array("{}".utf8)) }
        #expect(throws: MalformedEvent.self) { try InverseEvent(Array("no".utf8)) }
    }

    @Test func `the rules that cannot be undone are named without an event`() throws {
        let rules = try MappingRules(
            json5:
                #"[{ match: "t", type: "x", fields: { a: { from: "a", transforms: ["sha256"] }, l: { each: "l[*]", fields: { b: { from: "b", transforms: ["mask"] } } } } }]"#,
            named: "m")
        let obstacles = InverseMapper(provider: "shop", rules: rules).obstacles
        #expect(obstacles.map(\.rule) == ["t"])
        #expect(obstacles.first?.fields.map(\.target) == ["a", "l[*].b"])
        let stripe = try InverseMapper(provider: "stripe", rules: MappingCatalog().rules(named: "stripe")).obstacles
        #expect(stripe.isEmpty)
    }

    private static func made(fields: String, _ data: String) throws -> String {
        try made(#"[{ match: "t", type: "done", fields: { \#(fields) } }]"#, #"{"type":"done","data":\#(data)}"#)
    }

    private static func made(_ rules: String, _ event: String) throws -> String {
        let mapper = InverseMapper(provider: "shop", rules: try MappingRules(json5: rules, named: "m"))
        return String(decoding: try mapper.made(of: InverseEvent(Array(event.utf8))).payload, as: UTF8.self)
    }
}

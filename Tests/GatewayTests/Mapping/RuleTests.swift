import Testing
import Verifiers

@testable import WebhookGateway

struct RuleTests {
    @Test func `the first rule that fits wins`() throws {
        let sample = try MappingSample(
            """
            [
              { match: "order.paid", when: { test: true }, type: "test.paid", fields: {} },
              { match: "order.*", when: { kind: ["gift", "voucher"] }, type: "gift.changed", fields: {} },
              { match: "order.paid", type: "order.paid", fields: {} },
              { match: "order.*", type: "order.changed", fields: {} },
            ]
            """)
        func type(_ name: String, _ payload: String) throws -> String {
            try sample.map(payload, type: name).mapped.type
        }
        #expect(try type("order.paid", #"{"test":true}"#) == "test.paid")
        #expect(try type("order.paid", #"{"test":false,"kind":"gift"}"#) == "gift.changed")
        #expect(try type("order.paid", "{}") == "order.paid")
        #expect(try type("order.sent", "{}") == "order.changed")
        #expect(try type("order", "{}") == "shop.order")
    }

    @Test(arguments: [
        ("a.*", "a.b", true), ("a.*", "a.", true), ("a.*", "a", false), ("*", "", true), ("*.paid", "x.paid", true),
        ("*.paid", "x.paid.y", false),
        ("a.*.c", "a.b.c", true), ("a.*.c", "a.c", false), ("a*a", "a", false), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c", false), ("a.b", "a.b", true),
    ])
    func `a star stands for any run of characters`(_ pattern: String, _ type: String, _ expected: Bool) {
        #expect(TypePattern(pattern).matches(type) == expected)
    }

    @Test(arguments: [
        ("{ s: null }", "{}", true), ("{ s: null }", #"{"s":null}"#, true), ("{ s: null }", #"{"s":"x"}"#, false),
        ("{ s: \"x\" }", #"{"s":"x"}"#, true),
        ("{ s: \"x\" }", #"{"s":"\u0078"}"#, true), ("{ s: \"x\" }", "{}", false), ("{ s: 1 }", #"{"s":1}"#, true),
        ("{ s: true }", #"{"s":false}"#, false),
        ("{ s: { exists: true } }", #"{"s":{"a":1}}"#, true), ("{ s: { exists: true } }", #"{"s":{}}"#, false),
        ("{ s: { exists: false } }", "{}", true),
        ("{ s: { not: \"x\" } }", #"{"s":"y"}"#, true), ("{ s: { not: \"x\" } }", "{}", true),
        ("{ s: { not: [\"x\", \"y\"] } }", #"{"s":"y"}"#, false),
        ("{ s: { not: null } }", #"{"s":0}"#, true), ("{ s: \"x\", 'r.t': 2 }", #"{"s":"x","r":{"t":2}}"#, true),
        ("{ s: \"x\", 'r.t': 2 }", #"{"s":"x"}"#, false),
    ])
    func `conditions look at the payload`(_ when: String, _ payload: String, _ expected: Bool) throws {
        let sample = try MappingSample(#"[{ match: "t", when: \#(when), type: "yes", fields: {} }]"#)
        #expect(try sample.map(payload).mapped.isCanonical == expected)
    }

    @Test func `without a rule the payload passes through, minified and verbatim`() throws {
        let (data, mapped) = try MappingSample("[]").map("{ \"b\" : 1.50, \"a\" : null }", type: "x.y", subject: "s")
        #expect(data == #"{"raw":{"b":1.50,"a":null}}"#)
        #expect(mapped == Mapper.Mapped(type: "shop.x.y", subject: "s", time: nil, isCanonical: false))
    }

    @Test func `a rule may say that the payload passes through`() throws {
        let sample = try MappingSample(
            #"[{ match: "t", type: "kept", passThrough: true }, { match: "t", fields: {} }]"#)
        let (data, mapped) = try sample.map(#"{"a":1}"#)
        #expect(data == #"{"raw":{"a":1}}"# && mapped.type == "kept" && !mapped.isCanonical)
    }

    @Test func `a rule without a type keeps the provider's behind its name`() throws {
        #expect(try MappingSample(#"[{ match: "t", fields: { a: "a" } }]"#).map(#"{"a":1}"#).mapped.type == "shop.t")
    }

    @Test func `fields nest, keep the documented order, and leave out what is not there`() throws {
        let sample = try MappingSample(
            fields: """
                livemode: "live", zebra: "z", "order.id": "o", "customer.name": "n", "customer.id": ["c.id", "c"], "customer.email": "e",
                "deep.er.est": "d",
                """)
        #expect(
            try sample.data(#"{"live":false,"z":0,"o":"","n":"A\"da","c":{"id":7,"x":1},"e":null,"d":"d"}"#)
                == #"{"customer":{"id":7,"name":"A\"da"},"livemode":false,"deep":{"er":{"est":"d"}},"zebra":0}"#)
        #expect(try sample.data(#"{"c":{"x":1}}"#) == "{}")
        #expect(try sample.data(#"{"c":"cus"}"#) == #"{"customer":{"id":"cus"}}"#)
    }

    @Test func `constants, defaults, joined parts and whole values`() throws {
        let sample = try MappingSample(
            fields: """
                channel: { constant: "web" }, tier: { from: "t", default: "basic" }, name: { concat: ["g", "f"], separator: " " },
                who: { from: [{ concat: ["g", "f"], separator: " " }, { from: "co", transforms: ["uppercase"] }] },
                meta: { from: "m", copy: true },
                """)
        #expect(
            try sample.data(#"{"g":null,"f":"Hopper","m":{ "a" : [ ] }}"#)
                == #"{"name":"Hopper","channel":"web","meta":{"a":[]},"tier":"basic","who":"Hopper"}"#)
        #expect(
            try sample.data(#"{"co":"acme","t":"gold","m":{}}"#) == #"{"channel":"web","tier":"gold","who":"ACME"}"#)
    }

    @Test func `items are objects of their own`() throws {
        let sample = try MappingSample(
            fields: """
                items: { each: "lines[*]", fields: { id: "id", currency: "$.currency", "price.net": "net", self: "." } }, tags: "tags[*]",
                words: { each: "tags[*]", fields: { word: "." } },
                """)
        #expect(
            try sample.data(#"{"currency":"EUR","lines":[{"id":1,"net":2},null,{"id":""}],"tags":["a","","b"]}"#)
                == #"{"items":[{"id":1,"price":{"net":2},"currency":"EUR"},{"currency":"EUR"}],"tags":["a","b"],"words":[{"word":"a"},{"word":"b"}]}"#
        )
        #expect(try sample.data(#"{"lines":[{},{"x":1}]}"#) == "{}")
    }

    @Test func `root, subject and time are taken from the mapping, the rule or the provider`() throws {
        let sample = try MappingSample(
            """
            { root: ["data.new", "data.old"], subject: "id", time: "at", rules: [
              { match: "t", type: "a", fields: { v: "v" } },
              { match: "u", type: "b", root: "other", subject: "@account", fields: { v: "v" } },
            ] }
            """)
        let first = try sample.map(#"{"data":{"old":{"id":"o-1","v":1,"at":1795250460}}}"#, subject: "provider's")
        #expect(first.data == #"{"v":1}"#)
        #expect(
            first.mapped
                == Mapper.Mapped(type: "a", subject: "o-1", time: Timestamp(seconds: 1_795_250_460), isCanonical: true))
        let second = try sample.map(#"{"other":{"v":2}}"#, type: "u", account: "acme")
        #expect(second.mapped.subject == "acme" && second.data == #"{"v":2}"#)
        let failure = try sample.failure(#"{"id":"not here","v":3}"#)
        #expect(failure.fields.map(\.target) == ["subject"])
        let timeless = try sample.failure(#"{"data":{"old":{"id":"o-1","at":"soon"}}}"#)
        #expect(timeless.fields.map(\.target) == ["time"])
    }

    @Test func `an empty subject is none`() throws {
        #expect(try MappingSample("[]").map("{}", subject: "").mapped.subject == nil)
    }

    @Test func `every failed field is named, by shape and never by value`() throws {
        let sample = try MappingSample(
            """
            [{ name: "orders", match: "t", type: "order.created", fields: {
              "customer.id": { from: ["c.id", "c"], required: true },
              total: { from: "total", transforms: ["integer"] },
              fine: "fine",
              items: { each: "l[*]", required: true, fields: { n: { from: "n", transforms: ["integer"], required: true } } },
              none: { each: "x[*]", required: true, fields: { n: "n" } },
            } }]
            """)
        let failure = try sample.failure(
            #"{"c":{"secret":"s3cret"},"total":"twelve","fine":1,"l":[{"n":1},{"n":null}]}"#)
        #expect(failure.rule == "orders" && failure.providerType == "t")
        #expect(failure.fields.map(\.target) == ["customer.id", "items[1].n", "none", "total"])
        let customer = try #require(failure.fields.first { $0.target == "customer.id" })
        #expect(customer.sources == ["c.id", "c"] && customer.found == ["c.id: nothing", "c: an object"])
        #expect(!failure.description.contains("s3cret") && !failure.description.contains("twelve"))
        #expect(
            failure.description.contains("total: integer: it is no whole number of at most 64 bits (total: a text)"))
    }

    @Test func `shared fields are used, replaced and taken out`() throws {
        let sample = try MappingSample(
            """
            { shared: { base: { a: "a", b: "b", c: "c" } },
              rules: [{ match: "t", type: "x", use: "base", fields: { b: "B", c: null } }] }
            """)
        #expect(try sample.data(#"{"a":1,"b":2,"B":3,"c":4}"#) == #"{"a":1,"b":3}"#)
    }

    @Test func `what the provider says of the event is a source too`() throws {
        let sample = try MappingSample(
            fields: #"t: "@type", s: { from: "@subject", transforms: ["uppercase"] }, a: "@account", k: "@key""#)
        #expect(try sample.map("{}", subject: "s").data == #"{"k":"k","s":"S","t":"t"}"#)
    }

    @Test func `data cannot grow without end`() throws {
        let sample = try MappingSample(
            fields: #"items: { each: "l[*]", fields: { all: { from: "$.l", copy: true } } }"#)
        let list = Array(repeating: #""0123456789""#, count: 2_000).joined(separator: ",")
        let failure = try sample.failure(#"{"l":[\#(list)]}"#)
        #expect(failure.fields.last?.description == "items: the data is more than 4 MiB larger than the delivery")
    }
}

import Testing

@testable import WebhookGateway

struct TransformTests {
    @Test(arguments: [
        (#""  Ada\n""#, #""trim""#, #"{"f":"Ada"}"#), (#"" \t ""#, #""trim""#, "{}"), ("7", #""trim""#, #"{"f":7}"#),
        (#""PaiD""#, #""lowercase""#, #"{"f":"paid"}"#), (#""ÀÉ""#, #""lowercase""#, #"{"f":"àé"}"#),
        (#""straße""#, #""uppercase""#, #"{"f":"STRASSE"}"#), ("true", #""uppercase""#, #"{"f":true}"#),
        (#"" a,B ""#, #""trim", "lowercase", { split: "," }"#, #"{"f":["a","b"]}"#),
        (#""abc""#, #""sha256""#, #"{"f":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}"#),
        (#""cus_1""#, #"{ concat: { before: "shop:", after: "!" } }"#, #"{"f":"shop:cus_1!"}"#),
        (#""4242424242424242""#, #""mask""#, #"{"f":"************4242"}"#),
        (#""abc""#, #"{ mask: 3 }"#, #"{"f":"***"}"#),
        (#""ada@example.com""#, #"{ mask: { keepFirst: 1, keepLast: 4, with: "•" } }"#, #"{"f":"a••••••••••.com"}"#),
        (#""x""#, #"{ constant: 1.5 }"#, #"{"f":1.5}"#), (#""x""#, #"{ constant: true }"#, #"{"f":true}"#),
    ])
    func `texts are cleaned, cut, hidden and hashed`(_ value: String, _ transforms: String, _ expected: String) throws {
        #expect(try mapped(value, through: transforms) == expected)
    }

    @Test(arguments: [
        (#""12""#, "integer", "12"), ("12", "integer", "12"), ("12.00", "integer", "12"), (#"" -7 ""#, "integer", "-7"),
        (#""+007""#, "integer", "7"), ("-9223372036854775808", "integer", "-9223372036854775808"),
        (#""19.90""#, "decimal", "19.90"), ("0.10", "decimal", "0.10"), (#""007.50""#, "decimal", "7.50"),
        (#""12345678901234567890.12""#, "decimal", "12345678901234567890.12"), ("1e2", "decimal", "1e2"),
        (#""-0.5""#, "decimal", "-0.5"), ("1", "boolean", "true"), (#""No""#, "boolean", "false"),
        ("true", "boolean", "true"),
        (#""on""#, "boolean", "true"), ("0", "boolean", "false"),
    ])
    func `numbers and booleans keep every digit`(_ value: String, _ transform: String, _ expected: String) throws {
        #expect(try mapped(value, through: "\"\(transform)\"") == "{\"f\":\(expected)}")
    }

    @Test(arguments: [
        ("1795250460", #""timestamp""#, "2026-11-21T08:41:00Z"),
        (#""1795250460""#, #""timestamp""#, "2026-11-21T08:41:00Z"),
        ("1795250460.5", #""timestamp""#, "2026-11-21T08:41:00.500Z"), ("-1", #""timestamp""#, "1969-12-31T23:59:59Z"),
        ("1795250460123", #"{ timestamp: "milliseconds" }"#, "2026-11-21T08:41:00.123Z"),
        (#""2026-11-21T10:41:00+02:00""#, #""timestamp""#, "2026-11-21T08:41:00Z"),
        (#""2026-11-21 08:41:00""#, #""timestamp""#, "2026-11-21T08:41:00Z"),
        ("253402300799", #""timestamp""#, "9999-12-31T23:59:59Z"),
    ])
    func `moments become RFC 3339 in UTC`(_ value: String, _ transform: String, _ expected: String) throws {
        #expect(try mapped(value, through: transform) == "{\"f\":\"\(expected)\"}")
    }

    @Test(arguments: [
        (#""a, b,,c""#, #"{ split: "," }"#, #"{"f":["a"," b","c"]}"#),
        (#""a--b--c""#, #"{ split: "--", at: -1 }"#, #"{"f":"c"}"#),
        (#""a b""#, #"{ split: " ", at: 2 }"#, "{}"), (#""a,b""#, #""split", { join: "/" }"#, #"{"f":"a/b"}"#),
        (#""ab""#, #"{ split: "abc" }"#, #"{"f":["ab"]}"#),
        (#""a b""#, #"{ split: " " }, { join: "" }, "uppercase""#, #"{"f":"AB"}"#),
    ])
    func `a text is split and its parts joined`(_ value: String, _ transforms: String, _ expected: String) throws {
        #expect(try mapped(value, through: transforms) == expected)
    }

    @Test func `a list of several values is joined or kept`() throws {
        let sample = try MappingSample(
            fields: #"ids: "l[*].id", text: { from: "l[*].id", transforms: ["uppercase", { join: ", " }] }"#)
        #expect(
            try sample.data(#"{"l":[{"id":"a"},{"id":null},{"id":""},{"x":1},{"id":"b"}]}"#)
                == #"{"ids":["a","b"],"text":"A, B"}"#)
        #expect(try sample.data(#"{"l":[]}"#) == "{}")
        let whole = try MappingSample(
            fields: """
                a: { from: "l", transforms: [{ join: "-" }] },
                b: { from: ["x", "l"], transforms: ["uppercase", "join"] },
                c: "l"
                """)
        #expect(try whole.data(#"{"l":["a",null,"b"]}"#) == #"{"a":"a-b","b":"AB"}"#)
        #expect(try whole.data(#"{"l":"a"}"#) == #"{"a":"a","b":"A","c":"a"}"#)
    }

    @Test func `a lookup has its own way with strangers`() throws {
        #expect(try mapped(#""Create""#, through: "{ lookup: { Create: \"created\" } }") == #"{"f":"created"}"#)
        #expect(try mapped("1", through: "{ lookup: { Create: \"created\", '1': true } }") == #"{"f":true}"#)
        #expect(try mapped(#""x""#, through: "{ lookup: { a: \"b\" }, otherwise: \"other\" }") == #"{"f":"other"}"#)
        #expect(try mapped(#""x""#, through: "{ lookup: { a: \"b\" }, otherwise: null }") == "{}")
        #expect(try mapped(#""x""#, through: "{ lookup: { a: \"b\" }, keep: true }") == #"{"f":"x"}"#)
        #expect(throws: MappingFailure.self) { try mapped(#""x""#, through: "{ lookup: { a: \"b\" } }") }
    }

    @Test(arguments: [
        (#""12.5""#, #""integer""#), ("9223372036854775808", #""integer""#), (#""x""#, #""integer""#),
        ("true", #""integer""#),
        (#""1,5""#, #""decimal""#), (#""1.""#, #""decimal""#), (#"".5""#, #""decimal""#), (#""maybe""#, #""boolean""#),
        (#""yesterday""#, #""timestamp""#), ("1e30", #""timestamp""#), ("true", #""timestamp""#),
        ("99999999999999", #""timestamp""#),
    ])
    func `a value that does not fit fails the field`(_ value: String, _ transform: String) throws {
        #expect(throws: MappingFailure.self) { try mapped(value, through: transform) }
    }
}

import Testing
import Verifiers

struct JSONAccessTests {
    @Test func `members, elements and values are found`() throws {
        let document = try parsedJSON(JSONCases.sample)
        let object = document.member("object", of: document.member("data"))
        let list = document.member("list", of: object)
        #expect(document.string(of: document.member("id")) == "evt_1")
        #expect(document.integer(of: document.member("created")) == 1_790_000_000)
        #expect(document.boolean(of: document.member("ok", of: object)) == true)
        #expect(document.boolean(of: document.member("no")) == false)
        #expect(document.count(of: list) == 4)
        #expect(document.string(of: document.element(3, of: list)) == "two, \"three\"")
        #expect(document.element(4, of: list) == nil && document.element(-1, of: list) == nil)
        #expect(document.string(of: document.member(named: "name")) == "Zoë 𝄞 𝄞")
        #expect(
            document.children(of: .root).map { document.name(of: $0) } == [
                "id", "created", "rate", "data", "name", "empty", "no",
            ])
        #expect(
            String(decoding: document.text(of: try #require(document.member("rate"))), as: UTF8.self) == "-12.50e+3")
    }

    @Test func `a name with escapes is compared decoded`() throws {
        let document = try parsedJSON(JSONCases.sample)
        let object = document.member("object", of: document.member("data"))
        let customer = try #require(document.member("customer", of: object))
        #expect(document.isNull(customer))
        #expect(document.name(of: customer) == "customer")
        #expect(document.member("custom\\u0065r", of: object) == nil)
    }

    @Test func `the first of duplicate names wins`() throws {
        let document = try parsedJSON(#"{"a":1,"\u0061":2,"a":3}"#)
        #expect(document.integer(of: document.member("a")) == 1)
    }

    @Test func `what is not there is nil all the way`() throws {
        let document = try parsedJSON(#"{"a":[1]}"#)
        let missing = document.member("c", of: document.member("b", of: document.member("a")))
        #expect(missing == nil && document.isNull(missing))
        #expect(document.string(of: missing) == nil && document.integer(of: missing) == nil)
        #expect(document.element(0, of: missing) == nil && document.count(of: missing) == 0)
        #expect(document.member("a", of: document.member("a")) == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("true", nil),
        ] as [(String, Int64?)])
    func `integers are exact or nil`(_ text: String, _ expected: Int64?) throws {
        #expect(try parsedJSON(text).integer(of: .root) == expected)
    }

    @Test(arguments: [
        (#""a\nb\t\"\\\/\b\f\r""#, "a\nb\t\"\\/\u{8}\u{C}\r"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud834\udd1e""#, "𝄞"),
        (#""\ud834x""#, "\u{FFFD}x"), (#""\udd1e\ud834""#, "\u{FFFD}\u{FFFD}"), (#""\ud834\ud834\udd1e""#, "\u{FFFD}𝄞"),
        (#""\u0000""#, "\u{0}"), (#""\\u0041""#, "\\u0041"),
    ])
    func `escapes are resolved`(_ text: String, _ expected: String) throws {
        let document = try parsedJSON(text)
        #expect(document.string(of: .root) == expected)
        #expect(document.plainContent(of: .root) == nil)
        var decoded: [UInt8] = []
        document.appendDecoded(.root, to: &decoded)
        #expect(String(decoding: decoded, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (" { \"a b\" : [ 1 , 2.50 , { } ] , \"c\" : \"x  y\" } ", #"{"a b":[1,2.50,{}],"c":"x  y"}"#),
        ("[\n\t[ ],\r\n{\"a\":\n\"\\u0041 \\\" ]\"}]", #"[[],{"a":"\u0041 \" ]"}]"#), ("[1,2]", "[1,2]"), (" 1 ", "1"),
        (#"["\ud800","\uD834\uDD1E", "\\ud800\udc00"]"#, #"["\ufffd","\uD834\uDD1E","\\ud800\ufffd"]"#),
    ])
    func `a minified value loses white space between tokens only`(_ text: String, _ expected: String) throws {
        #expect(String(decoding: try parsedJSON(text).minified, as: UTF8.self) == expected)
    }

    @Test func `a value inside is minified on its own`() throws {
        let document = try parsedJSON("{ \"a\" : { \"b\" : [ 1 , { \"c\" : null } ] } , \"d\" : [ ] }")
        var output: [UInt8] = []
        document.appendMinified(try #require(document.member("a")), to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #"{"b":[1,{"c":null}]}"#)
    }

    @Test(arguments: ["", "plain", "a\"b\\c", "line\nbreak\ttab\r\u{8}\u{C}\u{0}\u{1F}\u{7F}", "é€𝄞\u{2028}"])
    func `a written string reads back the same`(_ string: String) throws {
        var fromString: [UInt8] = []
        JSONWriter.append(string, to: &fromString)
        var fromBytes: [UInt8] = []
        JSONWriter.append(Array(string.utf8)[...], to: &fromBytes)
        #expect(fromString == fromBytes)
        #expect(try parsedJSON(fromString).string(of: .root) == string)
    }

    @Test func `escapes are written in their short forms`() {
        var output: [UInt8] = []
        JSONWriter.append("\"\\\n\r\t\u{8}\u{C}\u{1}\u{1F}/", to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #""\"\\\n\r\t\b\f\u0001\u001f/""#)
    }

    @Test func `bytes that are not UTF-8 are written as U+FFFD`() throws {
        var output: [UInt8] = []
        JSONWriter.append([0x61, 0xFF, 0x62][...], to: &output)
        #expect(try parsedJSON(output).string(of: .root) == "a\u{FFFD}b")
    }

    @Test(arguments: [0, 7, 10, -10, 99, 100, .max, .min] as [Int64])
    func `a written number is its own decimal`(_ number: Int64) {
        var output: [UInt8] = []
        JSONWriter.append(number, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == String(number))
    }
}

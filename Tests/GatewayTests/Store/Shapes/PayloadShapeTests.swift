import Testing
import Verifiers

@testable import WebhookGateway

extension PayloadShape {
    /// Learns the same payload several times; returns all changes.
    @discardableResult
    mutating func learn(_ payload: String, times: Int = 1, at milliseconds: Int64 = 1) throws -> [ShapeChange] {
        let document = try JSONDocument(parsing: payload.utf8)
        let observation = PayloadObservation(.root, of: document)
        return (0..<times).flatMap { _ in learn(observation, at: milliseconds) }
    }

    /// The fields as `path: kinds`, with `?` where they are optional.
    fileprivate var lines: [String] {
        entries.map { "\($0.path)\($0.isOptional ? "?" : ""): \($0.kinds.names.joined(separator: "|"))" }
    }
}

struct PayloadShapeTests {
    @Test func `fields, their types and what may be missing are learned; elements of arrays are merged`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"id":"a","amount":5,"lines":[{"sku":"x","price":1.5},{"sku":"y"}],"customer":null}"#)
        try shape.learn(#"{"id":"b","amount":"5.00","lines":[],"customer":{"email":"a@b.c"},"note x":true}"#)
        #expect(
            shape.lines == [
                "amount: string|integer", "customer: object|null", "customer.email: string", "id: string",
                "lines: array", "lines[*]: object", "lines[*].price?: number", "lines[*].sku: string",
                #"["note x"]?: boolean"#,
            ])
        #expect(shape.samples == 2)
    }

    @Test func `a shape outlives being stored`() throws {
        var shape = PayloadShape()
        let payload = #"{"a":[{"b":{"c":null}}],"m":{"123456":{"x":1},"654321":{"x":2}},"ä\"":[]}"#
        try shape.learn(payload, times: 30, at: 77)
        try shape.learn(#"{"a":[]}"#, times: 6, at: 78)
        #expect(PayloadShape(json: shape.json) == shape)
        #expect(PayloadShape(json: Array("{}".utf8)) == nil)
        #expect(PayloadShape(json: Array(#"{"samples":1,"first":1,"last":1,"root":{"k":[1],"n":[]}}"#.utf8)) == nil)
    }

    @Test func `a field that was always there and is missing five times in a row has vanished, once`() throws {
        var shape = PayloadShape()
        try #expect(shape.learn(#"{"id":1,"email":"x"}"#, times: 30).isEmpty)
        try #expect(shape.learn(#"{"id":1}"#, times: 4).isEmpty)
        let change = ShapeChange(kind: .vanished, path: "email", was: .string, now: [])
        try #expect(shape.learn(#"{"id":1}"#) == [change])
        try #expect(shape.learn(#"{"id":1}"#, times: 100).isEmpty)
        #expect(shape.entries.first?.isGone == true)
        try #expect(
            shape.learn(#"{"id":1,"email":"x"}"#)
                == [ShapeChange(kind: .appeared, path: "email", was: [], now: .string)])
    }

    @Test func `a field that comes and goes is optional, and no change`() throws {
        var shape = PayloadShape()
        for _ in 0..<30 {
            try #expect(shape.learn(#"{"id":1,"note":"x"}"#, times: 3).isEmpty)
            try #expect(shape.learn(#"{"id":1}"#, times: 2).isEmpty)
        }
        #expect(shape.lines == ["id: integer", "note?: string"])
    }

    @Test func `a missing object is one change, not one for each of its fields`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"id":1,"customer":{"a":1,"b":{"c":2}}}"#, times: 20)
        try #expect(shape.learn(#"{"id":1}"#, times: 10).map(\.path) == ["customer"])
        var grown = PayloadShape()
        try grown.learn(#"{"id":1}"#, times: 20)
        try #expect(grown.learn(#"{"id":1,"customer":{"a":1,"b":{"c":2}}}"#, times: 10).map(\.path) == ["customer"])
    }

    @Test func `another type of value is a change, the first value of what was always null an appearance`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"amount":5,"lines":[{"price":1}],"coupon":null}"#, times: 20)
        try #expect(
            shape.learn(#"{"amount":"5","lines":[{"price":null}],"coupon":"x"}"#, times: 3) == [
                ShapeChange(kind: .changed, path: "amount", was: .integer, now: [.integer, .string]),
                ShapeChange(kind: .appeared, path: "coupon", was: .null, now: .string),
                ShapeChange(kind: .changed, path: "lines[*].price", was: .integer, now: [.integer, .null]),
            ])
        try #expect(shape.learn("[1]").map(\.path) == ["."])
    }

    @Test func `little is known of few samples: nothing is a change yet`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"a":1,"b":2}"#, times: 19)
        try #expect(shape.learn(#"{"a":"1","c":2}"#).isEmpty)
    }

    @Test func `what has not been seen for two thousand samples is forgotten`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"id":1,"old":1}"#, times: 20)
        try shape.learn(#"{"id":"x"}"#, times: 2001)
        #expect(shape.lines == ["id: string"])
    }

    // MARK: Maps and privacy

    @Test(arguments: ["a@b.c", "4915112345678", "550e8400-e29b-41d4-a716-446655440000", "0", "", "deadbeefdeadbeef00"])
    func `keys that are data are not kept`(_ key: String) throws {
        var shape = PayloadShape()
        try shape.learn(#"{"users":{"\#(key)":{"n":1}}}"#)
        #expect(shape.lines == ["users: object", "users{*}?: object", "users{*}.n: integer"])
        #expect(key.isEmpty || !String(decoding: shape.json, as: UTF8.self).contains("\"\(key)\":"))
    }

    @Test(arguments: ["address_line_1", "oauth2Token", "sha256", "utm_source", "SyncToken", "€", "a.b"])
    func `names of fields are kept`(_ name: String) { #expect(FieldName.isField(name)) }

    @Test func `no value is kept`() throws {
        var shape = PayloadShape()
        try shape.learn(#"{"name":"Grace Hopper","card":4242,"tags":["secret"]}"#, times: 25)
        try shape.learn(#"{"name":7,"card":"4242","tags":"secret"}"#)
        let stored = String(decoding: shape.json, as: UTF8.self)
        for value in ["Grace", "4242", "secret"] { #expect(!stored.contains(value)) }
    }

    @Test func `an object with very many names, or with ever new ones, is a map`() throws {
        var wide = PayloadShape()
        let members = (0..<300).map { #""field\#(Self.word($0))":1"# }.joined(separator: ",")
        try wide.learn("{\"prices\":{\(members)}}")
        #expect(wide.lines == ["prices: object", "prices{*}: integer"])

        var scattered = PayloadShape()
        var changes: [ShapeChange] = []
        for number in 0..<200 {
            changes += try scattered.learn(#"{"bySku":{"\#(Self.word(number))":{"stock":1}}}"#)
        }
        #expect(scattered.lines.first == "bySku: object")
        #expect(scattered.fieldCount < 10)
        #expect(changes.count < 10)
    }

    // MARK: Bounds

    @Test func `hostile payloads stay within bounds`() throws {
        var shape = PayloadShape()
        for number in 0..<60 {
            let opening = #"{"a\#(Self.word(number))":["#
            let deep = String(repeating: opening, count: 25) + String(repeating: "]}", count: 25)
            let wide = (0..<150).map { outer in
                let inner = (0..<100).map { #""\#(Self.word($0 + number))":\#($0)"# }.joined(separator: ",")
                return "\"w\(Self.word(outer))\":{\(inner)}"
            }
            try shape.learn(deep)
            try shape.learn("{\(wide.joined(separator: ","))}")
            try shape.learn("[\(Array(repeating: "[[1]]", count: 5000).joined(separator: ","))]")
        }
        #expect(shape.fieldCount <= PayloadShape.mostFields)
        #expect(shape.isFull)
        #expect(shape.json.count < 200_000)
        #expect(PayloadShape(json: shape.json) == shape)
    }

    /// A word for each number, without digits.
    private static func word(_ number: Int) -> String {
        String(String(number).map { Character(UnicodeScalar(UInt8(ascii: "g") + UInt8($0.wholeNumberValue ?? 0))) })
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct FieldPathTests {
    private static let payload = """
        {"a":{"b":[{"c":1,"d":[10,11]},{"c":null},{"d":[12]}],"first name":"Ada","x.y":true,"é":2},"b":"root"}
        """

    @Test(arguments: [
        ("a.b[0].c", ["1"]), ("a.b[1].c", ["null"]), ("a.b[2].c", []), ("a.b[9]", []), ("a.b.c", []),
        ("b", ["\"root\""]),
        ("a.b[*].c", ["1", "null"]), ("a.b[*].d[*]", ["10", "11", "12"]), ("a.b[*].d[0]", ["10", "12"]), ("a[*]", []),
        ("a[\"first name\"]", ["\"Ada\""]), ("a['x.y']", ["true"]), ("a.first name", ["\"Ada\""]), ("a.é", ["2"]),
        ("$.b", ["\"root\""]), ("$[\"b\"]", ["\"root\""]), ("b[0]", []),
    ])
    func `a path leads to values`(_ text: String, _ expected: [String]) throws {
        #expect(try follow(text) == expected)
    }

    @Test func `dollar starts at the payload, everything else at the base, a dot is the base`() throws {
        #expect(try follow("b[0].c", from: "a") == ["1"])
        #expect(try follow("$.b", from: "a") == ["\"root\""])
        #expect(try follow(".", from: "b") == ["\"root\""])
        #expect(try follow("b", from: nil) == [])
    }

    @Test(arguments: [
        "", "a..b", "a.", ".a", "a[", "a[]", "a[-1]", "a[x]", "a[1", "a[\"b]", "a]b", "a[0]b", "$a", "a.[0]",
    ])
    func `a path that cannot be read is refused`(_ text: String) {
        #expect(throws: MalformedPath.self) { try FieldPath(parsing: text) }
    }

    @Test func `only a path with a star is plural`() throws {
        #expect(try FieldPath(parsing: "a[*].b").isPlural)
        #expect(try !FieldPath(parsing: "a[0][\"*\"]").isPlural)
    }

    private func follow(_ text: String, from base: StaticString? = "") throws -> [String] {
        var document = JSONDocument()
        try document.read(Array(Self.payload.utf8)[...])
        let start = base.flatMap { "\($0)".isEmpty ? .root : document.member($0) }
        let event = ProviderEvent(key: "k", type: "t", payload: .root)
        let scope = MappingScope(document: document, event: event, base: start)
        let path = try FieldPath(parsing: text)
        var found: [String] = []
        path.forEachNode(in: scope) { found.append(String(decoding: document.text(of: $0), as: UTF8.self)) }
        if !path.isPlural {
            let node = path.node(in: scope).map { String(decoding: document.text(of: $0), as: UTF8.self) }
            #expect(node == found.first)
        }
        return found
    }
}

/// A delivery and what must become of it, written beside the rules that it tests (`check --tests`).
struct MappingTest: Sendable, Equatable {
    enum Input: Sendable, Equatable {
        /// The body as JSON.
        case body(JSONValue)
        /// A file: a body, or a whole captured request (.http).
        case file(String)
    }

    enum Expectation: Sendable, Equatable {
        /// What the event must have; members that are not named do not matter.
        case event(JSONValue)
        /// The delivery must be quarantined, and of each of these fields it must be said why.
        case quarantined(fields: [String])
    }

    var name: String
    var input: Input
    /// Header fields of the delivery, for providers that tell its type there.
    var headers: [(name: String, value: String)] = []
    /// Whose delivery it is; nil: that of a source with the mapping, or of the name the mapping has.
    var provider: String?
    /// One for each event, in order.
    var expected: [Expectation]
    /// Whether `data` may have nothing that is not expected.
    var isExact = false

    static func == (left: MappingTest, right: MappingTest) -> Bool {
        left.name == right.name && left.input == right.input && left.provider == right.provider
            && left.expected == right.expected && left.isExact == right.isExact
            && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }
}

/// Reads `tests` of a mapping or of a provider's definition.
struct MappingTestReader {
    let problems: MappingProblems

    static let keys = ["name", "input", "headers", "provider", "expect", "exact"]
    private static let attributes = [
        "type", "subject", "time", "tenant", "provider", "providertype", "providerid", "source", "datacontenttype",
        "specversion", "data",
    ]

    /// All tests of an object that may have some.
    func tests(_ object: StrictObject) -> [MappingTest] {
        guard let value = object["tests"] else { return [] }
        guard case .array(let values) = value else {
            problems.add(
                object.path("tests"), "expected a list, found \(value.kind)", "as in [{ input: {…}, expect: {…} }]")
            return []
        }
        return values.enumerated().compactMap { index, value in
            test(value, number: index + 1, at: "\(object.path("tests"))[\(index)]")
        }
    }

    private func test(_ value: JSONValue, number: Int, at path: String) -> MappingTest? {
        guard let object = StrictObject(value, at: path, keys: Self.keys, problems),
            let input = input(object), let expected = expected(object)
        else { return nil }
        return MappingTest(
            name: object.text("name") ?? "test \(number)", input: input,
            headers: object.textMembers("headers").map { ($0.name, $0.text) },
            provider: object.text("provider"), expected: expected, isExact: object.boolean("exact"))
    }

    private func input(_ object: StrictObject) -> MappingTest.Input? {
        switch object["input"] {
        case .text(let file)? where !file.isEmpty: return .file(file)
        case .object?, .array?: return object["input"].map { .body($0) }
        case let other:
            problems.add(
                object.path("input"), other.map { "expected a body, found \($0.kind)" } ?? "is missing",
                "write the delivery's body as an object, or name a file that holds it")
            return nil
        }
    }

    private func expected(_ object: StrictObject) -> [MappingTest.Expectation]? {
        guard object["expect"] != nil else {
            problems.add(
                object.path("expect"), "is missing",
                "say what the event must have, as in { type: \"order.paid\" }, or { quarantined: true }")
            return nil
        }
        let all = object.list("expect").map { expectation($0.value, at: $0.path) }
        let known = all.compactMap { $0 }
        return known.count == all.count ? known : nil
    }

    private func expectation(_ value: JSONValue, at path: String) -> MappingTest.Expectation? {
        guard let object = StrictObject(value, at: path, keys: Self.attributes + ["quarantined"], problems) else {
            return nil
        }
        switch object["quarantined"] {
        case nil: return .event(value)
        case .boolean(true)?: return .quarantined(fields: [])
        case .array?, .text?:
            return .quarantined(
                fields: object.list("quarantined").compactMap { value, path in
                    if case .text(let text) = value { return text }
                    problems.add(path, "expected a field's name, found \(value.kind)", "as in \"customer.id\"")
                    return nil
                })
        case let other?:
            problems.add(
                object.path("quarantined"), "expected true or fields, found \(other.kind)",
                "as in quarantined: true, or quarantined: [\"customer.id\"]")
            return nil
        }
    }
}

/// Reads the tests of `when`: a value, a list of values, `null`, `{ exists: true }` or `{ not: … }`.
struct ConditionReader {
    private let problems: MappingProblems

    init(_ problems: MappingProblems) {
        self.problems = problems
    }

    func test(_ value: JSONValue, at keyPath: String) -> Condition.Test? {
        switch value {
        case .null: return .isAbsent
        case .array, .text, .integer, .decimal, .boolean: return texts(value, at: keyPath).map { .isOneOf($0) }
        case .object(let members):
            guard let object = StrictObject(value, at: keyPath, keys: ["exists", "not"], problems) else { return nil }
            guard members.count == 1 else {
                problems.add(keyPath, "expected one test", "as in { exists: true } or { not: \"PAID\" }")
                return nil
            }
            if object["exists"] != nil { return object.boolean("exists") ? .exists : .isAbsent }
            guard let not = object["not"] else { return nil }
            if not == .null { return .exists }
            return texts(not, at: object.path("not")).map { .isNoneOf($0) }
        }
    }

    private func texts(_ value: JSONValue, at keyPath: String) -> [[UInt8]]? {
        let values = if case .array(let values) = value { values } else { [value] }
        let constants = values.compactMap { Constant($0) }
        guard constants.count == values.count else {
            problems.add(keyPath, "expected texts, numbers or booleans", "as in [\"PAID\", \"COMPLETED\"]")
            return nil
        }
        return constants.map(\.text)
    }
}

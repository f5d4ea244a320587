/// An object of the mapping language: its known keys, and every deviation noted with place, sentence and remedy.
struct StrictObject {
    let members: [String: JSONValue]
    let keyPath: String
    let problems: MappingProblems

    init(members: [String: JSONValue], keyPath: String, problems: MappingProblems) {
        self.members = members
        self.keyPath = keyPath
        self.problems = problems
    }

    /// Notes what is no object, and every key that is not known.
    init?(_ value: JSONValue, at keyPath: String, keys: [String], _ problems: MappingProblems) {
        guard case .object(let members) = value else {
            problems.add(
                keyPath, "expected an object, found \(value.kind)", "known keys: \(keys.joined(separator: ", "))")
            return nil
        }
        self.members = members
        self.keyPath = keyPath
        self.problems = problems
        for key in members.keys.sorted() where !keys.contains(key) {
            let guess = NearestName.to(key, among: keys).map { "did you mean \"\($0)\"?" }
            problems.add(path(key), "is not a known key", guess ?? "known keys: \(keys.joined(separator: ", "))")
        }
    }

    /// The value of a key; nil when it is absent.
    subscript(key: String) -> JSONValue? { members[key] }

    func path(_ key: String) -> String {
        keyPath.isEmpty ? key : "\(keyPath).\(key)"
    }

    func text(_ key: String) -> String? {
        switch members[key] {
        case nil: return nil
        case .text(let text): return text
        case let other?:
            problems.add(path(key), "expected a text, found \(other.kind)", "write it in quotes")
            return nil
        }
    }

    func boolean(_ key: String) -> Bool {
        switch members[key] {
        case nil: return false
        case .boolean(let value): return value
        case let other?:
            problems.add(path(key), "expected true or false, found \(other.kind)", "write it without quotes")
            return false
        }
    }

    func integer(_ key: String, default fallback: Int) -> Int {
        switch members[key] {
        case nil: return fallback
        case .integer(let value): return value
        case let other?:
            problems.add(path(key), "expected a whole number, found \(other.kind)", "write it without quotes")
            return fallback
        }
    }

    /// A text, a number or a boolean that the mapping states.
    func constant(_ key: String) -> Constant? {
        guard let value = members[key] else { return nil }
        guard let constant = Constant(value) else {
            problems.add(
                path(key), "expected a text, number or boolean, found \(value.kind)", "constants are single values")
            return nil
        }
        return constant
    }

    /// One value, or a list of them.
    func list(_ key: String) -> [(value: JSONValue, path: String)] {
        switch members[key] {
        case nil: []
        case .array(let values)?: values.enumerated().map { ($1, "\(path(key))[\($0)]") }
        case let value?: [(value, path(key))]
        }
    }

    /// The texts of a list, or one text.
    func texts(_ key: String) -> [String] {
        list(key).compactMap { value, path in
            if case .text(let text) = value { return text }
            problems.add(path, "expected a text, found \(value.kind)", "write it in quotes")
            return nil
        }
    }

    /// The members of an object of texts, ordered by name.
    func textMembers(_ key: String) -> [(name: String, text: String)] {
        guard let value = members[key] else { return [] }
        guard case .object(let members) = value else {
            problems.add(path(key), "expected an object, found \(value.kind)", "write it as { name: \"text\" }")
            return []
        }
        return members.sorted { $0.key < $1.key }.compactMap { name, value in
            if case .text(let text) = value { return (name, text) }
            problems.add("\(path(key)).\(name)", "expected a text, found \(value.kind)", "write it in quotes")
            return nil
        }
    }
}

extension Constant {
    /// Takes single values.
    init?(_ value: JSONValue) {
        switch value {
        case .text(let text): self = .text(Array(text.utf8))
        case .integer(let number): self = .number(Array(String(number).utf8))
        case .decimal(let number) where number.isFinite: self = .number(Array("\(number)".utf8))
        case .boolean(let value): self = .boolean(value)
        case .decimal, .null, .array, .object: return nil
        }
    }

    /// The value's spelling.
    var text: [UInt8] {
        switch self {
        case .text(let text), .number(let text): text
        case .boolean(let value): Array((value ? "true" : "false").utf8)
        }
    }
}

/// Gathers what is wrong with a mapping, so that all of it is reported together.
final class MappingProblems {
    private(set) var issues: [ConfigurationIssue] = []

    func add(_ keyPath: String, _ message: String, _ remedy: String) {
        let issue = ConfigurationIssue(keyPath: keyPath, message: message, remedy: remedy)
        // A shared set of fields is read once for each rule that uses it.
        if !issues.contains(issue) { issues.append(issue) }
    }
}

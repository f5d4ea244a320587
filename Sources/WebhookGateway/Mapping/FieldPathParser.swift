import Verifiers

/// Reads the notation of `FieldPath`.
struct FieldPathParser {
    private let text: String
    private var rest: Substring

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    mutating func parse() throws(MalformedPath) -> (startsAtPayload: Bool, steps: [FieldPath.Step]) {
        if text == "." { return (false, []) }
        var steps: [FieldPath.Step] = []
        var startsAtPayload = false
        if rest.first == "$" {
            startsAtPayload = true
            rest.removeFirst()
        } else if rest.first != "[" {
            steps.append(try name())
        }
        while let character = rest.first {
            rest.removeFirst()
            switch character {
            case ".": steps.append(try name())
            case "[": steps.append(try bracket())
            default: throw malformed("expected '.' or '[' before \"\(character)\(rest)\"")
            }
        }
        guard steps.count <= JSONDocument.maximumDepth else {
            throw malformed("it has more than \(JSONDocument.maximumDepth) steps, and no payload is so deep")
        }
        return (startsAtPayload, steps)
    }

    /// A member's name up to the next `.` or `[`.
    private mutating func name() throws(MalformedPath) -> FieldPath.Step {
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
        guard !name.isEmpty else { throw malformed("a name is missing") }
        rest = rest.dropFirst(name.count)
        return .member(Array(name.utf8))
    }

    /// What stands in brackets: a place, `*`, or a quoted name.
    private mutating func bracket() throws(MalformedPath) -> FieldPath.Step {
        if let quote = rest.first, quote == "\"" || quote == "'" {
            rest.removeFirst()
            let name = rest.prefix { $0 != quote }
            rest = rest.dropFirst(name.count + 1)
            guard rest.first == "]" else { throw malformed("a quoted name must end in \(quote)]") }
            rest.removeFirst()
            return .member(Array(name.utf8))
        }
        let inner = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(inner.count)
        guard rest.first == "]" else { throw malformed("']' is missing") }
        rest.removeFirst()
        if inner == "*" { return .each }
        guard let place = Int(inner), place >= 0, inner.allSatisfy(\.isNumber) else {
            throw malformed("[\(inner)] must be a number from 0, * or a quoted name")
        }
        return .element(place)
    }

    private func malformed(_ reason: String) -> MalformedPath {
        MalformedPath(reason: "the path \"\(text)\" cannot be read: \(reason)")
    }
}

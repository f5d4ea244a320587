import Verifiers

/// Which fields payloads have, by paths as mappings write them: `items[*].price`.
struct FieldSurvey {
    private static let mostPaths = 5000

    struct Field: Sendable {
        var path: String
        var kinds: Set<String> = []
        /// In how many payloads.
        var count = 0

        var json: [UInt8] {
            var line = JSONLine()
            line.add("path", path)
            line.add("kinds", list: kinds.sorted().map(\.quotedJSON))
            line.add("count", count)
            return line.json
        }
    }

    private(set) var deliveries = 0
    private var found: [String: Field] = [:]

    /// Those in most payloads first.
    var fields: [Field] { found.values.sorted { ($1.count, $0.path) < ($0.count, $1.path) } }

    mutating func add(_ payload: JSONDocument.Node, of document: JSONDocument) {
        deliveries += 1
        var seen: Set<String> = []
        walk(payload, document, path: "", &seen)
        for path in seen { found[path]?.count += 1 }
    }

    private mutating func walk(
        _ node: JSONDocument.Node, _ document: JSONDocument, path: String, _ seen: inout Set<String>
    ) {
        switch document.kind(of: node) {
        case .object:
            for child in document.children(of: node) {
                let name = document.name(of: child) ?? ""
                walk(child, document, path: path.isEmpty ? name : "\(path).\(name)", &seen)
            }
        case .array:
            for child in document.children(of: node) { walk(child, document, path: "\(path)[*]", &seen) }
        case .string: note("text", path, &seen)
        case .number: note("number", path, &seen)
        case .boolean: note("boolean", path, &seen)
        case .null: note("null", path, &seen)
        }
    }

    private mutating func note(_ kind: String, _ path: String, _ seen: inout Set<String>) {
        guard found[path] != nil || found.count < Self.mostPaths else { return }
        found[path, default: Field(path: path)].kinds.insert(kind)
        seen.insert(path)
    }
}

import Verifiers

/// Payloads' types as Go structs, laid out as gofmt does.
struct GoTypes {
    /// Words that Go's own style writes in capitals (go.dev/wiki/CodeReviewComments, Initialisms).
    private static let initialisms: Set<String> = [
        "api", "html", "http", "https", "id", "ip", "json", "sku", "sms", "url", "uri", "utm", "uuid", "vat", "xml",
    ]

    private let model: PayloadModel
    private var names = TypeNames()
    private var blocks: [String] = []

    init(_ model: PayloadModel) {
        self.model = model
        for root in model.roots {
            if case .record(let record) = root.kind {
                _ = add(record, title: TypeLanguage.title(root))
            } else {
                let name = names.claim(Self.name([root.word]), suffix: "Payload")
                let place = blocks.count
                let type = text(root.kind)
                blocks.insert("// \(name) is \(TypeLanguage.title(root)).\ntype \(name) = \(type)", at: place)
            }
        }
    }

    var text: String {
        ([TypeLanguage.heading(model, comment: "//") + "\n\npackage payloads"] + blocks).joined(separator: "\n\n")
            + "\n"
    }

    private mutating func add(_ record: PayloadModel.Record, title: String? = nil) -> String {
        let name = names.claim(Self.name(record.words), suffix: "Payload")
        let place = blocks.count
        var scope = TypeNames()
        var rows: [(field: String, type: String, tag: String)] = []
        for member in record.members {
            let field = scope.claim(Self.name([member.name]), suffix: "Field")
            var type = text(member.kind)
            if member.isOptional, Self.takesPointer(type) { type = "*\(type)" }
            // A tag is read by its own rules: a name with a quote, a comma or a grave accent cannot stand in one.
            let isSafe = member.name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"\"`,\\".utf8.contains($0) }
            let tag = isSafe ? "`json:\"\(member.name)\(member.isOptional ? ",omitempty" : "")\"`" : "`json:\"-\"`"
            rows.append((field, type, tag))
        }
        let widths = (rows.map(\.field.count).max() ?? 0, rows.map(\.type.count).max() ?? 0)
        let lines = rows.map { row in
            "\t\(Self.padded(row.field, widths.0)) \(Self.padded(row.type, widths.1)) \(row.tag)"
        }
        let comment = title.map { "// \(name) is \($0).\n" } ?? ""
        blocks.insert("\(comment)type \(name) struct {\n\(lines.joined(separator: "\n"))\n}", at: place)
        return name
    }

    private mutating func text(_ kind: PayloadModel.Kind) -> String {
        switch kind {
        case .record(let record): return add(record)
        case .list(let element): return "[]\(text(element))"
        case .map(let value): return "map[string]\(text(value))"
        case .string: return "string"
        case .integer: return "int64"
        case .number: return "float64"
        case .boolean: return "bool"
        case .union, .unknown: return "any"
        case .nullable(let kind):
            let inner = text(kind)
            return Self.takesPointer(inner) ? "*\(inner)" : inner
        }
    }

    private static func takesPointer(_ type: String) -> Bool {
        !type.hasPrefix("*") && !type.hasPrefix("[]") && !type.hasPrefix("map[") && type != "any"
    }

    private static func name(_ words: [String]) -> String {
        let parts = words.flatMap(TypeNames.parts).map { part in
            initialisms.contains(part.lowercased()) ? part.uppercased() : part
        }
        return TypeNames.pascal(parts)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: width - text.count)
    }
}

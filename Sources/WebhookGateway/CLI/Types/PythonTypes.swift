import Verifiers

/// Payloads' types as Python's typed dictionaries (PEP 589, PEP 655), which `json.loads` returns as they are.
struct PythonTypes {
    private static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    private let model: PayloadModel
    private var names = TypeNames(reserved: Self.keywords.union(["Any", "NotRequired", "TypedDict"]))
    private var blocks: [String] = []
    private var imports: Set<String> = []

    init(_ model: PayloadModel) {
        self.model = model
        for root in model.roots {
            let comment = "# \(TypeLanguage.title(root))\n"
            if case .record(let record) = root.kind {
                _ = add(record, comment: comment)
            } else {
                let name = names.claim(TypeNames.pascal([root.word]), suffix: "Payload")
                blocks.append("\(comment)\(name) = \(text(root.kind))")
            }
        }
    }

    var text: String {
        var heading = TypeLanguage.heading(model, comment: "#")
        if !imports.isEmpty { heading += "\n\nfrom typing import \(imports.sorted().joined(separator: ", "))" }
        return ([heading] + blocks).joined(separator: "\n\n\n") + "\n"
    }

    /// Adds a dictionary after those inside it, since Python reads from the top.
    private mutating func add(_ record: PayloadModel.Record, comment: String = "") -> String {
        let name = names.claim(TypeNames.pascal(record.words), suffix: "Payload")
        imports.insert("TypedDict")
        var members: [(name: String, type: String)] = []
        for member in record.members {
            var type = text(member.kind)
            if member.isOptional {
                imports.insert("NotRequired")
                type = "NotRequired[\(type)]"
            }
            members.append((member.name, type))
        }
        let isPlain = record.members.allSatisfy { member in
            TypeNames.isIdentifier(member.name) && !Self.keywords.contains(member.name)
                && !member.name.hasPrefix("__")
        }
        if isPlain {
            let lines = members.map { "    \($0.name): \($0.type)" }
            blocks.append("\(comment)class \(name)(TypedDict):\n\(lines.joined(separator: "\n"))")
        } else {
            // Names that are no identifiers, and those that a class would mangle.
            let lines = members.map { "        \(Self.quoted($0.name)): \($0.type)," }
            let body = lines.joined(separator: "\n")
            blocks.append("\(comment)\(name) = TypedDict(\n    \"\(name)\",\n    {\n\(body)\n    },\n)")
        }
        return name
    }

    private mutating func text(_ kind: PayloadModel.Kind) -> String {
        switch kind {
        case .record(let record): return add(record)
        case .list(let element): return "list[\(text(element))]"
        case .map(let value): return "dict[str, \(text(value))]"
        case .string: return "str"
        case .integer: return "int"
        case .number: return "float"
        case .boolean: return "bool"
        case .union(let kinds):
            var choices: [String] = []
            for kind in kinds { choices.append(text(kind)) }
            return choices.joined(separator: " | ")
        case .nullable(let kind):
            return "\(text(kind)) | None"
        case .unknown:
            imports.insert("Any")
            return "Any"
        }
    }

    /// JSON's strings are Python's, but for escapes beyond the basic plane, which JSONWriter does not write.
    private static func quoted(_ name: String) -> String { String(decoding: name.quotedJSON, as: UTF8.self) }
}

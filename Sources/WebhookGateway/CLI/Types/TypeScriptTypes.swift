import Verifiers

/// Payloads' types as TypeScript interfaces.
struct TypeScriptTypes {
    private static let reserved: Set<String> = [
        "Array", "Boolean", "Date", "Error", "Function", "Map", "Number", "Object", "Promise", "Record", "Set",
        "String",
        "Symbol",
    ]

    private let model: PayloadModel
    private var names = TypeNames(reserved: Self.reserved)
    private var blocks: [String] = []

    init(_ model: PayloadModel) {
        self.model = model
        for root in model.roots {
            let comment = "/** \(TypeLanguage.title(root).replacing("*/", with: "* /")) */\n"
            if case .record(let record) = root.kind {
                _ = add(record, comment: comment)
            } else {
                let name = names.claim(TypeNames.pascal([root.word]), suffix: "Payload")
                let place = blocks.count
                blocks.insert("\(comment)export type \(name) = \(text(root.kind));", at: min(place, blocks.count))
            }
        }
    }

    var text: String {
        ([TypeLanguage.heading(model, comment: "//")] + blocks).joined(separator: "\n\n") + "\n"
    }

    /// Adds an interface and those inside it; returns its name.
    private mutating func add(_ record: PayloadModel.Record, comment: String = "") -> String {
        let name = names.claim(TypeNames.pascal(record.words), suffix: "Payload")
        let place = blocks.count
        var lines: [String] = []
        for member in record.members {
            let key = TypeNames.isIdentifier(member.name) ? member.name : Self.quoted(member.name)
            lines.append("  \(key)\(member.isOptional ? "?" : ""): \(text(member.kind));")
        }
        blocks.insert("\(comment)export interface \(name) {\n\(lines.joined(separator: "\n"))\n}", at: place)
        return name
    }

    private mutating func text(_ kind: PayloadModel.Kind) -> String {
        switch kind {
        case .record(let record): return add(record)
        case .list(let element):
            let inner = text(element)
            return inner.contains(" | ") ? "(\(inner))[]" : "\(inner)[]"
        case .map(let value): return "Record<string, \(text(value))>"
        case .string: return "string"
        case .integer, .number: return "number"
        case .boolean: return "boolean"
        case .union(let kinds):
            var choices: [String] = []
            for kind in kinds { choices.append(text(kind)) }
            return choices.joined(separator: " | ")
        case .nullable(let kind): return "\(text(kind)) | null"
        case .unknown: return "unknown"
        }
    }

    private static func quoted(_ name: String) -> String { String(decoding: name.quotedJSON, as: UTF8.self) }
}

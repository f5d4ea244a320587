import Verifiers

/// Payloads' types as Swift structures that `JSONDecoder` reads and `JSONEncoder` writes.
struct SwiftTypes {
    private static let keywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else",
        "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in",
        "init",
        "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public",
        "repeat",
        "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true",
        "try", "typealias", "var", "where", "while",
    ]
    /// Types that the text names, or that mean something inside a type.
    private static let reserved: Set<String> = [
        "Any", "Bool", "Codable", "CodingKey", "CodingKeys", "Decoder", "DecodingError", "Double", "Encoder",
        "Hashable",
        "Int64", "JSONValue", "Protocol", "Self", "Sendable", "String", "Type",
    ]

    private let model: PayloadModel
    private var blocks: [String] = []

    init(_ model: PayloadModel) {
        self.model = model
        var names = TypeNames(reserved: Self.reserved)
        for root in model.roots {
            var lines = ["/// \(TypeLanguage.title(root))."]
            let name = names.claim(TypeNames.pascal([root.word]), suffix: "Payload")
            if case .record(let record) = root.kind {
                Self.append(record, named: name, indent: "", to: &lines)
            } else {
                var inner: [String] = []
                let type = Self.type(root.kind, hint: "\(name)Content", &names, indent: "", to: &inner)
                lines = inner + lines + ["typealias \(name) = \(type)"]
            }
            blocks.append(lines.joined(separator: "\n"))
        }
        if model.roots.contains(where: { $0.kind.contains { $0 == .unknown } }) { blocks.append(Self.jsonValue) }
    }

    var text: String {
        ([TypeLanguage.heading(model, comment: "//")] + blocks).joined(separator: "\n\n") + "\n"
    }

    private static func append(
        _ record: PayloadModel.Record, named name: String, indent: String, to lines: inout [String]
    ) {
        var types = TypeNames(reserved: reserved)
        var properties = TypeNames()
        let inner = indent + "    "
        var nested: [String] = []
        var fields: [(property: String, name: String, type: String)] = []
        for member in record.members {
            let hint = TypeNames.pascal([member.name])
            var type = type(member.kind, hint: hint, &types, indent: inner, to: &nested)
            if member.isOptional, !type.hasSuffix("?") { type += "?" }
            fields.append((properties.claim(TypeNames.camel(member.name), suffix: ""), member.name, type))
        }
        lines.append("\(indent)struct \(name): Codable, Hashable, Sendable {")
        for field in fields { lines.append("\(inner)var \(escaped(field.property)): \(field.type)") }
        if fields.contains(where: { $0.property != $0.name }) {
            lines.append("")
            lines.append("\(inner)enum CodingKeys: String, CodingKey {")
            for field in fields {
                let value = field.property == field.name ? "" : " = \(quoted(field.name))"
                lines.append("\(inner)    case \(escaped(field.property))\(value)")
            }
            lines.append("\(inner)}")
        }
        if !nested.isEmpty { lines += [""] + nested }
        lines.append("\(indent)}")
    }

    /// The type of a value; what it needs of its own is appended to `lines`, named after `hint`.
    private static func type(
        _ kind: PayloadModel.Kind, hint: String, _ names: inout TypeNames, indent: String, to lines: inout [String]
    ) -> String {
        switch kind {
        case .record(let record):
            let name = names.claim(hint, suffix: "Value")
            separate(&lines)
            append(record, named: name, indent: indent, to: &lines)
            return name
        case .list(let element):
            return "[\(type(element, hint: item(hint), &names, indent: indent, to: &lines))]"
        case .map(let value):
            return "[String: \(type(value, hint: item(hint), &names, indent: indent, to: &lines))]"
        case .string: return "String"
        case .integer: return "Int64"
        case .number: return "Double"
        case .boolean: return "Bool"
        case .union(let kinds): return union(kinds, hint: hint, &names, indent: indent, to: &lines)
        case .nullable(let kind): return "\(type(kind, hint: hint, &names, indent: indent, to: &lines))?"
        case .unknown: return "JSONValue"
        }
    }

    private static func item(_ hint: String) -> String { hint.hasSuffix("Item") ? hint : "\(hint)Item" }

    /// An enumeration of what was seen in one place.
    private static func union(
        _ kinds: [PayloadModel.Kind], hint: String, _ names: inout TypeNames, indent: String, to lines: inout [String]
    ) -> String {
        var choices: [(label: String, type: String)] = []
        for kind in kinds {
            choices.append((label(kind), type(kind, hint: hint, &names, indent: indent, to: &lines)))
        }
        let name = names.claim("\(hint)Choice", suffix: "Value")
        separate(&lines)
        func add(_ depth: Int, _ text: String) { lines.append(indent + String(repeating: "    ", count: depth) + text) }
        add(0, "enum \(name): Codable, Hashable, Sendable {")
        for choice in choices { add(1, "case \(choice.label)(\(choice.type))") }
        lines.append("")
        add(1, "init(from decoder: any Decoder) throws {")
        add(2, "let container = try decoder.singleValueContainer()")
        for (index, choice) in choices.enumerated() {
            let word = index == 0 ? "if" : "} else if"
            add(2, "\(word) let value = try? container.decode(\(choice.type).self) {")
            add(3, "self = .\(choice.label)(value)")
        }
        add(2, "} else {")
        add(3, "throw DecodingError.dataCorruptedError(")
        add(4, "in: container, debugDescription: \"none of the types that were seen here\")")
        add(2, "}")
        add(1, "}")
        lines.append("")
        add(1, "func encode(to encoder: any Encoder) throws {")
        add(2, "var container = encoder.singleValueContainer()")
        add(2, "switch self {")
        for choice in choices { add(2, "case .\(choice.label)(let value): try container.encode(value)") }
        add(2, "}")
        add(1, "}")
        add(0, "}")
        return name
    }

    private static func label(_ kind: PayloadModel.Kind) -> String {
        switch kind {
        case .record, .map, .nullable, .union, .unknown: "object"
        case .list: "array"
        case .string: "string"
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        }
    }

    private static func separate(_ lines: inout [String]) {
        if !lines.isEmpty { lines.append("") }
    }

    private static func escaped(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

    /// A literal of the name.
    private static func quoted(_ name: String) -> String {
        var text = "\""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.properties.generalCategory == .format:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// For places where nothing but null was seen.
    private static let jsonValue = """
        /// Any JSON value.
        enum JSONValue: Codable, Hashable, Sendable {
            case null
            case boolean(Bool)
            case number(Double)
            case string(String)
            case array([JSONValue])
            case object([String: JSONValue])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if container.decodeNil() {
                    self = .null
                } else if let value = try? container.decode(Bool.self) {
                    self = .boolean(value)
                } else if let value = try? container.decode(Double.self) {
                    self = .number(value)
                } else if let value = try? container.decode(String.self) {
                    self = .string(value)
                } else if let value = try? container.decode([JSONValue].self) {
                    self = .array(value)
                } else {
                    self = .object(try container.decode([String: JSONValue].self))
                }
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .null: try container.encodeNil()
                case .boolean(let value): try container.encode(value)
                case .number(let value): try container.encode(value)
                case .string(let value): try container.encode(value)
                case .array(let value): try container.encode(value)
                case .object(let value): try container.encode(value)
                }
            }
        }
        """
}

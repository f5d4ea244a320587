import Verifiers

/// A text with places for values of the event: `Order {{data.order.id}} of {{data.customer.name | a customer}}`.
///
/// Paths start at the event's envelope. What stands behind `|` is put where the event has no value; without it nothing
/// is. Several values (`items[*].name`) are separated by commas.
struct MailText: Sendable {
    /// What a value must not break out of.
    enum Form: Sendable {
        /// Line feeds and tabs stay, other control characters go.
        case plain
        /// One line: what could begin another becomes a space.
        case line
        /// Text or a quoted attribute in HTML.
        case html
    }

    private enum Part: Sendable {
        case literal(String)
        case value(FieldPath, fallback: String)
    }

    /// How much of one value is put into a mail, in Unicode scalars.
    private static let maximumValue = 4096
    private static let maximumPlaceholders = 200

    private let parts: [Part]

    init(parsing text: String) throws(MalformedPath) {
        var parts: [Part] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "{{") {
            if start.lowerBound > rest.startIndex { parts.append(.literal(String(rest[..<start.lowerBound]))) }
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "}}") else {
                throw MalformedPath(reason: "a {{ has no }} behind it")
            }
            let inner = rest[..<end.lowerBound].split(
                separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            let fallback = inner.count > 1 ? Self.trimmed(inner[1]) : ""
            parts.append(.value(try Self.path(Self.trimmed(inner[0])), fallback: fallback))
            rest = rest[end.upperBound...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        guard parts.count <= 2 * Self.maximumPlaceholders else {
            throw MalformedPath(reason: "it has more than \(Self.maximumPlaceholders) placeholders")
        }
        self.parts = parts
    }

    /// The one path that the text consists of; nil for any other text.
    var onlyPath: FieldPath? {
        guard parts.count == 1, case .value(let path, _) = parts[0] else { return nil }
        return path
    }

    /// Whether it has no placeholder.
    var isLiteral: Bool {
        parts.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    func rendered(_ event: Event, as form: Form) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .value(let path, let fallback):
                text += Self.formed(Self.value(at: path, in: event) ?? fallback, as: form)
            }
        }
        return text
    }

    /// What stands at a path of the event, in words; nil for nothing, for `null` and for objects.
    static func value(at path: FieldPath, in event: Event) -> String? {
        let source = ProviderEvent(key: event.id, type: event.type, subject: event.subject, payload: .root)
        let scope = MappingScope(document: event.document, event: source, base: .root)
        var values: [String] = []
        var count = 0
        path.forEachNode(in: scope) { node in
            guard count < maximumValue, let value = EventText.scalar(node, event.document) else { return }
            count += value.unicodeScalars.count
            values.append(value)
        }
        guard !values.isEmpty else { return nil }
        var cut = String.UnicodeScalarView()
        cut.append(contentsOf: values.joined(separator: ", ").unicodeScalars.prefix(maximumValue))
        return String(cut)
    }

    static func formed(_ value: String, as form: Form) -> String {
        var text = String.UnicodeScalarView()
        switch form {
        case .plain:
            text.append(
                contentsOf: value.unicodeScalars.filter {
                    $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
                })
        case .line:
            for scalar in value.unicodeScalars {
                if MailAddress.isPrintable(scalar), scalar != " " {
                    text.append(scalar)
                } else if let last = text.last, last != " " {
                    text.append(" ")
                }
            }
        case .html:
            for scalar in formed(value, as: .plain).unicodeScalars {
                switch scalar {
                case "&": text.append(contentsOf: "&amp;".unicodeScalars)
                case "<": text.append(contentsOf: "&lt;".unicodeScalars)
                case ">": text.append(contentsOf: "&gt;".unicodeScalars)
                case "\"": text.append(contentsOf: "&quot;".unicodeScalars)
                case "'": text.append(contentsOf: "&#39;".unicodeScalars)
                default: text.append(scalar)
                }
            }
        }
        return String(text)
    }

    /// The envelope's attributes (docs/events.md), which every path starts with.
    private static let attributes: Set<String> = [
        "specversion", "id", "source", "type", "time", "subject", "datacontenttype", "tenant", "provider",
        "providertype", "providerid", "receivedat", "traceparent", "replay", "data",
    ]

    private static func path(_ text: String) throws(MalformedPath) -> FieldPath {
        guard !text.isEmpty else { throw MalformedPath(reason: "a {{ }} is empty") }
        let path = try FieldPath(parsing: text)
        guard case .member(let name)? = path.steps.first, attributes.contains(String(decoding: name, as: UTF8.self))
        else {
            throw MalformedPath(
                reason: "{{\(path.text)}} is not in the event; paths start at its envelope, as in data.\(path.text)")
        }
        return path
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

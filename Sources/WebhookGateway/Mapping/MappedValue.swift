import Verifiers

/// A value on its way from payload to event: untouched in the document, or what a transform made of it.
enum MappedValue: Sendable {
    /// As it stands in the payload.
    case node(JSONDocument.Node)
    /// A text, decoded.
    case text([UInt8])
    /// A number as JSON text.
    case number([UInt8])
    case boolean(Bool)
    case money(Money)
    case list([MappedValue])

    /// Whether there is nothing worth writing: `null`, an empty text, an empty object or list.
    func isAbsent(in document: JSONDocument) -> Bool {
        switch self {
        case .node(let node): Self.isAbsent(node, in: document)
        case .text(let text): text.isEmpty
        case .list(let values): values.isEmpty
        case .number, .boolean, .money: false
        }
    }

    /// Whether a payload's value counts as not there.
    static func isAbsent(_ node: JSONDocument.Node, in document: JSONDocument) -> Bool {
        switch document.kind(of: node) {
        case .null: true
        case .string: document.text(of: node).count == 2
        case .object, .array: document.count(of: node) == 0
        case .number, .boolean: false
        }
    }

    /// Appends the value as JSON.
    func append(to output: inout ByteBuffer, from document: JSONDocument) {
        switch self {
        case .node(let node): document.appendMinified(node, to: &output)
        case .text(let text): JSONWriter.append(text[...], to: &output)
        case .number(let text): output.append(text)
        case .boolean(let value): JSONWriter.append(value, to: &output)
        case .money(let money): money.append(to: &output)
        case .list(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.append(to: &output, from: document)
            }
            output.append(UInt8(ascii: "]"))
        }
    }

    /// A text's value, or a number's or boolean's spelling; nil for structures.
    func scalarText(in document: JSONDocument) -> [UInt8]? {
        switch self {
        case .text(let text), .number(let text): return text
        case .boolean(let value): return Array((value ? "true" : "false").utf8)
        case .money, .list: return nil
        case .node(let node):
            switch document.kind(of: node) {
            case .string:
                if let plain = document.plainContent(of: node) { return Array(plain) }
                var decoded: [UInt8] = []
                document.appendDecoded(node, to: &decoded)
                return decoded
            case .number, .boolean: return Array(document.text(of: node))
            case .object, .array, .null: return nil
            }
        }
    }

    /// Whether it is a text, not a number, boolean or structure.
    func isText(in document: JSONDocument) -> Bool {
        switch self {
        case .text: true
        case .node(let node): document.kind(of: node) == .string
        case .number, .boolean, .money, .list: false
        }
    }

    /// What it is in words, for messages: the shape, never the value.
    func shape(in document: JSONDocument) -> String {
        switch self {
        case .node(let node): Self.shape(of: node, in: document)
        case .text(let text): text.isEmpty ? "an empty text" : "a text"
        case .number: "a number"
        case .boolean: "a boolean"
        case .money: "an amount"
        case .list: "a list"
        }
    }

    /// What a payload's value is in words.
    static func shape(of node: JSONDocument.Node, in document: JSONDocument) -> String {
        switch document.kind(of: node) {
        case .null: "null"
        case .string: document.text(of: node).count == 2 ? "an empty text" : "a text"
        case .number: "a number"
        case .boolean: "a boolean"
        case .object: document.count(of: node) == 0 ? "an empty object" : "an object"
        case .array: document.count(of: node) == 0 ? "an empty list" : "a list"
        }
    }
}

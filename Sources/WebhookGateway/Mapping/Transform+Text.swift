import Verifiers

extension Transform {
    /// Without white space at both ends.
    static func trimmed(_ value: MappedValue, _ scope: MappingScope) -> MappedValue {
        guard value.isText(in: scope.document), let text = value.scalarText(in: scope.document) else { return value }
        let string = String(decoding: text, as: UTF8.self)
        guard let start = string.firstIndex(where: { !$0.isWhitespace }),
            let end = string.lastIndex(where: { !$0.isWhitespace })
        else { return .text([]) }
        return .text(Array(string[start...end].utf8))
    }

    /// In lower or upper case, by the rules of Unicode; what is no text stays as it is.
    static func recased(_ value: MappedValue, _ scope: MappingScope, lower: Bool) -> MappedValue {
        guard value.isText(in: scope.document), var text = value.scalarText(in: scope.document) else { return value }
        let first = UInt8(ascii: lower ? "A" : "a")
        for index in text.indices {
            let byte = text[index]
            if byte >= 0x80 {
                let string = String(decoding: text, as: UTF8.self)
                return .text(Array((lower ? string.lowercased() : string.uppercased()).utf8))
            }
            if byte >= first, byte < first + 26 { text[index] = byte ^ 0x20 }
        }
        return .text(text)
    }

    /// The SHA-256 of the text, in lower-case hexadecimal.
    static func hashed(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue {
        .text(Array(SHA256Hash.hex(of: try text(value, scope)[...]).utf8))
    }
}

/// What to hide of a text and what to show: whole characters, each hidden one replaced by `character`.
struct Mask: Equatable, Sendable {
    var keepFirst = 0
    var keepLast = 4
    var character: Character = "*"

    /// Hides everything when the text is no longer than what would be shown.
    func masked(_ text: [UInt8]) -> [UInt8] {
        let characters = Array(String(decoding: text, as: UTF8.self))
        let hidden = characters.count - keepFirst - keepLast
        guard hidden > 0 else { return Array(String(repeating: character, count: characters.count).utf8) }
        let shown = (characters.prefix(keepFirst), characters.suffix(keepLast))
        return Array((String(shown.0) + String(repeating: character, count: hidden) + String(shown.1)).utf8)
    }
}

/// Other spellings of the same JSON strings.
enum JSONText {
    /// The text with slashes and non-ASCII characters escaped or not; those that change nothing are left out.
    static func spellings(of text: [UInt8]) -> [(description: String, text: [UInt8])] {
        let plainSlashes = BodyVariant.replacing(Array("\\/".utf8), with: Array("/".utf8), in: text)
        let escapedSlashes = BodyVariant.replacing(Array("/".utf8), with: Array("\\/".utf8), in: plainSlashes)
        let ascii = escapingNonASCII(text)
        let spellings = [
            ("with '\\/' written '/'", plainSlashes),
            ("with '/' written '\\/' (PHP's)", escapedSlashes),
            ("with non-ASCII characters escaped as \\uXXXX", ascii),
            ("with \\uXXXX written as the characters", unescapingNonASCII(text)),
            (
                "with '/' and non-ASCII characters escaped (PHP's)",
                BodyVariant.replacing(Array("/".utf8), with: Array("\\/".utf8), in: escapingNonASCII(plainSlashes))
            ),
        ]
        return spellings.filter { $0.1 != text }
    }

    private static func escapingNonASCII(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else { return text }
        var result: [UInt8] = []
        for unit in String(decoding: text, as: UTF8.self).utf16 {
            if unit < 0x80 {
                result.append(UInt8(truncatingIfNeeded: unit))
            } else {
                result.append(contentsOf: "\\u".utf8)
                let bytes = [UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)]
                result.append(contentsOf: Hex.encode(bytes[...]))
            }
        }
        return result
    }

    /// Writes escapes beyond ASCII as characters; those within ASCII must stay escaped or are harmless.
    private static func unescapingNonASCII(_ text: [UInt8]) -> [UInt8] {
        var units: [UInt16] = []
        var rest = Array(String(decoding: text, as: UTF8.self).utf16)[...]
        while let unit = rest.popFirst() {
            units.append(unit)
            guard unit == UInt16(UInt8(ascii: "\\")), let next = rest.popFirst() else { continue }
            if next == UInt16(UInt8(ascii: "u")), let code = number(rest.prefix(4)), code >= 0x80 {
                units[units.count - 1] = code
                rest = rest.dropFirst(4)
            } else {
                units.append(next)
            }
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private static func number(_ digits: ArraySlice<UInt16>) -> UInt16? {
        guard digits.count == 4 else { return nil }
        var value: UInt16 = 0
        for unit in digits {
            guard let byte = UInt8(exactly: unit), let digit = Hex.value(byte) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

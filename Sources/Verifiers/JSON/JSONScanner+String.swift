extension JSONScanner {
    /// Where a string ends, past its closing quote, and what is in it.
    struct StringEnd {
        var position: Int
        var isEscaped = false
        /// Half of a surrogate pair.
        var hasLoneSurrogate = false
    }

    /// Checks a string from its opening quote to past its closing one.
    @inline(__always)
    static func scanString(_ text: ByteText, _ start: Int) throws(JSONError) -> StringEnd {
        var position = start + 1
        while position + 16 <= text.count {
            let plain = text.leadingPlain(at: position)
            position += plain
            if plain == 16 { continue }
            if text[position] == UInt8(ascii: "\"") { return StringEnd(position: position + 1) }
            break
        }
        return try scanDifficultString(text, position)
    }

    /// Goes on inside a string: at the first byte that is not plain, or close to the end of the text.
    @inline(never)
    static func scanDifficultString(_ text: ByteText, _ start: Int) throws(JSONError) -> StringEnd {
        var end = StringEnd(position: start)
        while end.position < text.count {
            switch text[end.position] {
            case UInt8(ascii: "\""):
                end.position += 1
                return end
            case UInt8(ascii: "\\"):
                end.isEscaped = true
                try scanEscape(text, &end)
            case 0..<0x20:
                throw JSONError(.controlCharacter, at: end.position)
            case 0x80...:
                end.position += try utf8Length(text, at: end.position)
            default:
                end.position = plainEnd(text, from: end.position)
            }
        }
        throw JSONError(.truncated, at: end.position)
    }

    /// The first byte at or after `start` that is a quote, a backslash, a control character or not ASCII.
    @inline(__always)
    private static func plainEnd(_ text: ByteText, from start: Int) -> Int {
        var position = start
        while position + 16 <= text.count {
            let plain = text.leadingPlain(at: position)
            position += plain
            if plain < 16 { return position }
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            position += 1
        }
        return position
    }

    /// Checks an escape sequence (RFC 8259 §7) from its backslash on.
    private static func scanEscape(_ text: ByteText, _ end: inout StringEnd) throws(JSONError) {
        let position = end.position
        guard position + 1 < text.count else { throw JSONError(.truncated, at: text.count) }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            end.position = position + 2
        case UInt8(ascii: "u"):
            let unit = try hexUnit(text, at: position + 2)
            let next = position + 6
            end.position = next
            guard unit & 0xF800 == 0xD800 else { return }
            // A high half is paired only by a low half right after it; every other half stands alone.
            if unit < 0xDC00, next + 1 < text.count, text[next] == UInt8(ascii: "\\"),
                text[next + 1] == UInt8(ascii: "u"), try hexUnit(text, at: next + 2) & 0xFC00 == 0xDC00
            {
                end.position = next + 6
            } else {
                end.hasLoneSurrogate = true
            }
        default:
            throw JSONError(.invalidEscape, at: position)
        }
    }

    /// The four hexadecimal digits at `position`.
    private static func hexUnit(_ text: ByteText, at position: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for offset in 0..<4 {
            guard position + offset < text.count else { throw JSONError(.truncated, at: text.count) }
            guard let digit = JSONEscape.hexDigit(text[position + offset]) else {
                throw JSONError(.invalidEscape, at: position - 2)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The length of the UTF-8 sequence at `position` (RFC 3629 §4: no overlong forms, no surrogates, nothing past
    /// U+10FFFF).
    private static func utf8Length(_ text: ByteText, at position: Int) throws(JSONError) -> Int {
        let lead = text[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError(.invalidUTF8, at: position)
        }
        guard position + length <= text.count else { throw JSONError(.truncated, at: text.count) }
        guard second.contains(text[position + 1]) else { throw JSONError(.invalidUTF8, at: position) }
        for offset in 2..<max(length, 2) where text[position + offset] & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: position)
        }
        return length
    }
}

extension JSONScanner {
    /// Checks a string from its opening quote to past its closing one; true: it has escapes.
    @inline(__always)
    static func scanString(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits
    ) throws(JSONError) -> Bool {
        position += 1
        position = plainEnd(text, from: position)
        if position < text.count, text[position] == UInt8(ascii: "\"") {
            position += 1
            return false
        }
        return try scanDifficultString(text, &position, &traits)
    }

    /// The first byte at or after `start` that is a quote, a backslash, a control character or not ASCII.
    @inline(__always)
    private static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position + 8 <= text.count {
            let plain = ByteWord.load(text, position).leadingPlain
            position += plain
            if plain < 8 { return position }
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            position += 1
        }
        return position
    }

    /// Goes on where the plain bytes of a string end.
    private static func scanDifficultString(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits
    ) throws(JSONError) -> Bool {
        var escaped = false
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position += 1
                return escaped
            case UInt8(ascii: "\\"):
                escaped = true
                try scanEscape(text, &position, &traits)
            case 0..<0x20:
                throw JSONError(.controlCharacter, at: position)
            case 0x80...:
                position += try utf8Length(text, at: position)
                continue
            default:
                break
            }
            position = plainEnd(text, from: position)
        }
        throw JSONError(.truncated, at: position)
    }

    /// Checks an escape sequence (RFC 8259 §7) from its backslash on.
    private static func scanEscape(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits
    ) throws(JSONError) {
        guard position + 1 < text.count else { throw JSONError(.truncated, at: text.count) }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            let unit = try hexUnit(text, at: position + 2)
            position += 6
            guard unit & 0xF800 == 0xD800 else { return }
            // A high half is paired only by a low half right after it; every other half stands alone.
            if unit < 0xDC00, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
                text[position + 1] == UInt8(ascii: "u"), try hexUnit(text, at: position + 2) & 0xFC00 == 0xDC00
            {
                position += 6
            } else {
                traits.loneSurrogates = true
            }
        default:
            throw JSONError(.invalidEscape, at: position)
        }
    }

    /// The four hexadecimal digits at `position`.
    private static func hexUnit(_ text: Span<UInt8>, at position: Int) throws(JSONError) -> UInt16 {
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
    private static func utf8Length(_ text: Span<UInt8>, at position: Int) throws(JSONError) -> Int {
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

/// Eight bytes looked at as one number (SIMD within a register); byte 0 is the lowest.
struct ByteWord {
    var value: UInt64

    @inline(__always)
    static func load(_ text: Span<UInt8>, _ position: Int) -> ByteWord {
        ByteWord(
            value: UInt64(littleEndian: text.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)))
    }

    /// How many of the first bytes are spaces, 0 to 8.
    @inline(__always)
    var leadingSpaces: Int { (value ^ 0x2020_2020_2020_2020).trailingZeroBitCount >> 3 }

    /// How many of the first bytes are plain in a JSON string: ASCII, no control, no quote, no backslash; 0 to 8.
    ///
    /// Each term has the top bit set in the bytes it looks for; a borrow can set false bits only above a true one, so
    /// the lowest bit set is right.
    @inline(__always)
    var leadingPlain: Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = value ^ (ones &* 0x22)
        let backslash = value ^ (ones &* 0x5C)
        let special =
            (quote &- ones & ~quote) | (backslash &- ones & ~backslash) | (value &- (ones &* 0x20) & ~value) | value
        return (special & (ones &* 0x80)).trailingZeroBitCount >> 3
    }
}

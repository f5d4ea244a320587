internal import CVector

/// The character classes and comparisons of HTTP's grammar, on bytes.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let delete: UInt8 = 0x7F

    /// Whether a byte may stand in a token (tchar, RFC 9110 §5.6.2).
    @inline(__always)
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        // One bit for each of the characters 0–63 and 64–127: ! # $ % & ' * + - . 0–9 and A–Z ^ _ ` a–z | ~
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        switch byte >> 6 {
        case 0: return (low >> UInt64(byte)) & 1 == 1
        case 1: return (high >> UInt64(byte & 63)) & 1 == 1
        default: return false
        }
    }

    /// Whether a byte may stand in a field value: HTAB, SP, VCHAR or obs-text (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldValueCharacter(_ byte: UInt8) -> Bool {
        byte >= space && byte != delete || byte == tab
    }

    /// Whether a byte is white space inside a line (OWS and BWS, RFC 9110 §5.6.3).
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26
    }

    /// The value of a hexadecimal digit; nil for any other byte.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// Whether the bytes are exactly this text.
    @inline(__always)
    static func isEqual(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        let start = text.utf8Start
        for index in bytes.indices where bytes[index] != start[index] {
            return false
        }
        return true
    }

    /// Whether the bytes are this lower-case text but for the case of ASCII letters.
    @inline(__always)
    static func isEqualIgnoringCase(_ bytes: Span<UInt8>, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        let start = lowercase.utf8Start
        for index in bytes.indices where lowercased(bytes[index]) != start[index] {
            return false
        }
        return true
    }

    /// The range without the blanks at both its ends.
    @inline(__always)
    static func trimmed(_ range: Range<Int>, of bytes: Span<UInt8>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isBlank(bytes[lower]) { lower += 1 }
        while lower < upper, isBlank(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// The first byte at or after `start` that is a control character (HTAB and DEL too); `end` when there is none.
    ///
    /// Sixteen bytes at a time as long as there are as many before `end`, and then byte by byte.
    @inline(__always)
    static func firstControl(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count, "the range is of other bytes")
        var index = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return start }
            var index = start
            while index &+ 16 <= end {
                let text = Int(wg_leading_field_text(base + index))
                index &+= text
                if text < 16 { return index }
            }
            return index
        }
        while index < end {
            let byte = bytes[index]
            if byte < space || byte == delete { return index }
            index &+= 1
        }
        return end
    }

    /// The end of the token that begins at `start`: the first byte that belongs to none, or `end`.
    ///
    /// Sixteen bytes at a time as long as there are as many in `bytes`, and then byte by byte.
    @inline(__always)
    static func tokenEnd(in bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        precondition(start >= 0 && end <= bytes.count, "the range is of other bytes")
        var index = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return start }
            var index = start
            while index < end, index &+ 16 <= buffer.count {
                let text = Int(wg_leading_name(base + index))
                index &+= text
                if text < 16 { break }
            }
            return min(index, end)
        }
        while index < end, isTokenCharacter(bytes[index]) { index &+= 1 }
        return index
    }
}

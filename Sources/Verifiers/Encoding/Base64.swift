/// Base64 (RFC 4648 §4, §5), strict: no white space, no stray bits in the last digit; padding may be missing but not wrong.
public enum Base64 {
    /// Which two characters stand for 62 and 63.
    public enum Alphabet: Sendable {
        /// `+` and `/`.
        case standard
        /// `-` and `_`.
        case urlSafe
    }

    /// Encodes with padding.
    public static func encode(
        _ bytes: ArraySlice<UInt8>, alphabet: Alphabet = .standard, padded: Bool = true
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let count = min(3, bytes.endIndex - index)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0)
            }
            for position in 0...count {
                result.append(digit(UInt8(truncatingIfNeeded: group >> (18 - 6 * UInt32(position))) & 0x3F, alphabet))
            }
            if padded { result.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - count)) }
            index += count
        }
        return result
    }

    /// Decodes; nil when the text is not base64 of that alphabet.
    public static func decode(_ text: ArraySlice<UInt8>, alphabet: Alphabet = .standard) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        var span = result.mutableSpan
        guard let count = decode(text, into: &span, alphabet: alphabet) else { return nil }
        result.removeLast(result.count - count)
        return result
    }

    /// Decodes into the front of `output`; returns the number of bytes, nil when the text is wrong or too long.
    public static func decode(
        _ text: ArraySlice<UInt8>, into output: inout MutableSpan<UInt8>, alphabet: Alphabet = .standard
    ) -> Int? {
        let text = text.span
        guard let digits = digitCount(text) else { return nil }
        var group: UInt32 = 0
        var written = 0
        for index in 0..<digits {
            guard let digit = value(text[index], alphabet) else { return nil }
            group = group << 6 | UInt32(digit)
            // After the second, third and fourth digit of a group one more byte is complete.
            let pending = (index % 4 == 3) ? 0 : 6 - 2 * (index % 4)
            guard index % 4 != 0 else { continue }
            guard written < output.count else { return nil }
            output[written] = UInt8(truncatingIfNeeded: group >> UInt32(pending))
            written += 1
            group &= (1 << UInt32(pending)) - 1
        }
        return group == 0 ? written : nil
    }

    /// How many digits precede the padding; nil when length and padding do not fit together.
    private static func digitCount(_ text: Span<UInt8>) -> Int? {
        var digits = text.count
        while digits > 0, text.count - digits < 3, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        let padding = text.count - digits
        guard digits % 4 != 1 else { return nil }
        return padding == 0 || (padding < 3 && (digits + padding) % 4 == 0) ? digits : nil
    }

    @inline(__always)
    private static func value(_ byte: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch (byte, alphabet) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): byte - UInt8(ascii: "A")
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): byte - UInt8(ascii: "a") + 26
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): byte - UInt8(ascii: "0") + 52
        case (UInt8(ascii: "+"), .standard), (UInt8(ascii: "-"), .urlSafe): 62
        case (UInt8(ascii: "/"), .standard), (UInt8(ascii: "_"), .urlSafe): 63
        default: nil
        }
    }

    private static func digit(_ value: UInt8, _ alphabet: Alphabet) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: alphabet == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: alphabet == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }
}

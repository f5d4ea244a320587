/// The escape sequences of JSON strings (RFC 8259 §7), read.
enum JSONEscape {
    /// Appends a validated string's content with its escapes resolved; half of a surrogate pair becomes U+FFFD.
    static func appendDecoded(_ content: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var index = content.startIndex
        while index < content.endIndex {
            let byte = content[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < content.endIndex else {
                output.append(byte)
                index += 1
                continue
            }
            let kind = content[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"): appendScalar(content, &index, to: &output)
            default: output.append(kind)
            }
        }
    }

    /// Compares a name that has escapes; rare, so it may allocate.
    static func isName(_ content: UnsafeBufferPointer<UInt8>, equalTo name: UnsafeBufferPointer<UInt8>) -> Bool {
        var decoded: [UInt8] = []
        appendDecoded(Array(content)[...], to: &decoded)
        return decoded.elementsEqual(name)
    }

    /// Replaces each `\u` escape in `output` from `start` on that is half of a surrogate pair by `\ufffd`, which has the
    /// same length: what readers in other languages do with halves ranges from errors to broken text.
    static func replaceLoneSurrogates(in output: inout [UInt8], from start: Int) {
        var index = start
        while index + 1 < output.count {
            guard output[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            guard output[index + 1] == UInt8(ascii: "u"), let high = unit(output[...], at: index + 2) else {
                index += 2
                continue
            }
            if high & 0xFC00 == 0xD800, let low = escapedUnit(output[...], at: index + 6), low & 0xFC00 == 0xDC00 {
                index += 12
                continue
            }
            if high & 0xF800 == 0xD800 {
                output.replaceSubrange(index + 2..<index + 6, with: "fffd".utf8)
            }
            index += 6
        }
    }

    /// The value of a hexadecimal digit of either case.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Appends the character of the four digits at `index`, and of the second half when it is a pair.
    private static func appendScalar(_ content: ArraySlice<UInt8>, _ index: inout Int, to output: inout [UInt8]) {
        guard let first = unit(content, at: index) else { return }
        index += 4
        var scalar = UInt32(first)
        if first & 0xFC00 == 0xD800, let second = escapedUnit(content, at: index), second & 0xFC00 == 0xDC00 {
            index += 6
            scalar = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        }
        output.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
    }

    /// The code unit of a whole `\uXXXX` at `index`.
    private static func escapedUnit(_ content: ArraySlice<UInt8>, at index: Int) -> UInt16? {
        guard index + 6 <= content.endIndex, content[index] == UInt8(ascii: "\\"),
            content[index + 1] == UInt8(ascii: "u")
        else { return nil }
        return unit(content, at: index + 2)
    }

    /// The code unit of the four hexadecimal digits at `index`.
    private static func unit(_ content: ArraySlice<UInt8>, at index: Int) -> UInt16? {
        guard index + 4 <= content.endIndex else { return nil }
        var unit: UInt16 = 0
        for offset in 0..<4 {
            guard let digit = hexDigit(content[index + offset]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

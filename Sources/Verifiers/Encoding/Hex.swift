/// Hexadecimal digits (RFC 4648 §8), strict: an even number of digits of either case and nothing else.
public enum Hex {
    /// Encodes in lower case.
    public static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            result.append(digit(byte >> 4))
            result.append(digit(byte & 0x0F))
        }
        return result
    }

    /// Decodes; nil when the text is not hexadecimal.
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: text.count / 2)
        var span = result.mutableSpan
        guard decode(text, into: &span) != nil else { return nil }
        return result
    }

    /// Decodes into the front of `output`; returns the number of bytes, nil when the text is wrong or too long.
    public static func decode(_ text: ArraySlice<UInt8>, into output: inout MutableSpan<UInt8>) -> Int? {
        let text = text.span
        guard text.count % 2 == 0, text.count / 2 <= output.count else { return nil }
        let count = text.count / 2
        // All digits are looked at before any is judged: one comparison for the whole text.
        let isValid = text.withUnsafeBufferPointer { text in
            output.withUnsafeMutableBufferPointer { output in
                var others: UInt8 = 0
                for index in 0..<count {
                    let (high, low) = (text[2 &* index], text[2 &* index &+ 1])
                    others |= notDigit(high) | notDigit(low)
                    output[index] = nibble(high) << 4 | nibble(low)
                }
                return others == 0
            }
        }
        return isValid ? count : nil
    }

    /// 0 for a hexadecimal digit, else another number.
    @inline(__always)
    private static func notDigit(_ byte: UInt8) -> UInt8 {
        (byte &- UInt8(ascii: "0") < 10 ? 0 : 1) & ((byte | 0x20) &- UInt8(ascii: "a") < 6 ? 0 : 1)
    }

    /// The value of a byte that is a digit: letters have bit 6 and count from 1.
    @inline(__always)
    private static func nibble(_ byte: UInt8) -> UInt8 { (byte & 0xF) &+ (byte >> 6) &* 9 }

    /// The value of one digit, 0 ... 15.
    @inline(__always)
    public static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The lower-case digit of a value 0 ... 15.
    @inline(__always)
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

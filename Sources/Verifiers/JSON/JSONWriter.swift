/// Writes JSON tokens to the end of a byte buffer; commas and brackets are the caller's.
public enum JSONWriter {
    /// Appends a string in quotes.
    public static func append(_ string: String, to output: inout [UInt8]) {
        var copy = string
        copy.withUTF8 { appendQuoted($0, to: &output) }
    }

    /// Appends a string in quotes.
    public static func append(_ string: StaticString, to output: inout [UInt8]) {
        appendQuoted(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount), to: &output)
    }

    /// Appends bytes as a string in quotes; what is not UTF-8 in them is replaced by U+FFFD.
    public static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            bytes.withUnsafeBufferPointer { appendQuoted($0, to: &output) }
        } else {
            append(String(decoding: bytes, as: UTF8.self), to: &output)
        }
    }

    /// Appends a whole number.
    public static func append(_ number: Int64, to output: inout [UInt8]) {
        if number < 0 { output.append(UInt8(ascii: "-")) }
        append(unsigned: number.magnitude, to: &output)
    }

    /// Appends a whole number from 0 on.
    public static func append(unsigned number: UInt64, to output: inout [UInt8]) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends `true` or `false`.
    public static func append(_ boolean: Bool, to output: inout [UInt8]) {
        output.append(contentsOf: boolean ? "true".utf8 : "false".utf8)
    }

    /// Copies stretches that need no escape at once; quotes, backslashes and control characters are escaped.
    private static func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            output.append(contentsOf: bytes[start..<index])
            appendEscape(of: byte, to: &output)
            start = index + 1
        }
        output.append(contentsOf: bytes[start..<bytes.count])
        output.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            output.append(contentsOf: String(byte & 0xF, radix: 16).utf8)
        }
    }
}

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
        let isASCII = bytes.withUnsafeBufferPointer { bytes in
            guard bytes.reduce(0, |) < 0x80 else { return false }
            appendQuoted(bytes, to: &output)
            return true
        }
        if !isASCII { append(String(decoding: bytes, as: UTF8.self), to: &output) }
    }

    /// Appends a whole number.
    public static func append(_ number: Int64, to output: inout [UInt8]) {
        append(number.magnitude, isNegative: number < 0, to: &output)
    }

    /// Appends a whole number from 0 on.
    public static func append(unsigned number: UInt64, to output: inout [UInt8]) {
        append(number, isNegative: false, to: &output)
    }

    private static func append(_ magnitude: UInt64, isNegative: Bool, to output: inout [UInt8]) {
        var count = isNegative ? 2 : 1
        var bound: UInt64 = 10
        // The largest number has 20 digits.
        while magnitude >= bound {
            count += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        output.append(addingCapacity: count) { span in
            span.withUnsafeMutableBufferPointer { buffer, written in
                var rest = magnitude
                for place in stride(from: count - 1, through: isNegative ? 1 : 0, by: -1) {
                    let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
                    buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                    rest = tens
                }
                if isNegative { buffer[0] = UInt8(ascii: "-") }
                written = count
            }
        }
    }

    /// Appends a string in quotes.
    public static func append(_ string: String, to output: inout ByteBuffer) {
        string.withBytes { appendQuoted($0, to: &output) }
    }

    /// Appends a string in quotes.
    public static func append(_ string: StaticString, to output: inout ByteBuffer) {
        appendQuoted(UnsafeBufferPointer(start: string.utf8Start, count: string.utf8CodeUnitCount), to: &output)
    }

    /// Appends bytes as a string in quotes; what is not UTF-8 in them is replaced by U+FFFD.
    public static func append(_ bytes: ArraySlice<UInt8>, to output: inout ByteBuffer) {
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, !isPlain(ByteText(base: base, count: bytes.count)) else {
                return appendUnescaped(bytes, to: &output)
            }
            output.appendArray { append(ArraySlice(bytes), to: &$0) }
        }
    }

    /// Appends a whole number.
    public static func append(_ number: Int64, to output: inout ByteBuffer) {
        if number < 0 { output.append(UInt8(ascii: "-")) }
        append(unsigned: number.magnitude, to: &output)
    }

    /// Appends a whole number from 0 on.
    public static func append(unsigned number: UInt64, to output: inout ByteBuffer) {
        // The largest number has 20 digits.
        output.append(room: 20) { buffer in
            var rest = number
            var start = 20
            repeat {
                let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
                start -= 1
                buffer[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = tens
            } while rest > 0
            for index in start..<20 { buffer[index - start] = buffer[index] }
            return 20 - start
        }
    }

    /// Appends `true` or `false`.
    public static func append(_ boolean: Bool, to output: inout ByteBuffer) {
        output.append(literal: boolean ? "true" : "false")
    }

    /// Appends a string that is UTF-8 in quotes.
    static func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
        if let base = bytes.baseAddress {
            let text = ByteText(base: base, count: bytes.count)
            guard isPlain(text) || unescapedEnd(text, from: 0) == text.count else {
                return output.appendArray { appendQuoted(bytes, to: &$0) }
            }
        }
        appendUnescaped(bytes, to: &output)
    }

    @inline(__always)
    private static func appendUnescaped(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
        output.reserve(bytes.count + 2)
        output.append(UInt8(ascii: "\""))
        output.append(bytes)
        output.append(UInt8(ascii: "\""))
    }

    /// Whether all bytes are ASCII and none needs an escape.
    @inline(__always)
    private static func isPlain(_ text: ByteText) -> Bool {
        var position = 0
        if text.count >= 16 {
            while position + 16 <= text.count {
                guard text.leadingPlain(at: position) == 16 else { return false }
                position += 16
            }
            // The last sixteen bytes once more, the first of them a second time.
            return text.leadingPlain(at: text.count - 16) == 16
        }
        // The same with shorter words, which together hold all bytes.
        if text.count >= 8 { return isPlain(text.word(at: 0)) && isPlain(text.word(at: text.count - 8)) }
        if text.count >= 4 {
            return isPlain(UInt64(text.half(at: 0)) | UInt64(text.half(at: text.count - 4)) << 32)
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
            position += 1
        }
        return true
    }

    /// Whether all eight bytes are ASCII and none needs an escape: the top bit of each tells whether a byte is less than
    /// 0x20, or differs from a quote or a backslash by less than 1 (Warren, Hacker's Delight, §6-1).
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let found = (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return (found | word) & (ones &* 0x80) == 0
    }

    /// Appends `true` or `false`.
    public static func append(_ boolean: Bool, to output: inout [UInt8]) {
        output.append(contentsOf: boolean ? "true".utf8 : "false".utf8)
    }

    /// Appends a string that is UTF-8 in quotes: stretches that need no escape are copied at once.
    static func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        guard let base = bytes.baseAddress else { return output.append(contentsOf: [0x22, 0x22]) }
        let text = ByteText(base: base, count: bytes.count)
        var end = unescapedEnd(text, from: 0)
        guard end < text.count else {
            return output.append(addingCapacity: text.count + 2) { span in
                span.append(UInt8(ascii: "\""))
                span.withUnsafeMutableBufferPointer { buffer, count in
                    count += UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: bytes)
                }
                span.append(UInt8(ascii: "\""))
            }
        }
        output.append(UInt8(ascii: "\""))
        var start = 0
        while end < text.count {
            output.append(contentsOf: bytes[start..<end])
            appendEscape(of: text[end], to: &output)
            start = end + 1
            end = unescapedEnd(text, from: start)
        }
        output.append(contentsOf: bytes[start..<end])
        output.append(UInt8(ascii: "\""))
    }

    /// The first byte at or after `start` that a JSON string must escape, or the text's end.
    @inline(__always)
    private static func unescapedEnd(_ text: ByteText, from start: Int) -> Int {
        var position = start
        while position + 16 <= text.count {
            let unescaped = text.leadingUnescaped(at: position)
            position += unescaped
            if unescaped < 16 { return position }
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            position += 1
        }
        return position
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

import Verifiers

/// Appending to an output buffer without going through strings.
extension [UInt8] {
    /// Appends a literal's bytes.
    @inline(__always)
    mutating func append(literal text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the bytes of a span.
    @inline(__always)
    mutating func append(span: Span<UInt8>) {
        span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends a number that is not negative in decimal digits.
    mutating func append(decimal value: Int) {
        precondition(value >= 0, "lengths, delays and codes are not negative")
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// Appends a number in hexadecimal digits, as chunk sizes are written.
    mutating func append(hexadecimal value: Int) {
        precondition(value >= 0, "sizes are not negative")
        var shift = 0
        while shift < 60, value >> (shift + 4) > 0 { shift += 4 }
        while shift >= 0 {
            let digit = UInt8(value >> shift & 15)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    /// Appends a number under a hundred in two digits.
    mutating func append(twoDigits value: Int) {
        append(0x30 + UInt8(value / 10 % 10))
        append(0x30 + UInt8(value % 10))
    }
}

extension ByteBuffer {
    /// Appends text as a field value: control characters would end the line, so each becomes a space (RFC 9110 §5.5).
    mutating func append(fieldValue text: String) {
        for byte in text.utf8 {
            append(ASCII.isFieldValueCharacter(byte) ? byte : ASCII.space)
        }
    }
}

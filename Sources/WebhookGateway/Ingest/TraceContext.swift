import Verifiers

/// The W3C trace context of one delivery (w3.org/TR/trace-context, version 00).
enum TraceContext {
    /// The length of `00-<32 hex>-<16 hex>-<2 hex>`.
    static let length = 55

    /// Takes over a `traceparent` that is exactly of version 00 and not all zero; nil otherwise.
    static func accepted(_ value: ArraySlice<UInt8>?) -> ArraySlice<UInt8>? {
        guard let value, value.count == length else { return nil }
        let start = value.startIndex
        for (offset, byte) in value.enumerated() {
            switch offset {
            case 2, 35, 52: if byte != UInt8(ascii: "-") { return nil }
            case 0, 1: if byte != UInt8(ascii: "0") { return nil }
            default:
                guard byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66 else { return nil }
            }
        }
        let zero = UInt8(ascii: "0")
        guard value[start + 3..<start + 35].contains(where: { $0 != zero }),
            value[start + 36..<start + 52].contains(where: { $0 != zero })
        else { return nil }
        return value
    }

    /// Appends a new one, made of random bits; not sampled, since nobody upstream asked for it.
    static func appendNew(_ ids: inout ULIDGenerator, to output: inout [UInt8]) {
        let (high, low, parent) = (ids.random(), ids.random() | 1, ids.random() | 1)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { text in
            text.initialize(repeating: UInt8(ascii: "0"))
            text[2] = UInt8(ascii: "-")
            text[35] = UInt8(ascii: "-")
            text[52] = UInt8(ascii: "-")
            write(hex: high, to: text, at: 3)
            write(hex: low, to: text, at: 19)
            write(hex: parent, to: text, at: 36)
            output.append(contentsOf: text)
        }
    }

    private static func write(hex value: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        precondition(start >= 0 && start + 16 <= text.count, "no room for the digits")
        let bytes = UnsafeMutableRawBufferPointer(text)
        bytes.storeBytes(of: digits(value >> 32).bigEndian, toByteOffset: start, as: UInt64.self)
        bytes.storeBytes(of: digits(value & 0xFFFF_FFFF).bigEndian, toByteOffset: start + 8, as: UInt64.self)
    }

    /// The eight hexadecimal digits of 32 bits, the first one highest. The half bytes are spread over the bytes of a
    /// number; those from 10 on, found by the carry into bit 4 when 6 is added, are moved from after `9` to `a`.
    private static func digits(_ value: UInt64) -> UInt64 {
        var spread = (value & 0xFFFF_0000) << 16 | value & 0xFFFF
        spread = (spread & 0x0000_FF00_0000_FF00) << 8 | spread & 0x0000_00FF_0000_00FF
        spread = (spread & 0x00F0_00F0_00F0_00F0) << 4 | spread & 0x000F_000F_000F_000F
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}

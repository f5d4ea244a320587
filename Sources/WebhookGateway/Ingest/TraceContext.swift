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
        output.append(literal: "00-")
        append(hex: ids.random(), to: &output)
        append(hex: ids.random() | 1, to: &output)
        output.append(UInt8(ascii: "-"))
        append(hex: ids.random() | 1, to: &output)
        output.append(literal: "-00")
    }

    private static func append(hex value: UInt64, to output: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(value >> shift & 15)
            output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

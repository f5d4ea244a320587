/// Identifiers for samples: unique by process (random bytes drawn once) and serial number.
enum FreshIdentity {
    private static let process = EntropySource.bytes(8)

    /// 24 or more hexadecimal digits.
    static func hex(serial: Int) -> String {
        let number = String(UInt64(bitPattern: Int64(serial)), radix: 16)
        return String(decoding: Hex.encode(process[...]), as: UTF8.self) + leftPadded(number, to: 8)
    }

    /// A version 4 UUID; `index` tells the events of one sample apart.
    static func uuid(serial: Int, index: Int = 0) -> String {
        let number = UInt64(bitPattern: Int64(serial)) << 12 | UInt64(index & 0xFFF)
        var bytes = process
        bytes[6] = 0x40 | bytes[6] & 0x0F
        for position in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * (7 - position)))) }
        bytes[8] = 0x80 | bytes[8] & 0x3F
        let text = String(decoding: Hex.encode(bytes[...]), as: UTF8.self)
        var result = ""
        for (position, character) in text.enumerated() {
            if [8, 12, 16, 20].contains(position) { result.append("-") }
            result.append(character)
        }
        return result
    }

    /// Decimal digits without a leading zero, as QuickBooks numbers its entities.
    static func digits(serial: Int, index: Int = 0) -> String {
        let random = process.prefix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return "\(1_000_000_000 + random)" + leftPadded("\(serial.magnitude)", to: 8) + leftPadded("\(index)", to: 3)
    }

    private static func leftPadded(_ text: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

/// The checksum CRC-32C (Castagnoli; RFC 3720 §12.1): finds every change of up to 32 neighbouring bits.
struct CRC32C {
    private(set) var state: UInt32

    /// - Parameter seed: mixed in first; checksums with different seeds do not fit each other's data.
    init(seed: UInt64) {
        state = .max
        withUnsafeBytes(of: seed.littleEndian) { update($0) }
    }

    init() { state = .max }

    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var state = state
        Self.tables.withUnsafeBufferPointer { tables in
            var index = 0
            // Eight bytes a step ("slicing by 8", Kounavis and Berry 2005): bodies may be megabytes.
            while index + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(state)
                state = 0
                for byte in 0..<8 {
                    state ^= tables[(7 - byte) * 256 + Int(truncatingIfNeeded: word >> UInt64(8 * byte) & 0xFF)]
                }
                index += 8
            }
            while index < bytes.count {
                state = tables[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8
                index += 1
            }
        }
        self.state = state
    }

    static func checksum(of bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt32 {
        var sum = CRC32C(seed: seed)
        sum.update(bytes)
        return sum.value
    }

    /// Table k holds the effect of a byte that is followed by k zero bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<8 * 256 {
            let shorter = tables[index - 256]
            tables[index] = tables[Int(shorter & 0xFF)] ^ shorter >> 8
        }
        return tables
    }()
}

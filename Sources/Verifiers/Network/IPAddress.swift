/// An IPv4 or IPv6 address as a value; an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is kept as the IPv4 address it is.
public struct IPAddress: Hashable, Sendable {
    /// Which of the two protocols.
    public enum Family: Hashable, Sendable {
        /// IPv4, 32 bits.
        case v4
        /// IPv6, 128 bits.
        case v6
    }

    /// The protocol.
    public let family: Family
    /// The first 64 bits of an IPv6 address; 0 for IPv4.
    let high: UInt64
    /// The last 64 bits of an IPv6 address; the 32 bits of IPv4.
    let low: UInt64

    /// An IPv4 address from its 32 bits, the first octet most significant.
    public init(v4 bits: UInt32) {
        self.init(family: .v4, high: 0, low: UInt64(bits))
    }

    /// An IPv6 address from its two halves; IPv4-mapped ones become IPv4.
    public init(high: UInt64, low: UInt64) {
        if high == 0, low >> 32 == 0xFFFF {
            self.init(v4: UInt32(truncatingIfNeeded: low))
        } else {
            self.init(family: .v6, high: high, low: low)
        }
    }

    private init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// An address from its bytes in network order: 4 or 16 of them, else nil.
    public init?(bytes: ArraySlice<UInt8>) {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(v4: UInt32(truncatingIfNeeded: number(bytes)))
        case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.suffix(8)))
        default: return nil
        }
    }

    /// The bytes in network order, 4 or 16.
    public var bytes: [UInt8] {
        func octets(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        return family == .v4 ? octets(low, 4) : octets(high, 8) + octets(low, 8)
    }

    /// The number of bits of an address of this family.
    public var bitWidth: Int { family == .v4 ? 32 : 128 }

    /// The address's eight groups of 16 bits; only meaningful for IPv6.
    var groups: [UInt16] {
        [high, low].flatMap { half in [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) } }
    }
}

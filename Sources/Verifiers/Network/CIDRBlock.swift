/// A network: all addresses that begin with the same bits (RFC 4632).
public struct CIDRBlock: Hashable, Sendable, CustomStringConvertible {
    /// The first address of the network; the bits after the prefix are zero.
    public let address: IPAddress
    /// How many leading bits all addresses share.
    public let prefixLength: Int

    /// Makes a network; nil when the prefix does not fit the address. Bits after the prefix are cleared.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        let mask = Self.mask(prefixLength, of: address.family)
        self.prefixLength = prefixLength
        self.address =
            address.family == .v4
            ? IPAddress(v4: UInt32(truncatingIfNeeded: address.low & mask.low))
            : IPAddress(high: address.high & mask.high, low: address.low & mask.low)
    }

    /// Parses `192.0.2.0/24`, `2001:db8::/32` or a bare address, which is a network of one.
    ///
    /// A prefix on an IPv4-mapped address (`::ffff:192.0.2.0/120`) counts from the IPv6 start and is converted.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)[...]
        let addressText = bytes.prefix { $0 != UInt8(ascii: "/") }
        guard let address = IPAddress(text: addressText) else { return nil }
        guard addressText.endIndex < bytes.endIndex else {
            self.init(address, prefixLength: address.bitWidth)
            return
        }
        guard let length = Self.length(bytes[(addressText.endIndex + 1)...]) else { return nil }
        let isMapped = address.family == .v4 && addressText.contains(UInt8(ascii: ":"))
        self.init(address, prefixLength: isMapped ? length - 96 : length)
    }

    /// Whether the address lies in the network; an address of the other family never does.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        let mask = Self.mask(prefixLength, of: address.family)
        return other.high & mask.high == address.high && other.low & mask.low == address.low
    }

    /// The canonical text, always with the prefix length.
    public var description: String { "\(address)/\(prefixLength)" }

    private static func mask(_ length: Int, of family: IPAddress.Family) -> (high: UInt64, low: UInt64) {
        // Swift's smart shift gives 0 for a shift by the whole width or more.
        switch family {
        case .v4: (0, UInt64(UInt32.max << UInt32(32 - length)))
        case .v6: (UInt64.max << UInt64(max(0, 64 - length)), UInt64.max << UInt64(min(64, 128 - length)))
        }
    }

    private static func length(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...3).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0"),
            text.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

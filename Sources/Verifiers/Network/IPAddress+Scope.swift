extension IPAddress {
    /// The host itself: 127.0.0.0/8, ::1.
    public var isLoopback: Bool { isIn(SpecialNetworks.loopback) }
    /// The "any" address: 0.0.0.0, ::.
    public var isUnspecified: Bool { isIn(SpecialNetworks.unspecified) }
    /// Private networks of IPv4 (RFC 1918).
    public var isPrivate: Bool { isIn(SpecialNetworks.privateUse) }
    /// Link-local: 169.254.0.0/16 (clouds serve their metadata there), fe80::/10.
    public var isLinkLocal: Bool { isIn(SpecialNetworks.linkLocal) }
    /// Unique local addresses of IPv6 (fc00::/7, RFC 4193).
    public var isUniqueLocal: Bool { isIn(SpecialNetworks.uniqueLocal) }
    /// Carrier-grade NAT (100.64.0.0/10, RFC 6598).
    public var isCarrierGradeNAT: Bool { isIn(SpecialNetworks.carrierGradeNAT) }
    /// Addresses for examples (RFC 5737, RFC 3849, RFC 9637) and benchmarks (RFC 2544).
    public var isDocumentation: Bool { isIn(SpecialNetworks.documentation) }
    /// Multicast: 224.0.0.0/4, ff00::/8.
    public var isMulticast: Bool { isIn(SpecialNetworks.multicast) }
    /// Reserved for other uses by the IANA special-purpose registries.
    public var isReserved: Bool { isIn(SpecialNetworks.reserved) }

    /// Whether the address is an ordinary one of the public Internet: what an outbound request may be sent to.
    ///
    /// An address that stands for an IPv4 address (NAT64, 6to4) is judged by that one, and an IPv4-mapped address is
    /// IPv4 from the start, so no spelling leads around this.
    public var isGloballyRoutable: Bool {
        if let embedded = embeddedIPv4 { return embedded.isGloballyRoutable }
        // RFC 4291 §2.4: global unicast has been handed out of 2000::/3 only.
        if family == .v6, high >> 61 != 0b001 { return false }
        return !SpecialNetworks.all.contains { $0.contains(self) }
    }

    /// The IPv4 address to which a translator or tunnel would carry packets for this address.
    var embeddedIPv4: IPAddress? {
        // NAT64's well-known prefix 64:ff9b::/96 (RFC 6052 §2.1).
        if family == .v6, high == 0x0064_FF9B_0000_0000, low >> 32 == 0 {
            return IPAddress(v4: UInt32(truncatingIfNeeded: low))
        }
        // 6to4, 2002:a.b.c.d::/48 (RFC 3056 §2).
        if family == .v6, high >> 48 == 0x2002 {
            return IPAddress(v4: UInt32(truncatingIfNeeded: high >> 16))
        }
        return nil
    }

    private func isIn(_ networks: [CIDRBlock]) -> Bool {
        networks.contains { $0.contains(self) }
    }
}

/// The networks with a special meaning (IANA IPv4 and IPv6 Special-Purpose Address Registries).
enum SpecialNetworks {
    static let loopback = blocks("127.0.0.0/8", "::1/128")
    static let unspecified = blocks("0.0.0.0/32", "::/128")
    static let privateUse = blocks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    static let linkLocal = blocks("169.254.0.0/16", "fe80::/10")
    static let uniqueLocal = blocks("fc00::/7")
    static let carrierGradeNAT = blocks("100.64.0.0/10")
    static let documentation = blocks(
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32", "3fff::/20")
    static let multicast = blocks("224.0.0.0/4", "ff00::/8")
    /// "This network", IETF protocol assignments (Teredo among them), the 6to4 relay, class E, local NAT64, discard,
    /// segment routing, site-local.
    static let reserved = blocks(
        "0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "5f00::/16", "fec0::/10")

    static let all =
        loopback + unspecified + privateUse + linkLocal + uniqueLocal + carrierGradeNAT + documentation + multicast
        + reserved

    private static func blocks(_ texts: String...) -> [CIDRBlock] {
        texts.map { text in
            guard let block = CIDRBlock(text) else { preconditionFailure("\(text) is not a network") }
            return block
        }
    }
}

/// Finds the client's address behind trusted proxies.
///
/// Each proxy appends the address it was contacted from, so only the right end of the list was written by someone
/// known. The list is read from the right as long as the address in hand is a trusted proxy's; the first other address
/// is the client. What stands left of it was sent by the client and is never looked at.
public enum ForwardedFor {
    /// The header field that the operator's proxies write.
    public enum Field: String, Sendable, CaseIterable {
        /// `X-Forwarded-For: client, proxy`.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded: for=client, for="[2001:db8::1]:4711"` (RFC 7239).
        case forwarded
        /// Whichever is there; when both are and name different clients, neither is believed.
        case either
    }

    /// How many addresses are read at most: no honest chain is longer, and a hostile one shall cost little.
    static let maximumHops = 32

    /// The client of a connection from `peer`; `peer` itself unless it is trusted and named another.
    ///
    /// An entry that is no address ("unknown", "_hidden", garbage) ends the walk at the proxy that wrote it.
    public static func client(
        peer: IPAddress, headers: HeaderFields, trusted: [CIDRBlock], field: Field = .either
    ) -> IPAddress {
        guard trusted.contains(where: { $0.contains(peer) }) else { return peer }
        let lists = headers.all("x-forwarded-for")
        let forwarded = headers.all("forwarded")
        switch field {
        case .xForwardedFor: return walk(from: peer, entries(lists), trusted, xForwardedAddress)
        case .forwarded: return walk(from: peer, entries(forwarded), trusted, forwardedAddress)
        case .either:
            let first = walk(from: peer, entries(lists), trusted, xForwardedAddress)
            let second = walk(from: peer, entries(forwarded), trusted, forwardedAddress)
            // A proxy writes one of the two and passes the other through as the client sent it.
            if lists.isEmpty { return second }
            if forwarded.isEmpty || first == second { return first }
            return peer
        }
    }

    private static func walk(
        from peer: IPAddress, _ entries: [ArraySlice<UInt8>], _ trusted: [CIDRBlock],
        _ address: (ArraySlice<UInt8>) -> IPAddress?
    ) -> IPAddress {
        var current = peer
        for entry in entries {
            guard let next = address(entry) else { return current }
            current = next
            guard trusted.contains(where: { $0.contains(next) }) else { return next }
        }
        return current
    }

    /// The entries of all fields from the right, quoted commas not separating; at most `maximumHops`.
    private static func entries(_ fields: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        for field in fields.reversed() {
            var end = field.endIndex
            var index = end
            var isQuoted = false
            while index > field.startIndex, result.count < maximumHops {
                index -= 1
                if field[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
                guard field[index] == UInt8(ascii: ","), !isQuoted else { continue }
                result.append(field[(index + 1)..<end].trimmingWhitespace)
                end = index
            }
            if result.count < maximumHops { result.append(field[field.startIndex..<end].trimmingWhitespace) }
        }
        return result
    }

    /// `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
    static func xForwardedAddress(_ entry: ArraySlice<UInt8>) -> IPAddress? {
        if entry.first == UInt8(ascii: "[") {
            guard let end = entry.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = entry[(end + 1)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            let inside = entry[(entry.startIndex + 1)..<end]
            return inside.contains(UInt8(ascii: ":")) ? IPAddress(text: inside) : nil
        }
        if let address = IPAddress(text: entry) { return address }
        // One colon only: an IPv4 address with a port.
        guard let colon = entry.firstIndex(of: UInt8(ascii: ":")), isPort(entry[colon...]) else { return nil }
        return IPAddress(text: entry[..<colon])
    }

    /// The `for` parameter of one RFC 7239 element.
    static func forwardedAddress(_ element: ArraySlice<UInt8>) -> IPAddress? {
        for parameter in element.split(separator: UInt8(ascii: ";")) {
            let pair = QueryString.pair(of: parameter.trimmingWhitespace)
            guard pair.name.count == 3, pair.name.map({ $0 | 0x20 }) == Array("for".utf8) else { continue }
            var value = pair.value
            if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                value = value.dropFirst().dropLast()
            }
            return xForwardedAddress(value)
        }
        return nil
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        text.first == UInt8(ascii: ":") && (2...6).contains(text.count)
            && text.dropFirst().allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}

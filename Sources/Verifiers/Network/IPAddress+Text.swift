extension IPAddress: CustomStringConvertible {
    /// The longest text of an address (RFC 4291 §2.2 with an embedded IPv4 address).
    static let maximumTextLength = 45

    /// Parses the text of an address, strictly: four decimal octets without leading zeros, or RFC 4291 §2.2; no zone,
    /// port, brackets or white space.
    public init?(_ text: String) {
        self.init(text: Array(text.utf8)[...])
    }

    /// Parses the text of an address from bytes.
    public init?(text: ArraySlice<UInt8>) {
        guard let groups = Self.parse(text) else { return nil }
        self = groups
    }

    /// The canonical text (RFC 5952).
    public var description: String {
        if family == .v4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = groups
        let gap = Self.longestZeroRun(groups)
        func text(_ part: some Sequence<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard gap.count > 1 else { return text(groups) }
        return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
    }

    private static func parse(_ text: ArraySlice<UInt8>) -> IPAddress? {
        guard !text.isEmpty, text.count <= maximumTextLength else { return nil }
        return text.contains(UInt8(ascii: ":")) ? parseV6(text) : parseV4(text).map(IPAddress.init(v4:))
    }

    private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
        var bits: UInt32 = 0
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        for part in parts {
            // "010" is 8 to some and 10 to others: refused, so that no two readers disagree about an address.
            guard let octet = number(part, radix: 10, maximumDigits: 3), octet <= 255,
                part.count == 1 || part.first != UInt8(ascii: "0")
            else { return nil }
            bits = bits << 8 | octet
        }
        return bits
    }

    private static func parseV6(_ text: ArraySlice<UInt8>) -> IPAddress? {
        var front: [UInt16] = []
        var back: [UInt16]?
        var rest = text
        if rest.starts(with: "::".utf8) {
            back = []
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: ":") }
            rest = rest[part.endIndex...]
            guard let groups = groups(of: part, isLast: rest.isEmpty) else { return nil }
            if back == nil { front += groups } else { back? += groups }
            if rest.isEmpty { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard back == nil else { return nil }
                back = []
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let written = front.count + (back?.count ?? 0)
        // "::" stands for at least one group.
        guard back == nil ? written == 8 : written < 8 else { return nil }
        let groups = front + Array(repeating: 0, count: 8 - written) + (back ?? [])
        func half(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
        return IPAddress(high: half(groups[..<4]), low: half(groups[4...]))
    }

    /// One group of up to four digits, or, at the end, an IPv4 address as two groups.
    private static func groups(of part: ArraySlice<UInt8>, isLast: Bool) -> [UInt16]? {
        if isLast, part.contains(UInt8(ascii: ".")) {
            return parseV4(part).map { [UInt16($0 >> 16), UInt16(truncatingIfNeeded: $0)] }
        }
        return number(part, radix: 16, maximumDigits: 4).map { [UInt16(truncatingIfNeeded: $0)] }
    }

    private static func number(_ text: ArraySlice<UInt8>, radix: UInt32, maximumDigits: Int) -> UInt32? {
        guard !text.isEmpty, text.count <= maximumDigits else { return nil }
        var value: UInt32 = 0
        for byte in text {
            guard let digit = Hex.value(byte), digit < radix else { return nil }
            value = value * radix + UInt32(digit)
        }
        return value
    }

    /// The first longest run of zero groups (RFC 5952 §4.2.3); a single zero is not shortened.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best
    }
}

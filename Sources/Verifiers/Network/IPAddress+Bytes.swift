extension IPAddress {
    /// Appends the canonical text; nothing is allocated for an IPv4 address.
    public func append(to output: inout ByteBuffer) {
        guard family == .v4 else {
            output.appendArray { append(to: &$0) }
            return
        }
        for shift in stride(from: UInt64(24), through: 0, by: -8) {
            let octet = UInt8(truncatingIfNeeded: low >> shift)
            if octet >= 100 { output.append(UInt8(ascii: "0") + octet / 100) }
            if octet >= 10 { output.append(UInt8(ascii: "0") + octet / 10 % 10) }
            output.append(UInt8(ascii: "0") + octet % 10)
            if shift > 0 { output.append(UInt8(ascii: ".")) }
        }
    }

    /// Appends the canonical text; nothing is allocated for an IPv4 address.
    public func append(to output: inout [UInt8]) {
        guard family == .v4 else {
            output.append(contentsOf: description.utf8)
            return
        }
        for shift in stride(from: UInt64(24), through: 0, by: -8) {
            let octet = low >> shift & 0xFF
            if octet >= 100 { output.append(UInt8(ascii: "0") + UInt8(octet / 100)) }
            if octet >= 10 { output.append(UInt8(ascii: "0") + UInt8(octet / 10 % 10)) }
            output.append(UInt8(ascii: "0") + UInt8(octet % 10))
            if shift > 0 { output.append(UInt8(ascii: ".")) }
        }
    }
}

extension RequestHead {
    /// Reads `method SP request-target SP HTTP-version` (RFC 9112 §3), single spaces only.
    mutating func readRequestLine(_ line: Range<Int>, of bytes: Span<UInt8>) throws(ParseError) {
        let methodEnd = try endOfMethod(line, of: bytes)
        methodName = line.lowerBound..<methodEnd
        method = HTTPMethod(bytes.extracting(methodName))

        let targetStart = methodEnd + 1
        var index = targetStart
        while index < line.upperBound, bytes[index] != ASCII.space {
            // VCHAR only, and no fragment (RFC 9112 §3.2); a tab or a byte of 0x80 and above is neither.
            guard bytes[index] > ASCII.space, bytes[index] < ASCII.delete, bytes[index] != UInt8(ascii: "#") else {
                throw .malformedTarget
            }
            index += 1
        }
        guard index > targetStart, index < line.upperBound else { throw .malformedRequestLine }
        target = targetStart..<index
        version = try Self.version(bytes.extracting(index + 1..<line.upperBound))
        // RFC 9110 §9.3.6: CONNECT is for proxies, which this is not.
        guard method != .connect else { throw .unsupportedMethod }
        try readTarget(of: bytes)
    }

    private static let maxMethodBytes = 32

    private func endOfMethod(_ line: Range<Int>, of bytes: Span<UInt8>) throws(ParseError) -> Int {
        var index = line.lowerBound
        while index < line.upperBound, ASCII.isTokenCharacter(bytes[index]) { index += 1 }
        guard index < line.upperBound else { throw .malformedRequestLine }
        guard bytes[index] == ASCII.space, index > line.lowerBound else { throw .malformedMethod }
        guard index - line.lowerBound <= Self.maxMethodBytes else { throw .methodTooLong }
        return index
    }

    private static func version(_ text: Span<UInt8>) throws(ParseError) -> HTTPVersion {
        if ASCII.isEqual(text, "HTTP/1.1") { return .http11 }
        if ASCII.isEqual(text, "HTTP/1.0") { return .http10 }
        guard text.count == 8, ASCII.isEqual(text.extracting(0..<5), "HTTP/"), ASCII.isDigit(text[5]),
            text[6] == UInt8(ascii: "."), ASCII.isDigit(text[7])
        else { throw .malformedVersion }
        throw .unsupportedVersion
    }

    /// Splits the target by its form (RFC 9112 §3.2): origin, absolute, or asterisk with OPTIONS.
    private mutating func readTarget(of bytes: Span<UInt8>) throws(ParseError) {
        if bytes[target.lowerBound] == UInt8(ascii: "/") {
            splitPath(from: target.lowerBound, of: bytes)
        } else if target.count == 1, bytes[target.lowerBound] == UInt8(ascii: "*") {
            guard method == .options else { throw .malformedTarget }
            path = target
        } else {
            let start = try Self.endOfScheme(bytes.extracting(target)) + target.lowerBound
            var end = start
            while end < target.upperBound, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
            // RFC 9110 §4.2.1: an http URI without a host is invalid.
            guard end > start, bytes[start] != UInt8(ascii: ":"), HostGrammar.isValid(bytes.extracting(start..<end))
            else { throw .malformedTarget }
            authority = start..<end
            splitPath(from: end, of: bytes)
        }
    }

    private mutating func splitPath(from start: Int, of bytes: Span<UInt8>) {
        var index = start
        while index < target.upperBound, bytes[index] != UInt8(ascii: "?") { index += 1 }
        path = start..<index
        if index < target.upperBound { query = index + 1..<target.upperBound }
    }

    private static func endOfScheme(_ target: Span<UInt8>) throws(ParseError) -> Int {
        for length in [7, 8] where target.count > length {
            let scheme = target.extracting(0..<length)
            if ASCII.isEqualIgnoringCase(scheme, "http://") || ASCII.isEqualIgnoringCase(scheme, "https://") {
                return length
            }
        }
        throw .malformedTarget
    }
}

/// The grammar of Host and of an authority without userinfo: `uri-host [":" port]` (RFC 9110 §7.2, RFC 3986 §3.2).
enum HostGrammar {
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        if bytes.count > 0, bytes[0] == UInt8(ascii: "[") {
            index = 1
            while index < bytes.count, isAddressCharacter(bytes[index]) { index += 1 }
            guard index > 2, index < bytes.count, bytes[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
                if bytes[index] == UInt8(ascii: "%") {
                    guard index + 2 < bytes.count, ASCII.hexValue(bytes[index + 1]) != nil,
                        ASCII.hexValue(bytes[index + 2]) != nil
                    else { return false }
                    index += 3
                } else {
                    guard isNameCharacter(bytes[index]) else { return false }
                    index += 1
                }
            }
        }
        guard index < bytes.count else { return true }
        guard bytes[index] == UInt8(ascii: ":"), bytes.count - index <= 6 else { return false }
        index += 1
        while index < bytes.count {
            guard ASCII.isDigit(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    /// Of an IPv6 or future address literal: hexadecimal digits, colons, dots and what IPvFuture adds.
    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || isNameCharacter(byte)
    }

    /// unreserved / sub-delims (RFC 3986 §2.2, §2.3).
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        if ASCII.isLetter(byte) || ASCII.isDigit(byte) { return true }
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
            UInt8(ascii: "="):
            return true
        default: return false
        }
    }
}

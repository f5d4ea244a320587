import Verifiers

/// Why what a load balancer sent is no PROXY header.
enum ProxyHeaderError: Error, Equatable, Sendable {
    case notAProxyHeader
    case malformed
    case tooLong
    case unsupported
}

/// Reads the header that a load balancer writes before a connection's first byte: PROXY protocol version 1 or 2
/// (haproxy.org/download/2.9/doc/proxy-protocol.txt). A value: bytes in, the client's address or an error out.
///
///     let count = try parser.parse(bytes)       // so many of the bytes belong to the header
///     if parser.isFinished { use(parser.client) }
struct ProxyHeaderParser {
    /// Whether the whole header has been read.
    private(set) var isFinished = false
    /// The client's address; nil when the header names none (`UNKNOWN`, `LOCAL`): then the socket's peer speaks for itself.
    private(set) var client: IPAddress?

    private var bytes: [UInt8] = []

    /// §2.1: the longest line with its CR LF.
    private static let maximumLineBytes = 107
    private static let binaryHeadBytes = 16
    /// Addresses and TLVs; load balancers add some hundred bytes at most.
    private static let maximumBinaryBytes = 2048
    private static let line: StaticString = "PROXY "
    private static let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"

    /// Takes what belongs to the header from the front of `input` and tells how many bytes that are.
    mutating func parse(_ input: Span<UInt8>) throws(ProxyHeaderError) -> Int {
        var count = 0
        while count < input.count, !isFinished {
            bytes.append(input[count])
            count += 1
            if bytes[0] == Self.line.utf8Start[0] { try readLine() } else { try readBinary() }
        }
        return count
    }

    private func checkPrefix(_ expected: StaticString) throws(ProxyHeaderError) {
        let last = bytes.count - 1
        if last < expected.utf8CodeUnitCount, bytes[last] != expected.utf8Start[last] { throw .notAProxyHeader }
    }

    // MARK: Version 1

    private mutating func readLine() throws(ProxyHeaderError) {
        try checkPrefix(Self.line)
        guard bytes.last == UInt8(ascii: "\n") else {
            if bytes.count >= Self.maximumLineBytes { throw .tooLong }
            return
        }
        guard bytes.count >= 2, bytes[bytes.count - 2] == UInt8(ascii: "\r") else { throw .malformed }
        client = try Self.client(line: bytes.dropLast(2))
        finish()
    }

    private static func client(line: ArraySlice<UInt8>) throws(ProxyHeaderError) -> IPAddress? {
        guard !line.contains(UInt8(ascii: "\r")) else { throw .malformed }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        // §2.1: what follows UNKNOWN is to be ignored.
        if words.count >= 2, words[1].elementsEqual("UNKNOWN".utf8) { return nil }
        let family: IPAddress.Family
        switch words.count == 6 ? String(decoding: words[1], as: UTF8.self) : "" {
        case "TCP4": family = .v4
        case "TCP6": family = .v6
        default: throw .malformed
        }
        guard let source = address(words[2], family), address(words[3], family) != nil, isPort(words[4]),
            isPort(words[5])
        else { throw .malformed }
        return source
    }

    private static func address(_ text: ArraySlice<UInt8>, _ family: IPAddress.Family) -> IPAddress? {
        guard text.contains(UInt8(ascii: ":")) == (family == .v6) else { return nil }
        return IPAddress(text: text)
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...5).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0") else { return false }
        var value = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return false }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value <= 65_535
    }

    // MARK: Version 2

    private mutating func readBinary() throws(ProxyHeaderError) {
        try checkPrefix(Self.signature)
        guard bytes.count >= Self.binaryHeadBytes else { return }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        if bytes.count == Self.binaryHeadBytes {
            // §2.2: the high half is the version, the low half LOCAL or PROXY; all else must be dropped.
            guard bytes[12] == 0x20 || bytes[12] == 0x21 else { throw .malformed }
            if length > Self.maximumBinaryBytes { throw .tooLong }
        }
        guard bytes.count == Self.binaryHeadBytes + length else { return }
        if bytes[12] == 0x21 { client = try Self.client(family: bytes[13], bytes.dropFirst(Self.binaryHeadBytes)) }
        finish()
    }

    private static func client(family: UInt8, _ addresses: ArraySlice<UInt8>) throws(ProxyHeaderError) -> IPAddress? {
        let length: Int
        switch family {
        case 0x00: return nil
        case 0x11: length = 4
        case 0x21: length = 16
        // Datagrams and unix sockets: nothing that reaches a TCP port.
        default: throw .unsupported
        }
        guard addresses.count >= 2 * length + 4 else { throw .malformed }
        return IPAddress(bytes: addresses.prefix(length))
    }

    private mutating func finish() {
        isFinished = true
        bytes = []
    }
}

import Verifiers

/// What is archived of an event: how it arrived, the event made of it, and the raw bytes that it was made from.
///
/// In Redis it is one string: a line of JSON (the metadata), a line of JSON (the CloudEvent), then the raw body to the
/// end. So it costs no encoding on the way in and a person can read it with `redis-cli GET`.
struct EventRecord: Sendable {
    /// The first line: source, provider, request, receivedat, peer, headers, secret, reason (of a quarantine).
    var metadata: ArraySlice<UInt8>
    /// The second line.
    var json: ArraySlice<UInt8>
    var body: ArraySlice<UInt8>

    /// Splits a record; nil when it has not the two lines.
    init?(_ bytes: [UInt8]) {
        guard let first = bytes.firstIndex(of: 10), let second = bytes[(first + 1)...].firstIndex(of: 10) else {
            return nil
        }
        metadata = bytes[..<first]
        json = bytes[(first + 1)..<second]
        body = bytes[(second + 1)...]
    }

    /// Header fields that belong to the connection, to proxies or to credentials of other kinds than a signature.
    private static let omittedHeaders: [StaticString] = [
        "accept", "accept-encoding", "authorization", "connection", "content-length", "cookie", "expect", "forwarded",
        "host",
        "keep-alive", "proxy-authorization", "te", "transfer-encoding", "upgrade", "via", "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port", "x-forwarded-proto", "x-real-ip",
    ]
    /// The same by length: most names are told apart by it alone.
    private static let omittedByLength: [[StaticString]] = (0..<24).map { length in
        omittedHeaders.filter { $0.utf8CodeUnitCount == length }
    }
    private static let longestHeaders = 4096

    /// Appends the metadata line of a delivery.
    static func appendMetadata(
        source: String, provider: String, request: ULID, receivedAt: Timestamp, peer: IPAddress?, secret: Int,
        headers: HeaderFields, reason: String? = nil, to output: inout [UInt8]
    ) {
        output.append(contentsOf: #"{"source":"#.utf8)
        JSONWriter.append(source, to: &output)
        output.append(contentsOf: #","provider":"#.utf8)
        JSONWriter.append(provider, to: &output)
        output.append(contentsOf: #","request":""#.utf8)
        request.append(to: &output)
        output.append(contentsOf: #"","receivedat":""#.utf8)
        receivedAt.append(to: &output, precision: .milliseconds)
        output.append(contentsOf: #"","secret":"#.utf8)
        JSONWriter.append(Int64(secret), to: &output)
        if let peer {
            output.append(contentsOf: #","peer":"#.utf8)
            JSONWriter.append(peer.description, to: &output)
        }
        if let reason {
            output.append(contentsOf: #","reason":"#.utf8)
            JSONWriter.append(reason, to: &output)
        }
        appendHeaders(headers, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    private static func appendHeaders(_ headers: HeaderFields, to output: inout [UInt8]) {
        output.append(contentsOf: #","headers":["#.utf8)
        let start = output.count
        for field in headers.fields {
            let name = headers.bytes[field.name]
            let value = headers.bytes[field.value]
            guard output.count - start + name.count + value.count < longestHeaders, !isOmitted(name) else { continue }
            if output.count > start { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "["))
            JSONWriter.append(name, to: &output)
            output.append(UInt8(ascii: ","))
            JSONWriter.append(value, to: &output)
            output.append(UInt8(ascii: "]"))
        }
        output.append(UInt8(ascii: "]"))
    }

    private static func isOmitted(_ name: ArraySlice<UInt8>) -> Bool {
        guard name.count < omittedByLength.count else { return false }
        for omitted in omittedByLength[name.count] where ASCII.isEqualIgnoringCase(name.span, omitted) { return true }
        return false
    }
}

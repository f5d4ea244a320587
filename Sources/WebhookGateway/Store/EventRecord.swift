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
    ///
    /// - Parameter head: `head(source:provider:)` of the source, made once.
    /// - Parameter receivedAt: the time of arrival as text, with milliseconds.
    static func appendMetadata(
        head: [UInt8], request: ULID, receivedAt: ArraySlice<UInt8>, peer: IPAddress?, secret: Int,
        headers: HeaderFields, reason: String? = nil, to output: inout [UInt8]
    ) {
        output.append(contentsOf: head)
        request.append(to: &output)
        output.append(literal: #"","receivedat":""#)
        output.append(contentsOf: receivedAt)
        output.append(literal: #"","secret":"#)
        JSONWriter.append(Int64(secret), to: &output)
        if let peer {
            output.append(literal: #","peer":""#)
            append(peer, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        if let reason {
            output.append(literal: #","reason":"#)
            JSONWriter.append(reason, to: &output)
        }
        appendHeaders(headers, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// How the metadata line of a source's deliveries begins.
    static func head(source: String, provider: String) -> [UInt8] {
        var head = Array(#"{"source":"#.utf8)
        JSONWriter.append(source, to: &head)
        head.append(literal: #","provider":"#)
        JSONWriter.append(provider, to: &head)
        head.append(literal: #","request":""#)
        return head
    }

    /// An address in text form; it has no character that JSON would escape.
    private static func append(_ address: IPAddress, to output: inout [UInt8]) {
        guard address.family == .v4 else { return output.append(contentsOf: address.description.utf8) }
        for (index, byte) in address.bytes.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ".")) }
            if byte >= 100 { output.append(0x30 + byte / 100) }
            if byte >= 10 { output.append(0x30 + byte / 10 % 10) }
            output.append(0x30 + byte % 10)
        }
    }

    private static func appendHeaders(_ headers: HeaderFields, to output: inout [UInt8]) {
        output.append(literal: #","headers":["#)
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

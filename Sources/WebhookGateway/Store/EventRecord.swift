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

    /// What ends each of the two lines.
    static let lineEnd: UInt8 = 10
    private static let longestHeaders = 4096

    /// Appends the metadata line of a delivery.
    ///
    /// - Parameter head: `head(source:provider:)` of the source, made once.
    /// - Parameter receivedAt: the time of arrival as text, with milliseconds.
    static func appendMetadata(
        head: [UInt8], request: ULID, receivedAt: ArraySlice<UInt8>, peer: IPAddress?, secret: Int,
        headers: HeaderFields, reason: String? = nil, to output: inout ByteBuffer
    ) {
        output.append(head)
        request.append(to: &output)
        output.append(literal: #"","receivedat":""#)
        output.append(receivedAt)
        output.append(literal: #"","secret":"#)
        JSONWriter.append(Int64(secret), to: &output)
        if let peer {
            output.append(literal: #","peer":""#)
            peer.append(to: &output)
            output.append(UInt8(ascii: "\""))
        }
        if let reason {
            output.append(literal: #","reason":"#)
            JSONWriter.append(reason, to: &output)
        }
        appendHeaders(headers, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// The header fields that a metadata line holds.
    static func headers(in metadata: JSONDocument) -> [(name: String, value: String)] {
        metadata.children(of: metadata.member("headers")).map { field in
            (
                name: metadata.string(of: metadata.element(0, of: field)) ?? "",
                value: metadata.string(of: metadata.element(1, of: field)) ?? ""
            )
        }
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

    /// Whether a header field belongs to the connection, to proxies or to credentials of other kinds than a signature;
    /// most names are told apart by their length alone.
    static func isOmitted(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 2: return ASCII.isEqualIgnoringCase(name, "te")
        case 3: return ASCII.isEqualIgnoringCase(name, "via")
        case 4: return ASCII.isEqualIgnoringCase(name, "host")
        case 6:
            return ASCII.isEqualIgnoringCase(name, "accept") || ASCII.isEqualIgnoringCase(name, "cookie")
                || ASCII.isEqualIgnoringCase(name, "expect")
        case 7: return ASCII.isEqualIgnoringCase(name, "upgrade")
        case 9: return ASCII.isEqualIgnoringCase(name, "forwarded") || ASCII.isEqualIgnoringCase(name, "x-real-ip")
        case 10:
            return ASCII.isEqualIgnoringCase(name, "connection") || ASCII.isEqualIgnoringCase(name, "keep-alive")
        case 13: return ASCII.isEqualIgnoringCase(name, "authorization")
        case 14: return ASCII.isEqualIgnoringCase(name, "content-length")
        case 15:
            return ASCII.isEqualIgnoringCase(name, "accept-encoding")
                || ASCII.isEqualIgnoringCase(name, "x-forwarded-for")
        case 16:
            return ASCII.isEqualIgnoringCase(name, "x-forwarded-host")
                || ASCII.isEqualIgnoringCase(name, "x-forwarded-port")
        case 17:
            return ASCII.isEqualIgnoringCase(name, "transfer-encoding")
                || ASCII.isEqualIgnoringCase(name, "x-forwarded-proto")
        case 19: return ASCII.isEqualIgnoringCase(name, "proxy-authorization")
        default: return false
        }
    }

    private static func appendHeaders(_ headers: HeaderFields, to output: inout ByteBuffer) {
        output.append(literal: #","headers":["#)
        let start = output.count
        let bytes = headers.bytes.span
        let base = headers.bytes.startIndex
        for field in headers.fields {
            let name = field.name.lowerBound - base..<field.name.upperBound - base
            guard output.count - start + name.count + field.value.count < longestHeaders,
                !isOmitted(bytes.extracting(name))
            else { continue }
            if output.count > start { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "["))
            JSONWriter.append(headers.bytes[field.name], to: &output)
            output.append(UInt8(ascii: ","))
            JSONWriter.append(headers.bytes[field.value], to: &output)
            output.append(UInt8(ascii: "]"))
        }
        output.append(UInt8(ascii: "]"))
    }
}

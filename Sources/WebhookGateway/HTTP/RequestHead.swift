import Verifiers

/// A request's head: what it says, and where in the caller's buffer it says it.
///
/// All ranges count from the first byte given to `RequestParser.parse`.
struct RequestHead: Sendable {
    var method = HTTPMethod.other
    /// Where the method's name lies; of use when `method` is `other`.
    var methodName = 0..<0
    /// The request target as received.
    var target = 0..<0
    /// The target's path, undecoded; empty for an absolute-form target without one (RFC 9112 §3.2.2: then "/").
    var path = 0..<0
    /// The target's query, undecoded, without its question mark; nil when there is no question mark.
    var query: Range<Int>?
    /// The authority of an absolute-form target; it takes precedence over Host (RFC 9112 §3.2.2).
    var authority: Range<Int>?
    var version = HTTPVersion.http11
    /// The field lines in order.
    var fields: [HeaderFields.Field] = []
    /// The head's length, from the first byte given to the parser to the end of the empty line.
    var length = 0
    /// The Content-Length; nil when absent.
    var contentLength: Int?
    var isChunked = false
    /// Whether the client lets the connection live after the answer (RFC 9112 §9.3).
    var keepAlive = true
    /// Whether the client waits for "100 Continue" before it sends the body (RFC 9110 §10.1.1).
    var expectsContinue = false

    /// Whether content follows the head.
    var hasBody: Bool {
        isChunked || (contentLength ?? 0) > 0
    }
}

/// A request as handed to a handler: its head over the bytes it came in, and its whole body.
///
/// A look, not a copy: the slices are of the event loop's or the connection's buffer. A handler that keeps a request
/// past its call takes `copied()`, or else the next read has to copy the loop's whole buffer.
struct Request: Sendable {
    var head: RequestHead
    /// The head's bytes; the head's ranges count from this slice's start.
    var bytes: ArraySlice<UInt8>
    /// The body after transfer decoding; empty as long as only the head is known.
    var body: ArraySlice<UInt8>

    var method: HTTPMethod { head.method }
    var target: ArraySlice<UInt8> { slice(head.target) }
    var path: ArraySlice<UInt8> { slice(head.path) }
    var query: ArraySlice<UInt8>? { head.query.map(slice) }

    /// The method as text.
    var methodName: String { String(decoding: slice(head.methodName), as: UTF8.self) }

    /// The header fields; copies nothing unless the request follows another one in the same buffer.
    var headers: HeaderFields {
        let start = bytes.startIndex
        guard start != 0 else { return HeaderFields(bytes: bytes, fields: head.fields) }
        let fields = head.fields.map { field in
            HeaderFields.Field(name: shifted(field.name), value: shifted(field.value))
        }
        return HeaderFields(bytes: bytes, fields: fields)
    }

    /// The same request over bytes of its own.
    func copied() -> Request {
        Request(head: head, bytes: Array(bytes)[...], body: Array(body)[...])
    }

    private func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
        bytes[shifted(range)]
    }

    private func shifted(_ range: Range<Int>) -> Range<Int> {
        range.lowerBound + bytes.startIndex..<range.upperBound + bytes.startIndex
    }
}

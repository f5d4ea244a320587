/// An answer as a handler gives it; date, request id and what concerns the connection are added when it is written.
struct Response: Sendable {
    /// What follows the head.
    enum Content: Sendable {
        /// The whole body.
        case bytes([UInt8])
        /// Chunks that the handler will send as they come to be; their length is not known.
        case stream
    }

    var status: HTTPStatus
    /// The media type; nil when there is no body.
    var contentType: StaticString?
    var content: Content
    /// Seconds after which to try again (RFC 9110 §10.2.3).
    var retryAfter: Int?
    /// The methods that the address has, for 405 and OPTIONS.
    var allow: HTTPMethodSet?
    /// Further fields; their names are ours, control characters in their values are replaced.
    var fields: [(name: StaticString, value: String)] = []

    init(
        _ status: HTTPStatus, contentType: StaticString? = nil, body: [UInt8] = [], retryAfter: Int? = nil,
        allow: HTTPMethodSet? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.content = .bytes(body)
        self.retryAfter = retryAfter
        self.allow = allow
    }

    /// An answer with a JSON body.
    static func json(_ status: HTTPStatus, _ body: [UInt8]) -> Response {
        Response(status, contentType: MediaType.json, body: body)
    }

    /// An answer whose body comes in pieces (`ResponseWriter.appendChunk`).
    static func stream(_ status: HTTPStatus, contentType: StaticString) -> Response {
        var response = Response(status, contentType: contentType)
        response.content = .stream
        return response
    }
}

/// The media types that are answered.
enum MediaType {
    static let json: StaticString = "application/json"
    static let problem: StaticString = "application/problem+json"
    static let text: StaticString = "text/plain; charset=utf-8"
    static let bytes: StaticString = "application/octet-stream"
    static let html: StaticString = "text/html; charset=utf-8"
    static let eventStream: StaticString = "text/event-stream"
    static let prometheus: StaticString = "text/plain; version=0.0.4; charset=utf-8"
}

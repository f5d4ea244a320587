/// An error as clients get it: application/problem+json (RFC 9457).
struct Problem: Error, Sendable {
    var status: HTTPStatus
    /// A URI that names the kind of problem; "about:blank" when the status says it all.
    var type = "about:blank"
    var title: String
    var detail: String
    var retryAfter: Int?
    var allow: HTTPMethodSet?

    /// A problem that is titled like its status.
    init(_ status: HTTPStatus, _ detail: String, retryAfter: Int? = nil, allow: HTTPMethodSet? = nil) {
        self.status = status
        title = status.reason
        self.detail = detail
        self.retryAfter = retryAfter
        self.allow = allow
    }

    /// The problem of a request that could not be read.
    init(_ error: ParseError) {
        self.init(error.status, error.detail.description)
    }

    /// The answer that tells it, with the request's id in its body.
    func response(requestID: Span<UInt8>) -> Response {
        var body: [UInt8] = []
        body.reserveCapacity(160 + detail.utf8.count)
        body.append(literal: "{\"type\":")
        Self.append(jsonString: type.utf8.span, to: &body)
        body.append(literal: ",\"title\":")
        Self.append(jsonString: title.utf8.span, to: &body)
        body.append(literal: ",\"status\":")
        body.append(decimal: Int(status.code))
        body.append(literal: ",\"detail\":")
        Self.append(jsonString: detail.utf8.span, to: &body)
        body.append(literal: ",\"requestId\":")
        Self.append(jsonString: requestID, to: &body)
        body.append(literal: "}")
        return Response(
            status, contentType: MediaType.problem, body: body, retryAfter: retryAfter, allow: allow)
    }

    /// Appends UTF-8 text as a JSON string (RFC 8259 §7).
    private static func append(jsonString text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""): output.append(literal: "\\\"")
            case UInt8(ascii: "\\"): output.append(literal: "\\\\")
            case 0x0A: output.append(literal: "\\n")
            case 0x0D: output.append(literal: "\\r")
            case 0x09: output.append(literal: "\\t")
            case 0..<0x20:
                output.append(literal: "\\u00")
                output.append(0x30 + byte >> 4)
                output.append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}

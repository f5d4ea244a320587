import Verifiers

/// A whole answer of another server.
struct ClientResponse: Sendable {
    var status: HTTPStatus
    var headers: HeaderFields
    /// The body after transfer decoding; its beginning only if `isTruncated`.
    var body: [UInt8]
    /// Whether the body was longer than was asked for.
    var isTruncated: Bool
    /// Whether the connection may carry another request.
    var keepAlive: Bool
}

/// Why an answer cannot be read.
enum ResponseError: Error, Equatable, Sendable {
    /// The connection ended before the first byte: a kept-alive connection that the server had given up.
    case closedBeforeResponse
    /// The connection ended in the middle of the answer.
    case endedEarly
    case malformedStatusLine
    case unsupportedVersion
    case malformedField
    case headTooLarge
    case malformedContentLength
    case unsupportedTransferEncoding
    case unexpectedUpgrade
    case tooManyInterimResponses
    case chunked(ChunkedError)

    /// One sentence for a person.
    var detail: StaticString {
        switch self {
        case .closedBeforeResponse: "The server closed the connection before it answered."
        case .endedEarly: "The server closed the connection in the middle of its answer."
        case .malformedStatusLine: "The answer does not begin with an HTTP status line."
        case .unsupportedVersion: "The server answered in a version of HTTP other than 1.1 and 1.0."
        case .malformedField: "A header line of the answer is malformed."
        case .headTooLarge: "The header section of the answer is too large."
        case .malformedContentLength: "The answer's Content-Length is not one decimal number."
        case .unsupportedTransferEncoding: "The answer has a transfer coding other than 'chunked'."
        case .unexpectedUpgrade: "The server switched protocols without being asked."
        case .tooManyInterimResponses: "The server sent too many interim answers."
        case .chunked(let error): error.detail
        }
    }
}

/// Why a request cannot be read; the connection answers with `status` and closes, since what follows has no known frame.
/// The fault is the client's, so it is a 4xx, also for versions and transfer codings that exist elsewhere.
enum ParseError: Error, Equatable, Sendable {
    case bareCarriageReturn
    case bareLineFeed
    case controlCharacter
    case tooManyEmptyLines
    case malformedRequestLine
    case malformedMethod
    case methodTooLong
    case malformedTarget
    case malformedVersion
    case unsupportedVersion
    case unsupportedMethod
    case requestLineTooLong
    case headTooLarge
    case tooManyFields
    case malformedFieldLine
    case malformedFieldName
    case whitespaceBeforeColon
    case foldedField
    case missingHost
    case repeatedHost
    case malformedHost
    case malformedContentLength
    case repeatedContentLength
    case contentLengthWithTransferEncoding
    case malformedTransferEncoding
    case unsupportedTransferEncoding
    case transferEncodingInHTTP10
    case unsupportedExpectation
    case bodyTooLarge
    case chunked(ChunkedError)

    /// What the client is answered.
    var status: HTTPStatus {
        switch self {
        case .bareCarriageReturn, .bareLineFeed, .controlCharacter, .tooManyEmptyLines, .malformedRequestLine,
            .malformedMethod, .methodTooLong, .unsupportedMethod, .malformedTarget, .malformedVersion,
            .unsupportedVersion, .malformedFieldLine, .malformedFieldName,
            .whitespaceBeforeColon, .foldedField, .missingHost, .repeatedHost, .malformedHost,
            .malformedContentLength, .repeatedContentLength, .contentLengthWithTransferEncoding,
            .malformedTransferEncoding, .unsupportedTransferEncoding, .transferEncodingInHTTP10:
            .badRequest
        case .bodyTooLarge, .chunked(.bodyTooLarge): .contentTooLarge
        case .chunked: .badRequest
        case .unsupportedExpectation: .expectationFailed
        case .requestLineTooLong, .headTooLarge, .tooManyFields: .headerFieldsTooLarge
        }
    }

    /// One sentence for the answer's `detail`.
    var detail: StaticString {
        switch self {
        case .bareCarriageReturn: "A carriage return in the head is not followed by a line feed."
        case .bareLineFeed: "A line of the head ends with a line feed alone; lines end with CR LF."
        case .controlCharacter: "The head contains a control character."
        case .tooManyEmptyLines: "Too many empty lines precede the request line."
        case .malformedRequestLine: "The request line is not 'method target version' with single spaces."
        case .malformedMethod: "The method is not a token."
        case .methodTooLong: "The method is longer than any that is known here."
        case .malformedTarget: "The request target is malformed or has a form that does not go with the method."
        case .malformedVersion: "The request line does not end with an HTTP version."
        case .unsupportedVersion: "This server speaks HTTP/1.1 and HTTP/1.0."
        case .unsupportedMethod: "This server does not open tunnels."
        case .requestLineTooLong: "The request line is too long."
        case .headTooLarge: "The header section is too large."
        case .tooManyFields: "The request has too many header fields."
        case .malformedFieldLine: "A header line has no colon."
        case .malformedFieldName: "A header name is empty or contains a character that is not allowed."
        case .whitespaceBeforeColon: "White space stands between a header name and its colon."
        case .foldedField: "A header line begins with white space; folded lines are not accepted."
        case .missingHost: "An HTTP/1.1 request needs a Host header."
        case .repeatedHost: "The request has more than one Host header."
        case .malformedHost: "The Host header is not 'host' or 'host:port'."
        case .malformedContentLength: "The Content-Length is not a decimal number."
        case .repeatedContentLength: "The request has more than one Content-Length."
        case .contentLengthWithTransferEncoding: "The request has both Content-Length and Transfer-Encoding."
        case .malformedTransferEncoding: "The Transfer-Encoding must be 'chunked', once."
        case .unsupportedTransferEncoding: "The only transfer coding accepted is 'chunked'."
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding."
        case .unsupportedExpectation: "The only expectation that can be met is '100-continue'."
        case .bodyTooLarge: "The body is larger than this address accepts."
        case .chunked(let error): error.detail
        }
    }
}

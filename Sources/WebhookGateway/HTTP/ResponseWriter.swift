/// Writes answers into an output buffer; nothing is allocated but the buffer's growth.
enum ResponseWriter {
    /// What an answer's head says that the handler does not decide.
    struct Context {
        var connection = ConnectionOption.implicit
        /// Whether the request was HEAD: the head is as for GET, the body stays away (RFC 9110 §9.3.2).
        var isHead = false
        var version = HTTPVersion.http11
    }

    /// The interim answer that lets a waiting client send its body (RFC 9110 §15.2.1).
    static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// Appends a whole answer, or the head of a streamed one.
    ///
    /// - Parameters:
    ///   - date: the value of `Date` (`CachedDate.bytes`).
    ///   - requestID: the value of `X-Request-Id`; empty for none.
    static func append(
        _ response: Response, date: Span<UInt8>, requestID: Span<UInt8>, context: Context, to output: inout [UInt8]
    ) {
        appendStatusLine(response.status, to: &output)
        output.append(literal: "Date: ")
        output.append(span: date)
        if requestID.count > 0 {
            output.append(literal: "\r\nX-Request-Id: ")
            output.append(span: requestID)
        }
        if let contentType = response.contentType {
            output.append(literal: "\r\nContent-Type: ")
            output.append(literal: contentType)
        }
        if let seconds = response.retryAfter {
            output.append(literal: "\r\nRetry-After: ")
            output.append(decimal: max(0, seconds))
        }
        if let allow = response.allow { appendAllow(allow, to: &output) }
        for field in response.fields {
            output.append(literal: "\r\n")
            output.append(literal: field.name)
            output.append(literal: ": ")
            output.append(fieldValue: field.value)
        }
        switch context.connection {
        case .implicit: break
        case .close: output.append(literal: "\r\nConnection: close")
        case .keepAlive: output.append(literal: "\r\nConnection: keep-alive")
        }
        appendContent(response, context, to: &output)
    }

    /// Appends one piece of a streamed body; an HTTP/1.0 body has no chunks and ends with the connection.
    static func appendChunk(_ bytes: Span<UInt8>, version: HTTPVersion, to output: inout [UInt8]) {
        // An empty chunk would end the body.
        guard bytes.count > 0 else { return }
        guard version == .http11 else {
            output.append(span: bytes)
            return
        }
        output.append(hexadecimal: bytes.count)
        output.append(literal: "\r\n")
        output.append(span: bytes)
        output.append(literal: "\r\n")
    }

    /// Appends the end of a streamed body.
    static func appendLastChunk(version: HTTPVersion, to output: inout [UInt8]) {
        if version == .http11 { output.append(literal: "0\r\n\r\n") }
    }

    private static func appendStatusLine(_ status: HTTPStatus, to output: inout [UInt8]) {
        if let line = status.line {
            output.append(literal: line)
        } else {
            output.append(literal: "HTTP/1.1 ")
            output.append(decimal: Int(status.code))
            output.append(ASCII.space)
        }
        output.append(literal: "\r\n")
    }

    private static func appendAllow(_ allow: HTTPMethodSet, to output: inout [UInt8]) {
        output.append(literal: "\r\nAllow: ")
        var isFirst = true
        for method in HTTPMethod.allCases where method != .other && allow.contains(method) {
            if !isFirst { output.append(literal: ", ") }
            output.append(literal: method.name)
            isFirst = false
        }
    }

    private static func appendContent(_ response: Response, _ context: Context, to output: inout [UInt8]) {
        switch response.content {
        case .stream:
            output.append(literal: context.version == .http11 ? "\r\nTransfer-Encoding: chunked\r\n\r\n" : "\r\n\r\n")
        case .bytes(let body):
            guard !response.status.isBodiless else {
                // RFC 9110 §8.6: no Content-Length with 1xx and 204.
                output.append(literal: "\r\n\r\n")
                return
            }
            output.append(literal: "\r\nContent-Length: ")
            output.append(decimal: body.count)
            output.append(literal: "\r\n\r\n")
            if !context.isHead { output.append(contentsOf: body) }
        }
    }
}

import Verifiers

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

    /// Appends an answer's head, its empty line included; after it comes `body(of:_:)`, or the chunks of a stream.
    ///
    /// - Parameters:
    ///   - date: the value of `Date` (`CachedDate.bytes`).
    ///   - requestID: the value of `X-Request-Id`; empty for none.
    static func appendHead(
        _ response: Response, date: Span<UInt8>, requestID: Span<UInt8>, context: Context, to output: inout ByteBuffer
    ) {
        appendStatusLine(response.status, to: &output)
        output.append(literal: "Date: ")
        output.append(date)
        if requestID.count > 0 {
            output.append(literal: "\r\nX-Request-Id: ")
            output.append(requestID)
        }
        if let contentType = response.contentType {
            output.append(literal: "\r\nContent-Type: ")
            output.append(literal: contentType)
        }
        if let seconds = response.retryAfter {
            output.append(literal: "\r\nRetry-After: ")
            JSONWriter.append(unsigned: UInt64(max(0, seconds)), to: &output)
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
        appendFraming(response, context, to: &output)
    }

    /// What follows the head.
    static func body(of response: Response, _ context: Context) -> [UInt8] {
        guard case .bytes(let body) = response.content, !response.status.isBodiless, !context.isHead else { return [] }
        return body
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

    private static func appendStatusLine(_ status: HTTPStatus, to output: inout ByteBuffer) {
        if let line = status.line {
            output.append(literal: line)
        } else {
            output.append(literal: "HTTP/1.1 ")
            JSONWriter.append(unsigned: UInt64(status.code), to: &output)
            output.append(ASCII.space)
        }
        output.append(literal: "\r\n")
    }

    private static func appendAllow(_ allow: HTTPMethodSet, to output: inout ByteBuffer) {
        output.append(literal: "\r\nAllow: ")
        var isFirst = true
        for method in HTTPMethod.allCases where method != .other && allow.contains(method) {
            if !isFirst { output.append(literal: ", ") }
            output.append(literal: method.name)
            isFirst = false
        }
    }

    private static func appendFraming(_ response: Response, _ context: Context, to output: inout ByteBuffer) {
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
            JSONWriter.append(unsigned: UInt64(body.count), to: &output)
            output.append(literal: "\r\n\r\n")
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

@Suite struct ResponseWriterTests {
    private let date = latin1("Sat, 21 Nov 2026 11:04:44 GMT")
    private let requestID = latin1("01JB2XYZ")

    private func text(_ response: Response, _ context: ResponseWriter.Context = .init(), id: Bool = true) -> String {
        let id = id ? requestID : []
        var head = ByteBuffer()
        ResponseWriter.appendHead(response, date: date.span, requestID: id.span, context: context, to: &head)
        return String(decoding: head.bytes + ResponseWriter.body(of: response, context), as: UTF8.self)
    }

    @Test func `an answer with a body`() {
        #expect(
            text(.json(.ok, latin1("{}"))) == """
                HTTP/1.1 200 OK\r
                Date: Sat, 21 Nov 2026 11:04:44 GMT\r
                X-Request-Id: 01JB2XYZ\r
                Content-Type: application/json\r
                Content-Length: 2\r
                \r
                {}
                """)
    }

    @Test func `an answer to HEAD keeps the length and leaves the body out`() {
        let answer = text(.json(.ok, latin1("{}")), .init(isHead: true))
        #expect(answer.hasSuffix("Content-Length: 2\r\n\r\n"))
    }

    @Test func `an answer without content has no length`() {
        #expect(
            text(Response(.noContent), id: false)
                == "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 11:04:44 GMT\r\n\r\n")
    }

    @Test func `every optional field`() {
        var response = Response(.methodNotAllowed, retryAfter: 30, allow: [.init(.post), .init(.get)])
        response.fields = [("X-Note", "a\r\nSet-Cookie: b\0")]
        #expect(
            text(response, .init(connection: .close), id: false) == """
                HTTP/1.1 405 Method Not Allowed\r
                Date: Sat, 21 Nov 2026 11:04:44 GMT\r
                Retry-After: 30\r
                Allow: GET, POST\r
                X-Note: a  Set-Cookie: b \r
                Connection: close\r
                Content-Length: 0\r
                \r

                """)
    }

    @Test func `keep-alive is told to a client that asked`() {
        #expect(text(Response(.ok), .init(connection: .keepAlive)).contains("\r\nConnection: keep-alive\r\n"))
    }

    @Test func `a code without a prebuilt line`() {
        #expect(text(Response(HTTPStatus(418))).hasPrefix("HTTP/1.1 418 \r\nDate: "))
        #expect(HTTPStatus(418).reason == "")
        #expect(HTTPStatus.headerFieldsTooLarge.reason == "Request Header Fields Too Large")
    }

    @Test func `a stream is read back as it was written`() throws {
        let pieces = ["a", "", String(repeating: "b", count: 300)]
        var head = ByteBuffer()
        ResponseWriter.appendHead(
            .stream(.ok, contentType: MediaType.eventStream), date: date.span, requestID: requestID.span,
            context: .init(), to: &head)
        var output = head.bytes
        for piece in pieces {
            let bytes = latin1(piece)
            ResponseWriter.appendChunk(bytes.span, version: .http11, to: &output)
        }
        ResponseWriter.appendLastChunk(version: .http11, to: &output)
        var parser = ResponseParser(isHead: false, maxBodyBytes: 1000)
        let response = try #require(try parser.received(output.span))
        #expect(response.body == latin1(pieces.joined()))
        #expect(response.keepAlive)
    }

    @Test func `a stream to an HTTP 1.0 client has no chunks`() {
        var output: [UInt8] = []
        let bytes = latin1("abc")
        ResponseWriter.appendChunk(bytes.span, version: .http10, to: &output)
        ResponseWriter.appendLastChunk(version: .http10, to: &output)
        #expect(output == bytes)
        #expect(!text(.stream(.ok, contentType: MediaType.text), .init(version: .http10)).contains("chunked"))
    }

    @Test(arguments: [0, 7, 10, 99, 100, 65535, 1_234_567, Int.max])
    func `numbers are written in full`(number: Int) {
        var output: [UInt8] = []
        output.append(decimal: number)
        #expect(String(decoding: output, as: UTF8.self) == String(number))
        output = []
        output.append(hexadecimal: number)
        #expect(String(decoding: output, as: UTF8.self) == String(number, radix: 16))
    }

    @Test func `a problem is JSON whatever its text holds`() {
        let problem = Problem(.notFound, "no \"source\" \\ named\n\u{01}\u{1F}\té🙂", retryAfter: 2)
        let response = problem.response(requestID: requestID.span)
        guard case .bytes(let body) = response.content else {
            Issue.record("a problem has a body")
            return
        }
        #expect(
            String(decoding: body, as: UTF8.self) == #"{"type":"about:blank","title":"Not Found","status":404,"#
                + #""detail":"no \"source\" \\ named\n\u0001\u001f\té🙂","requestId":"01JB2XYZ"}"#)
        #expect(response.contentType?.description == "application/problem+json")
        #expect(response.retryAfter == 2)
    }

    @Test func `every parse error is answered as the client's fault`() {
        let problem = Problem(ParseError.chunked(.bodyTooLarge))
        #expect(problem.status == .contentTooLarge)
        #expect(problem.title == "Content Too Large")
        #expect(!problem.detail.isEmpty)
        #expect(ParseError.tooManyFields.status.code == 431)
        #expect(ParseError.requestLineTooLong.status.code == 431)
        #expect(ParseError.headTooLarge.status.code == 431)
        #expect(ParseError.unsupportedExpectation.status.code == 417)
        for error in [
            ParseError.unsupportedTransferEncoding, .unsupportedVersion, .methodTooLong, .unsupportedMethod,
            .bareLineFeed,
        ] {
            #expect(error.status == .badRequest)
        }
    }
}

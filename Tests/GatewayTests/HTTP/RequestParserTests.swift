import Testing
import Verifiers

@testable import WebhookGateway

@Suite struct RequestParserTests {
    private func parse(_ text: String) throws -> (RequestHead, [UInt8]) {
        var parser = RequestParser(limits: HTTPLimits())
        let bytes = latin1(text)
        return (try #require(try parser.parse(bytes.span)), bytes)
    }

    @Test func `a head's parts are offsets into the bytes`() throws {
        let text = "\r\nPOST /webhooks/stripe?x=1?y HTTP/1.1\r\nHost: a\r\nX-Sig:  t=1 \r\nContent-Length: 12\r\n\r\n"
        let (head, bytes) = try parse(text + "body")
        #expect(head.length == bytes.count - 4)
        #expect(head.method == .post)
        #expect(Array(bytes[head.methodName]) == latin1("POST"))
        #expect(Array(bytes[head.target]) == latin1("/webhooks/stripe?x=1?y"))
        #expect(Array(bytes[head.path]) == latin1("/webhooks/stripe"))
        #expect(head.query.map { Array(bytes[$0]) } == latin1("x=1?y"))
        #expect(head.contentLength == 12)
        #expect(head.keepAlive)
        let headers = HeaderFields(bytes: bytes[...], fields: head.fields)
        #expect(headers.pairs.map(\.name) == ["Host", "X-Sig", "Content-Length"])
        #expect(headers.pairs.map(\.value) == ["a", "t=1", "12"])
    }

    @Test(
        arguments: [
            ("http://h.example:8/p?q", "h.example:8", "/p", "q"), ("HTTPS://h/p", "h", "/p", nil),
            ("http://h", "h", "", nil), ("http://[::1]?q", "[::1]", "", "q"),
        ] as [(String, String, String, String?)])
    func `an absolute target is split`(target: String, authority: String, path: String, query: String?) throws {
        let (head, bytes) = try parse("GET \(target) HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(head.authority.map { Array(bytes[$0]) } == latin1(authority))
        #expect(Array(bytes[head.path]) == latin1(path))
        #expect(head.query.map { Array(bytes[$0]) } == query.map(latin1))
    }

    @Test(arguments: HTTPMethod.allCases.filter { $0 != .connect })
    func `methods are known by their bytes`(method: HTTPMethod) throws {
        let name = method == .other ? "PURGE" : method.name.description
        let (head, _) = try parse("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.method == method)
    }

    @Test func `a parser is used again after reset`() throws {
        var parser = RequestParser(limits: HTTPLimits())
        let first = latin1("POST /1 HTTP/1.0\r\nContent-Length: 3\r\nConnection: close\r\n\r\n")
        let second = latin1("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try parser.parse(first.span)?.contentLength == 3)
        parser.reset()
        let head = try #require(try parser.parse(second.span))
        #expect(head.contentLength == nil)
        #expect(head.keepAlive)
        #expect(head.fields.count == 1)
    }

    @Test func `limits follow the configuration`() {
        var limits = HTTPLimits()
        limits.maxHeaderBytes = 40
        limits.maxHeaderFields = 1
        var parser = RequestParser(limits: limits)
        let longLine = latin1("GET /" + String(repeating: "x", count: 40))
        #expect(throws: ParseError.requestLineTooLong) { try parser.parse(longLine.span) }
        parser = RequestParser(limits: limits)
        let twoFields = latin1("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n")
        #expect(throws: ParseError.tooManyFields) { try parser.parse(twoFields.span) }
        parser = RequestParser(limits: limits)
        let longField = latin1("GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n")
        #expect(throws: ParseError.headTooLarge) { try parser.parse(longField.span) }
    }

    @Test(.timeLimit(.minutes(1))) func `a byte at a time costs linear work`() throws {
        // Half a second; were each call to begin anew, it would be hours.
        var limits = HTTPLimits()
        limits.maxHeaderBytes = 1 << 20
        let bytes = latin1("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 800_000) + "\r\n\r\n")
        var parser = RequestParser(limits: limits)
        var head: RequestHead?
        for count in 1...bytes.count { head = try parser.parse(bytes.span.extracting(0..<count)) }
        #expect(head?.length == bytes.count)
    }
}

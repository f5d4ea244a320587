import Testing

@testable import WebhookGateway

struct OutboundURLTests {
    @Test(arguments: [
        ("https://crm.example.com/in", "https", "crm.example.com", 443, "/in"),
        ("HTTP://CRM.Example.com", "http", "crm.example.com", 80, "/"),
        ("http://127.0.0.1:8080?a=b", "http", "127.0.0.1", 8080, "/?a=b"),
        ("https://[2001:DB8::1]:8443/x/y?q=1#part", "https", "2001:db8::1", 8443, "/x/y?q=1"),
        ("https://host_1.internal:443/", "https", "host_1.internal", 443, "/"),
        ("https://example.com/a@b:c", "https", "example.com", 443, "/a@b:c"),
    ])
    func `a URL is taken apart`(_ text: String, _ scheme: String, _ host: String, _ port: UInt16, _ target: String)
        throws
    {
        let url = try OutboundURL(text)
        #expect(url.scheme.rawValue == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "", "crm.example.com", "ftp://example.com", "https://", "https:///path", "https://user:secret@example.com/",
        "https://user@example.com/", "http://example.com:0/", "http://example.com:65536/", "http://example.com:/",
        "http://example.com:80a/", "http://exam ple.com/", "http://example.com/a b", "http://example.com/\r\nX: y",
        "http://[::1", "http://[127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://[::1]x/", "http://::1/",
        "http://exämple.com/", "http://a..b/", "http://.a/", "http://example.com\\@127.0.0.1/", "http://ex%61mple.com/",
    ])
    func `what could be read in two ways is refused`(_ text: String) {
        #expect(throws: OutboundURL.Malformed.self) { try OutboundURL(text) }
    }

    @Test func `a refusal does not repeat what may be secret`() {
        let error = #expect(throws: OutboundURL.Malformed.self) { try OutboundURL("https://user:hunter2@example.com/") }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func `its text for records has no query and no port that goes without saying`() throws {
        #expect(
            "\(try OutboundURL("https://example.com:443/mp/collect?api_secret=x"))" == "https://example.com/mp/collect")
        #expect(try OutboundURL("http://[::1]:81/").authority == "[::1]:81")
    }

    @Test func `a path is put below the one that is there`() throws {
        #expect(try OutboundURL("http://h/base/").appending("/mp?x=1").target == "/base/mp?x=1")
        #expect(try OutboundURL("http://h").appending("/mp").target == "/mp")
    }
}

struct OutboundRequestTests {
    @Test func `a request is one head and its body`() throws {
        let request = OutboundRequest(
            .post, try OutboundURL("http://example.com:81/in?a=1"), headers: [("Content-Type", "text/plain")],
            body: Array("hello".utf8))
        let text = String(decoding: try request.encoded(userAgent: "webhook-gateway/1"), as: UTF8.self)
        #expect(
            text == "POST /in?a=1 HTTP/1.1\r\nHost: example.com:81\r\nUser-Agent: webhook-gateway/1\r\n"
                + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
    }

    @Test(arguments: [
        ("X-Name", "a\r\nInjected: yes"), ("X-Name", "a\nb"), ("X-Name", "a\rb"), ("X-Name", "a\u{0}b"),
        ("X-Name", "\u{7F}"), ("X Name", "a"), ("X-Name:", "a"), ("", "a"), ("X\r\n", "a"),
    ])
    func `a header that would not be one line is refused`(_ name: String, _ value: String) throws {
        let request = OutboundRequest(.get, try OutboundURL("http://example.com/"), headers: [(name, value)])
        let error = #expect(throws: HTTPClientError.self) { try request.encoded(userAgent: "x") }
        #expect(error?.category == .validation)
        #expect(error?.isRetryable == false)
    }
}

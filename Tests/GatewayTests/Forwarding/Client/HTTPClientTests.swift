import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct HTTPClientTests {
    private let client = HTTPClient(version: "test")
    private var options = HTTPClient.Options(timeout: .seconds(5), allowsPrivateAddresses: true)

    private func get(
        _ server: FakeHTTPServer, _ path: String = "/", timeout: Duration = .seconds(5), body: [UInt8] = []
    ) async throws(HTTPClientError) -> ClientResponse {
        var options = options
        options.timeout = timeout
        do {
            let request = OutboundRequest(body.isEmpty ? .get : .post, try OutboundURL(server.url(path)), body: body)
            return try await client.send(request, options)
        } catch let error as HTTPClientError {
            throw error
        } catch {
            throw .invalidRequest("\(error)")
        }
    }

    private func text(_ response: ClientResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    // MARK: Answers

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\n\r\nhello",
    ])
    func `an answer's body is read by length, by chunks or to the end`(_ answer: String) async throws {
        let server = try FakeHTTPServer { _ in [.text(answer), .close] }
        let response = try await get(server)
        #expect(response.status == .ok)
        #expect(text(response) == "hello")
    }

    @Test func `a request arrives as it was meant`() async throws {
        let server = try FakeHTTPServer()
        let body = Array("{\"a\":1}".utf8)
        let request = OutboundRequest(
            .post, try OutboundURL(server.url("/in?x=1")), headers: [("X-Test", "yes")], body: body)
        _ = try await client.send(request, options)
        let received = try #require(server.received.first)
        #expect(received.method == "POST")
        #expect(received.target == "/in?x=1")
        #expect(received.body == body)
        #expect(received.headers["x-test"] == "yes")
        #expect(received.headers["host"] == "127.0.0.1:\(server.port)")
        #expect(received.headers["user-agent"] == "webhook-gateway/test")
    }

    @Test func `a redirect is an answer like any other`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(302, headers: ["Location: http://169.254.169.254/"])] }
        let response = try await get(server)
        #expect(response.status.code == 302)
        #expect(server.received.count == 1)
    }

    @Test func `a body past the limit is cut there and the connection given up`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: String(repeating: "x", count: 10 << 20))] }
        let response = try await get(server)
        #expect(response.isTruncated)
        #expect(response.body.count == 1 << 20)
        #expect(client.idleConnections == 0)
    }

    @Test func `a large request body is sent in pieces`() async throws {
        let server = try FakeHTTPServer()
        let body = [UInt8](repeating: 0x61, count: 5 << 20)
        _ = try await get(server, body: body)
        #expect(server.received.first?.body.count == body.count)
    }

    // MARK: Keep-alive

    @Test func `one connection serves one request after the other`() async throws {
        let server = try FakeHTTPServer()
        for _ in 0..<5 { _ = try await get(server) }
        #expect(server.received.count == 5)
        #expect(server.connections == 1)
        #expect(client.idleConnections == 1)
    }

    @Test func `a connection is not used again after the server said close`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(headers: ["Connection: close"])] }
        for _ in 0..<3 { _ = try await get(server) }
        #expect(server.connections == 3)
        #expect(client.idleConnections == 0)
    }

    @Test func `an idle connection that the server closes leaves the pool`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(), .close] }
        _ = try await get(server)
        try await eventually("the pool is empty") { client.idleConnections == 0 }
        _ = try await get(server)
        #expect(server.received.count == 2)
    }

    @Test func `a connection that lies idle too long is closed`() async throws {
        let client = HTTPClient(version: "test", .init(idleTime: .seconds(1)))
        let server = try FakeHTTPServer()
        _ = try await client.send(OutboundRequest(.get, try OutboundURL(server.url())), options)
        #expect(client.idleConnections == 1)
        try await eventually("the pool is empty") { client.idleConnections == 0 }
    }

    @Test func `a request over a connection that ends without a byte of an answer is sent once more`() async throws {
        // What a server does whose idle time ran out just as the request left: it closes instead of answering.
        let server = try FakeHTTPServer { request in
            request.connection == 0 && request.number == 1 ? [.close] : [.answer(body: "\(request.number)")]
        }
        _ = try await get(server)
        let response = try await get(server, "/again")
        #expect(text(response) == "2")
        #expect(server.received.map(\.target) == ["/", "/again", "/again"])
        #expect(server.received.map(\.connection) == [0, 0, 1])
    }

    @Test func `a new connection that ends without an answer is not tried again`() async throws {
        let server = try FakeHTTPServer { _ in [.close] }
        let error = await #expect(throws: HTTPClientError.self) { try await get(server) }
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.category == .network)
        #expect(server.received.count == 1)
    }

    @Test func `an answer that breaks off is not asked for again`() async throws {
        let server = try FakeHTTPServer { request in
            request.number == 0 ? [.answer()] : [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"), .close]
        }
        _ = try await get(server)
        let error = await #expect(throws: HTTPClientError.self) { try await get(server) }
        #expect(error?.isOutcomeUnknown == true)
        #expect(server.received.count == 2)
    }

    // MARK: Failures

    @Test func `a reset is an unknown outcome`() async throws {
        let server = try FakeHTTPServer { _ in [.reset] }
        let error = await #expect(throws: HTTPClientError.self) { try await get(server) }
        guard case .connectionLost = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isRetryable == true)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "\u{16}\u{3}\u{1}garbage\n", "HTTP/2 200\r\n\r\n"])
    func `an answer that is not HTTP is said to be none`(_ answer: String) async throws {
        let server = try FakeHTTPServer { _ in [.text(answer), .close] }
        let error = await #expect(throws: HTTPClientError.self) { try await get(server) }
        guard case .unreadableAnswer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.category == .network)
    }

    @Test func `a refused connection names the address`() async throws {
        let port = try FakeHTTPServer().port
        let url = try OutboundURL("http://127.0.0.1:\(port)/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(OutboundRequest(.get, url), options)
        }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isOutcomeUnknown == false)
        #expect(error?.description.contains("Connection refused") == true)
    }

    @Test func `a name that does not exist is a matter of the network`() async throws {
        let url = try OutboundURL("http://no-such-host.invalid/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(OutboundRequest(.get, url), options)
        }
        guard case .unresolvable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.category == .network)
        #expect(error?.description.contains("no-such-host.invalid") == true)
    }

    // MARK: Time-outs

    @Test func `a server that never answers times out`() async throws {
        let server = try FakeHTTPServer { _ in [.silence] }
        let error = await #expect(throws: HTTPClientError.self) { try await get(server, timeout: .milliseconds(80)) }
        #expect(error == .timedOut(.answering, after: .milliseconds(80)))
        #expect(client.idleConnections == 0)
    }

    @Test func `a server that drips its answer times out as a whole`() async throws {
        let drops = (0..<200).flatMap { _ in [FakeHTTPServer.Step.text("x"), .pause(milliseconds: 10)] }
        let server = try FakeHTTPServer { _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")] + drops }
        let error = await #expect(throws: HTTPClientError.self) { try await get(server, timeout: .milliseconds(100)) }
        #expect(error == .timedOut(.answering, after: .milliseconds(100)))
    }

    @Test func `a host that takes no connection times out`() async throws {
        // A listener whose queue is full answers no further SYN.
        let listener = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        _ = listen(listener.raw, 0)
        let address = try #require(try Socket.localAddress(listener.raw))
        guard case .ip(_, let port) = address else { return }
        var fillers: [ByteStream] = []
        for _ in 0..<4 { fillers.append(ByteStream(try Socket.connect(to: address))) }
        let client = HTTPClient(version: "test", .init(connectTimeout: .milliseconds(80)))
        let url = try OutboundURL("http://127.0.0.1:\(port)/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(OutboundRequest(.get, url), options)
        }
        #expect(error == .timedOut(.connecting, after: .milliseconds(80)))
        #expect(error?.isOutcomeUnknown == false)
        withExtendedLifetime(fillers) {}
    }

    // MARK: Closing

    @Test func `a closed client refuses requests`() async throws {
        let server = try FakeHTTPServer()
        _ = try await get(server)
        client.close()
        #expect(client.idleConnections == 0)
        let error = await #expect(throws: HTTPClientError.self) { try await get(server) }
        #expect(error == .closed)
    }
}

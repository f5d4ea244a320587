import Testing

@testable import WebhookGateway

@ControlPlane
struct ClientTLSTests {
    private let options = HTTPClient.Options(timeout: .seconds(5), allowsPrivateAddresses: true)

    @Test func `a server that proves its name is trusted, and its connection kept`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:localhost", in: folder)
        let server = try FakeHTTPServer(certificate: certificate) { _ in
            [.answer(body: String(repeating: "x", count: 300_000))]
        }
        let client = HTTPClient(version: "test", .init(caFile: certificate.certificate))
        let request = OutboundRequest(
            .post, try OutboundURL(server.url(host: "localhost")), body: [UInt8](repeating: 0x61, count: 300_000))
        for _ in 0..<3 {
            let response = try await client.send(request, options)
            #expect(response.body.count == 300_000)
        }
        #expect(server.received.map(\.body.count) == [300_000, 300_000, 300_000])
        #expect(server.connections == 1)
    }

    @Test func `an IP address is proved by the certificate's addresses`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "IP:127.0.0.1", in: folder)
        let server = try FakeHTTPServer(certificate: certificate)
        let client = HTTPClient(version: "test", .init(caFile: certificate.certificate))
        #expect(try await client.send(OutboundRequest(.get, try OutboundURL(server.url())), options).status == .ok)
    }

    @Test(arguments: ["DNS:example.com", "DNS:*.localhost", "DNS:localhost.example.com", "IP:127.0.0.2"])
    func `a certificate for another name is refused, and nothing is sent`(_ names: String) async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: names, in: folder)
        let server = try FakeHTTPServer(certificate: certificate)
        let client = HTTPClient(version: "test", .init(caFile: certificate.certificate))
        for host in ["localhost", "127.0.0.1"] {
            let url = try OutboundURL(server.url(host: host))
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(OutboundRequest(.get, url), options)
            }
            guard case .tlsFailed(_, let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("mismatch"))
        }
        #expect(server.received.isEmpty)
    }

    @Test func `a certificate that no trusted root vouches for is refused`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:localhost", in: folder)
        let other = try TestCertificate(names: "DNS:localhost", in: folder, called: "other")
        let server = try FakeHTTPServer(certificate: certificate)
        for caFile in [other.certificate, nil] {
            let client = HTTPClient(version: "test", .init(caFile: caFile))
            let url = try OutboundURL(server.url(host: "localhost"))
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(OutboundRequest(.get, url), options)
            }
            guard case .tlsFailed(_, let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("not trusted"))
            #expect(error?.category == .network)
        }
        #expect(server.received.isEmpty)
    }

    @Test func `a server that speaks no TLS is told apart`() async throws {
        let server = try FakeHTTPServer()
        let url = try OutboundURL("https://127.0.0.1:\(server.port)/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient(version: "test", .init(connectTimeout: .milliseconds(200))).send(
                OutboundRequest(.get, url), options)
        }
        // The fake waits for the end of a head that never comes.
        #expect(error == .timedOut(.handshaking, after: .milliseconds(200)))
    }
}

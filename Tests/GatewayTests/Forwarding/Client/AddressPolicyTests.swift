import Testing

@testable import WebhookGateway

/// Requests reach public addresses only, whatever the name for another one is.
@ControlPlane
struct AddressPolicyTests {
    private let client = HTTPClient(version: "test")

    @Test(arguments: [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::]", "0.0.0.0", "10.1.2.3", "167837955", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "[::ffff:169.254.169.254]", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    ])
    func `an address that is not public is refused`(_ host: String) async throws {
        // A port that nothing listens on: had the connection been tried, the failure would be another.
        let url = try OutboundURL("http://\(host):9/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(OutboundRequest(.get, url), HTTPClient.Options(timeout: .seconds(5)))
        }
        guard case .addressRefused = error else {
            Issue.record("\(host): \(String(describing: error))")
            return
        }
        #expect(error?.category == .configuration)
        #expect(error?.isRetryable == false)
        #expect(error?.description.contains("allowPrivateAddresses") == true)
    }

    @Test func `a destination may allow private addresses`() async throws {
        let server = try FakeHTTPServer()
        let request = OutboundRequest(.get, try OutboundURL(server.url(host: "localhost")))
        let response = try await client.send(request, HTTPClient.Options(allowsPrivateAddresses: true))
        #expect(response.status == .ok)
    }

    @Test func `a connection made under the lax policy does not serve the strict one`() async throws {
        let server = try FakeHTTPServer()
        let request = OutboundRequest(.get, try OutboundURL(server.url()))
        _ = try await client.send(request, HTTPClient.Options(allowsPrivateAddresses: true))
        #expect(client.idleConnections == 1)
        await #expect(throws: HTTPClientError.self) { try await client.send(request, HTTPClient.Options()) }
        #expect(server.received.count == 1)
    }
}

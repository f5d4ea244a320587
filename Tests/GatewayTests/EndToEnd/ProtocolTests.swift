import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Requests that are no deliveries.
    struct ProtocolTests {
        @Test func `what is no delivery gets the status that says so`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            func status(_ text: String) throws -> Int { try gateway.post(Array(text.utf8)).code }

            let unknown = try gateway.post(
                Array("POST /webhooks/nobody HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}".utf8))
            #expect(unknown.code == 404)
            #expect(unknown.header("content-type") == "application/problem+json")
            #expect(unknown.header("x-request-id")?.count == 26)

            let method = try HTTPProbe.exchange(
                "DELETE /webhooks/stripe HTTP/1.1\r\nHost: a\r\n\r\n".utf8, port: gateway.port)
            #expect(method.code == 405)
            #expect(method.header("allow") == "POST")
            let mailchimp = try HTTPProbe.exchange(
                "DELETE /webhooks/mailchimp HTTP/1.1\r\nHost: a\r\n\r\n".utf8, port: gateway.port)
            #expect(mailchimp.header("allow")?.contains("GET") == true)

            #expect(try status("POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n") == 413)
            let large = "X-Large: \(String(repeating: "a", count: 20_000))\r\n"
            #expect(try status("POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\n\(large)\r\n") == 431)
            let many = (0..<200).map { "X-\($0): a\r\n" }.joined()
            #expect(try status("POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\n\(many)\r\n") == 431)

            let unauthentic = "POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
            #expect(try status(unauthentic) == 401)
        }

        @Test(arguments: [
            "nonsense\r\n\r\n", "POST /webhooks/stripe HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n",
            "POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /webhooks/stripe HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ])
        func `what is not HTTP is answered 400 and the connection is closed`(_ text: String) throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let probe = try HTTPProbe(port: gateway.port)
            try probe.write(text.utf8)
            #expect(try probe.read().code == 400)
            #expect(probe.isClosed())
        }

        @Test func `a connection carries one request after another, pipelined too`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let probe = try HTTPProbe(port: gateway.port)
            try probe.write(request + request + request)
            let answers = try (0..<3).map { _ in try JSONDocument(parsing: try probe.read().body) }
            #expect(answers.map { $0["duplicate"] ?? $0["detail"] } == ["false", "true", "true"])
            #expect(Set(answers.map { $0["id"] }).count == 1)
        }
    }
}

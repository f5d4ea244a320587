import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    struct SingleUseTokenTests {
        @Test func `a token that proved an event at one gateway proves no other at the next`() throws {
            let server = try RedisServer()
            defer { server.stop() }
            let sources = """
                redis: { url: "unix://\(server.socketPath)" },
                sources: { mailgun: { provider: "mailgun", secrets: ["fixture-mailgun-signing-key"] } },
                """
            let homes = [try GatewayHome(sources), try GatewayHome(sources)]
            defer { for home in homes { home.close() } }
            let gateways = [try homes[0].start(), try homes[1].start()]
            let saved = "\(homes[0].path)/sent"
            let sent = try homes[0].run("send", "mailgun", "--to", gateways[0].url, "--save", saved)
            #expect(sent.code == 0, "\(sent.errors)")

            let capture = try JSONDocument(parsing: try HostFile.read(saved).prefix { $0 != 10 })
            let encoded = try #require(capture["body_base64"])
            let body = String(decoding: try #require(Base64.decode(Array(encoded.utf8)[...])), as: UTF8.self)
            let id = try #require(try JSONDocument(parsing: body.utf8)["event-data.id"])
            func post(_ body: String) throws -> Int {
                let head = "POST /webhooks/mailgun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                let request = "\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                return Int(try gateways[1].post(Array(request.utf8)).code)
            }
            #expect(try post(body.replacing(id, with: "forged")) == 401)
            // What the provider repeats is its duplicate.
            #expect(try post(body) == 200)
        }
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// `destinations test` on the real executable.
struct DestinationsTestCommandTests {
    /// What the command says of a destination of that configuration.
    private func run(_ destination: String, _ arguments: String...) throws -> Program.Result {
        let home = try GatewayHome("\(GatewayHome.sources) destinations: { it: \(destination) }")
        defer { home.close() }
        return try home.launch(["destinations", "test"] + arguments).finish(within: .seconds(120))
    }

    @Test func `credentials that are known are verified`() throws {
        let server = try FakeHTTPServer { _ in [.answer(400, body: "empty batch payload")] }
        let result = try run(
            #"{ type: "rudderstack", credentials: { writeKey: "key-0123", dataPlaneUrl: "\#(server.url(""))" }, allowPrivateAddresses: true }"#,
            "it", "--json")
        #expect(result.code == 0, "\(result)")
        #expect(result.output.contains(#""destination":"it","type":"rudderstack","result":"verified","category":null"#))
    }

    @Test func `credentials that are refused end in failure`() throws {
        let server = try FakeHTTPServer { _ in [.answer(401, body: "invalid write key: key-0123")] }
        let result = try run(
            #"{ type: "rudderstack", credentials: { writeKey: "key-0123", dataPlaneUrl: "\#(server.url(""))" }, allowPrivateAddresses: true }"#,
            "it")
        #expect(result.code == 1, "\(result)")
        #expect(result.output.hasPrefix("it: failed\n"))
        #expect(!result.output.contains("key-0123"))
    }

    @Test func `what nobody can verify is said to be so`() throws {
        let result = try run(#"{ type: "segment", credentials: { writeKey: "key-0123" } }"#, "it")
        #expect(result.code == 0, "\(result)")
        #expect(result.output.hasPrefix("it: unverifiable\n"))
    }

    @Test func `a name that is not there is answered with the nearest`() throws {
        let result = try run(#"{ type: "console" }"#, "itt")
        #expect(result.code == 1)
        #expect(result.errors.contains("did you mean it?"))
    }
}

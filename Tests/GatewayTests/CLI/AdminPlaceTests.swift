import Testing

@testable import WebhookGateway

struct AdminPlaceTests {
    /// What a command line and an environment mean: the URL and token of a gateway, or the path of a configuration.
    private func place(_ words: String..., environment: [String: String] = [:]) throws(UsageError) -> String {
        var arguments = Arguments(words)
        switch try arguments.adminPlace({ environment[$0] }) {
        case .gateway(let address): return "\(address.url.origin) \(address.token)"
        case .store(let path): return "store \(path ?? "-")"
        }
    }

    private static let both = ["WEBHOOK_GATEWAY_URL": "https://hooks.example", "WEBHOOK_GATEWAY_TOKEN": "wgt_e"]

    @Test func `a URL and a token mean the gateway, nothing means the store`() throws {
        #expect(try place() == "store -")
        #expect(try place("--config", "a.json5") == "store a.json5")
        #expect(try place("--url", "http://[::1]:8081", "--token", "wgt_x") == "http://[::1]:8081 wgt_x")
        #expect(try place(environment: Self.both) == "https://hooks.example wgt_e")
    }

    @Test func `the command line goes before the environment`() throws {
        #expect(try place("--config", "a.json5", environment: Self.both) == "store a.json5")
        #expect(try place("--url", "http://localhost", environment: Self.both) == "http://localhost wgt_e")
        #expect(try place("--token", "wgt_x", environment: Self.both) == "https://hooks.example wgt_x")
    }

    @Test(arguments: [
        (["--url", "http://localhost"], "a token"), (["--token", "wgt_x"], "--url"),
        (["--url", "localhost:8081", "--token", "x"], "http://"),
        (["--url", "http://u:p@localhost", "--token", "x"], "password"),
        (["--url", "http://localhost", "--token", "two words"], "one word"),
        (["--url", "http://localhost", "--token", "x", "--token-file", "f"], "exclude"),
        (["--url", "http://localhost", "--token-file", "/nowhere/token"], "cannot be read"),
    ]) func `what makes no sense is said with what is missing, and without the token`(words: [String], part: String) {
        var arguments = Arguments(words)
        let error = #expect(throws: UsageError.self) { _ = try arguments.adminPlace { _ in nil } }
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("two words") == false && error?.description.contains("wgt_x") == false)
    }
}

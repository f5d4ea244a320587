import Testing

@testable import WebhookGateway

@ControlPlane
struct AccessTokensTests {
    /// What a token service was asked, and a clock.
    @ControlPlane
    private final class Bench {
        var now: Int64 = 1_000_000
        var issued = 0
        var fails = false
        private(set) var tokens: AccessTokens!

        init() {
            tokens = AccessTokens(unixMilliseconds: { self.now }) { () async throws(Unanswered) in
                self.issued += 1
                let number = self.issued
                await Task.yield()
                if self.fails { throw .prevented(by: .dead(.authentication, reason: "invalid_grant")) }
                return AccessToken(
                    secret: Secret(literal: "token-\(number)"), address: nil, expires: self.now + 3_600_000)
            }
        }
    }

    @Test func `however many ask, one token is fetched`() async throws {
        let bench = Bench()
        let tokens = (0..<20).map { _ in Task { @ControlPlane in try? await bench.tokens.current().secret.text } }
        for token in tokens { #expect(await token.value == "token-1") }
        #expect(bench.issued == 1)
    }

    @Test func `a token is replaced a minute before its end`() async throws {
        let bench = Bench()
        _ = try await bench.tokens.current()
        bench.now += 3_539_000
        #expect(try await bench.tokens.current().secret.text == "token-1")
        bench.now += 1_000
        #expect(try await bench.tokens.current().secret.text == "token-2")
        #expect(bench.tokens.secrets.map(\.text) == ["token-1", "token-2"])
    }

    @Test func `a token that is refused is replaced once, whoever tells of it later`() async throws {
        let bench = Bench()
        let first = try await bench.tokens.current()
        bench.tokens.refuse(first)
        #expect(try await bench.tokens.current().secret.text == "token-2")
        bench.tokens.refuse(first)
        #expect(try await bench.tokens.current().secret.text == "token-2")
    }

    @Test func `a failure is not kept`() async throws {
        let bench = Bench()
        bench.fails = true
        await #expect(throws: Unanswered.self) { try await bench.tokens.current() }
        bench.fails = false
        #expect(try await bench.tokens.current().secret.text == "token-2")
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct RequestVerifierTests {
    static let configurationText = """
        { sources: {
            stripe: { provider: "stripe", secrets: ["old", "whsec_1"] },
            eu: { provider: "stripe", secrets: ["whsec_eu"] },
            mc: { provider: "mailchimp", allowedAddresses: ["203.0.113.0/24"] } },
          listen: { trustedProxies: ["10.0.0.0/8"] } }
        """

    private func signed(_ secret: String, at now: Int64) throws -> CapturedRequest {
        let stripe = try Stripe(ProviderSettings(secrets: [Array(secret.utf8)]))
        var sample = Sample(target: "/webhooks/stripe", body: Array("{}".utf8), now: now)
        stripe.sign(&sample)
        return CapturedRequest(target: sample.target, headers: sample.headers, body: sample.body)
    }

    private func verdict(
        _ request: CapturedRequest, source: String = "stripe", now: Int64 = 1000, peer: String? = nil
    ) throws -> RequestVerifier.Verdict {
        let configuration = try ConfigurationSamples.load(Self.configurationText).configuration
        let source = try configuration.sourceForCommand(source)
        let verifier = try RequestVerifier(source, in: configuration)
        return verifier.verdict(on: request, now: now, peer: peer.flatMap { IPAddress($0) })
    }

    @Test func `it says which secret matched`() throws {
        let verdict = try verdict(try signed("whsec_1", at: 1000))
        #expect(verdict == .accepted(secret: 2))
        #expect(verdict.json == #"{"accepted":true,"secret":2}"#)
        #expect(verdict.isAccepted)
        let environment = Secret(origin: .environment("B"), bytes: [])
        #expect(verdict.sentence([environment, environment]) == "accepted by secret 2 (env:B)")
    }

    @Test func `a refusal has the contract's reason and a hint`() throws {
        let expired = try verdict(try signed("whsec_1", at: 1), now: 1000)
        #expect(expired.json.hasPrefix(#"{"accepted":false,"reason":"expired","hint":"the signature is right"#))
        guard case .refused(.mismatch, let hint) = try verdict(try signed("whsec_eu", at: 1000)) else {
            Issue.record("another source's secret was accepted")
            return
        }
        #expect(hint.contains("source 'eu'"))
        let unreadable = RequestVerifier.Verdict.unreadable("x")
        #expect(
            unreadable.json
                == #"{"accepted":false,"reason":"malformed","hint":"the captured request cannot be read: x"}"#)
    }

    @Test func `a truncated capture is suspected first`() throws {
        var request = try signed("whsec_1", at: 1000)
        request.headers.append(("Content-Length", "100"))
        request.body = Array("{".utf8)
        guard case .refused(.mismatch, let hint) = try verdict(request) else {
            Issue.record("a changed body was accepted")
            return
        }
        #expect(hint.hasPrefix("the capture holds 1 bytes of body where Content-Length says 100; "))
    }

    @Test func `addresses are judged behind trusted proxies, and a given one counts`() throws {
        var request = CapturedRequest(target: "/webhooks/mc")
        #expect(try !verdict(request, source: "mc").isAccepted)
        #expect(try verdict(request, source: "mc", peer: "203.0.113.9") == .accepted(secret: nil))
        request.peer = IPAddress("10.1.1.1")
        request.headers = [("X-Forwarded-For", "203.0.113.9")]
        let verdict = try verdict(request, source: "mc")
        #expect(verdict.json == #"{"accepted":true,"secret":null}"#)
        guard case .refused(.addressNotAllowed, _) = try self.verdict(request, source: "mc", peer: "192.0.2.1") else {
            Issue.record("--from must override the capture's address")
            return
        }
    }

    @Test func `a validation request is one`() throws {
        let request = CapturedRequest(method: "GET", target: "/webhooks/mc")
        #expect(try verdict(request, source: "mc").json == #"{"accepted":true,"handshake":200}"#)
    }
}

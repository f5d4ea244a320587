import Testing
import Verifiers

@testable import WebhookGateway

/// What every provider made from a definition must do, tried on its first fixture.
struct DeclaredConformanceTests {
    static let names = BundledDefinitions.all.map(\.name)

    private static func fixture(_ name: String) throws -> (source: SourceConfiguration, sample: Sample) {
        let fixture = try #require(
            try WebhookFixture.all().first { fixture in
                fixture.provider == name && !["quarantine-", "no-", "empty-"].contains { fixture.name.hasPrefix($0) }
            })
        let delivery = try fixture.delivery()
        let headers = delivery.headers.pairs.filter { !["Host", "Content-Length"].contains($0.name) }
        let sample = Sample(
            target: "/webhooks/\(name)", headers: headers, body: Array(delivery.body), now: 1_795_250_462)
        return (try fixture.source(), sample)
    }

    private static func delivery(_ sample: Sample) -> Delivery {
        Delivery(
            method: sample.method, target: Array(sample.target.utf8)[...], body: sample.body[...],
            headers: HeaderFields(sample.headers), peer: nil, receivedAt: sample.now)
    }

    private static func outcome(_ provider: any Provider, _ sample: Sample) -> Result<Int, VerificationFailure> {
        do throws(VerificationFailure) {
            return .success(try provider.verify(delivery(sample)))
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: names)
    func `what it signs it verifies`(name: String) throws {
        var (source, sample) = try Self.fixture(name)
        let provider = try source.makeProvider()
        provider.sign(&sample)
        #expect(Self.outcome(provider, sample) == .success(name == "none" ? 0 : 1))
    }

    @Test(arguments: names)
    func `renewed samples have other keys each time and still verify`(name: String) throws {
        let (source, original) = try Self.fixture(name)
        let provider = try source.makeProvider()
        var keys: Set<String> = []
        var count = 0
        for serial in [0, 1, 2, 1_000_000] {
            var sample = original
            provider.renew(&sample, serial: serial)
            provider.sign(&sample)
            #expect(Self.outcome(provider, sample) == .success(name == "none" ? 0 : 1))
            var document = JSONDocument()
            let events = try provider.events(in: Self.delivery(sample), document: &document)
            count += events.count
            keys.formUnion(events.map(\.key))
        }
        #expect(count >= 4)
        #expect(keys.count == count)
    }

    @Test(arguments: names.filter { $0 != "none" })
    func `another secret does not verify, and the explanation names none`(name: String) throws {
        var (source, sample) = try Self.fixture(name)
        try source.makeProvider().sign(&sample)
        let secret = source.secrets[0].text
        source.secrets = [Self.another(name)]
        let other = try source.makeProvider()
        #expect(Self.outcome(other, sample) == .failure(.mismatch))
        let explanation = other.explain(.mismatch, of: Self.delivery(sample))
        #expect(!explanation.isEmpty)
        #expect(!explanation.contains(secret) && !explanation.contains(source.secrets[0].text))
    }

    @Test(arguments: names.filter { $0 != "none" })
    func `a delivery without its proof is told as missing, by the place where it should be`(name: String) throws {
        var (source, sample) = try Self.fixture(name)
        let provider = try source.makeProvider()
        sample.headers = sample.headers.filter { $0.name == "Content-Type" }
        if name == "mailgun" { sample.body = Array("{}".utf8) }
        #expect(Self.outcome(provider, sample) == .failure(.missing))
        #expect(provider.explain(.missing, of: Self.delivery(sample)).contains("missing"))
    }

    @Test(arguments: try WebhookFixture.all().filter { $0.signsBody && names.contains($0.provider) })
    func `a body that was laid out anew is recognised`(_ fixture: WebhookFixture) throws {
        let delivery = try fixture.delivery()
        var document = JSONDocument()
        guard (try? document.read(delivery.body)) != nil, document.kind(of: .root) == .object,
            delivery.body.last != 0x0A
        else { return }
        var altered = delivery
        altered.body = Array(delivery.body)[...] + [0x0A]
        altered.receivedAt = 1_795_250_462
        let provider = try fixture.source().makeProvider()
        guard
            case .failure(let failure) = Result(catching: { () throws(VerificationFailure) in
                try provider.verify(altered)
            })
        else {
            Issue.record("it was accepted")
            return
        }
        #expect(provider.explain(failure, of: altered).contains("the body was altered on the way"))
    }

    /// A secret of the same kind that nobody signed with.
    private static func another(_ name: String) -> Secret {
        let text =
            switch name {
            case "standard-webhooks", "svix", "resend": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            case "sendgrid":
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
            default: "somebody else's secret"
            }
        return Secret(origin: .literal, bytes: Array(text.utf8))
    }
}

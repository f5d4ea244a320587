import Testing
import Verifiers

@testable import WebhookGateway

/// What the commands say of certificates, and `send` over TLS.
struct CertificateCommandTests {
    private func findings(_ tls: TLSConfiguration, after days: Int64 = 0) -> [Finding] {
        var configuration = Configuration()
        configuration.listen.tls = tls
        let now = Clock.unixMilliseconds() / 1000 + days * 86_400
        return CertificateExamination(configuration: configuration, now: now).findings()
    }

    private func tls(_ certificate: String, _ key: String) -> TLSConfiguration {
        var tls = TLSConfiguration()
        (tls.certificate, tls.key) = (certificate, key)
        return tls
    }

    @Test func `the doctor tells when a certificate expires, and whether it can be used`() throws {
        let folder = try TemporaryFolder()
        let own = try TestCertificate(names: "DNS:localhost", in: folder, called: "own")
        let other = try TestCertificate(names: "DNS:localhost", in: folder, called: "other")
        // It is valid for two days.
        let soon = try #require(findings(tls(own.certificate, own.key)).first)
        #expect(soon.subject == "tls" && soon.verdict == .warning)
        #expect(soon.sentence.hasPrefix("listen.tls: the certificate default expires on 20"))
        #expect(findings(tls(own.certificate, own.key), after: -30).map(\.verdict) == [.ok])
        let late = try #require(findings(tls(own.certificate, own.key), after: 3).first)
        #expect(late.verdict == .problem && late.sentence.contains("expired on"))
        for broken in [tls("/nowhere.pem", own.key), tls(own.certificate, other.key), tls(own.key, own.key)] {
            let found = findings(broken)
            #expect(found.map(\.verdict) == [.problem] && found[0].sentence.hasPrefix("listen.tls: "))
        }
        #expect(CertificateExamination(configuration: Configuration(), now: 0).findings().isEmpty)
    }

    @Test func `serve refuses certificates that cannot be used as a mistake of the configuration`() throws {
        let directory = try TemporaryDirectory()
        let configuration = try directory.file(
            "gateway.json5", #"{ listen: { port: 0, tls: { certificate: "/nowhere.pem", key: "/nowhere.key" } } }"#)
        func run(_ command: String) throws -> (code: Int32?, output: String, errors: String) {
            let program = try Program(
                GatewayHome.executable, [command, "--config", configuration], in: directory.path, environment: [:],
                logs: "\(directory.path)/\(command)")
            let result = try program.finish()
            return (result.code, result.output, result.errors)
        }
        let served = try run("serve")
        #expect(served.code == 2)
        #expect(served.errors.contains("\(configuration): listen.tls: /nowhere.pem: cannot be read"))
        let checked = try run("check")
        #expect(checked.code == 0 && checked.errors.contains("warning: listen.tls: /nowhere.pem: cannot be read"))
        let examined = try run("doctor")
        #expect(examined.code == 1 && examined.output.contains("listen.tls: /nowhere.pem: cannot be read"))
    }

    @Test func `send speaks TLS, and trusts an unknown certificate on this machine only`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:hooks.example.com", in: folder)
        let server = try ListenerFixture(
            tls: TLSMaterial(
                standard: .init(chain: certificate.certificate, key: certificate.key), named: [],
                ticketKey: TLSTicketKey()))
        var listen = ListenConfiguration()
        (listen.host, listen.port) = ("127.0.0.1", Int(server.port))
        listen.tls = tls(certificate.certificate, certificate.key)
        let loaded = try ConfigurationSamples.load("{ sources: { shop: { provider: 'quickbooks', secrets: ['t'] } } }")
        let source = try #require(loaded.configuration.source(named: "shop"))
        func send(_ target: SendTarget) async throws -> DeliveryTally {
            let sample = Sample(target: "/echo", headers: [], body: Array("[]".utf8), now: 0)
            let plan = DeliveryPlan(
                source: source, content: .sample(sample), count: 3, renews: false, tampers: false)
            let address = try #require(IPAddress("127.0.0.1"))
            return try await DeliveryRun(
                plan, to: target, at: [.ip(address, port: server.port)], perSecond: nil, keepingAllAnswers: true,
                keepsCaptures: false
            ).finish().tally
        }
        let own = try await send(SendTarget(listen, source: "shop"))
        #expect(own.failed == 0 && own.answers.count == 3, "\(own.firstFailure ?? "")")
        let foreign = try await send(SendTarget(url: "https://127.0.0.1:\(server.port)", source: "shop"))
        withExtendedLifetime(server) {}
        #expect(foreign.accepted == 0 && foreign.firstFailure?.contains("not trusted") == true)
    }
}

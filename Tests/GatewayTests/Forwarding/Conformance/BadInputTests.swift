import Testing
import Verifiers

@testable import WebhookGateway

/// What may be wrong around a destination, whatever its type: each has its category and says what to do, and every
/// event is to be tried again or dead with a reason, so that none is lost. (What an API answers is in `Situation`.)
@ControlPlane
struct BadInputTests {
    nonisolated static let types = DestinationConformanceTests.types
    nonisolated static let mapped = DestinationCatalog.all.map { $0.card }.filter { card in
        card.settings.contains { $0.name == "mapping" }
    }.map(\.type)

    private func send(_ type: String, to server: String, caFile: String? = nil) async throws -> AttemptResult {
        let imitation = try #require(ImitationCatalog.imitation(of: type))
        var configuration = DestinationConfiguration.sample(type)
        imitation.configure(&configuration, server: server)
        let destination = try DestinationCatalog.make(
            DestinationContext(
                configuration, client: HTTPClient(version: "test", .init(caFile: caFile)),
                unixMilliseconds: { Event.sampleMilliseconds + 1000 }))
        let result = await destination.send(try ConformanceEvents.payments(3))
        let check = await destination.check()
        #expect(check.verdict == .unverifiable || check.verdict == .failed(.network), "\(type): \(check)")
        return result
    }

    private func expectRetry(_ result: AttemptResult, _ type: String, _ words: String) {
        #expect(result.outcomes.count == 3)
        for outcome in result.outcomes {
            guard case .retry(.network, let reason, _) = outcome else {
                Issue.record("\(type): \(outcome)")
                continue
            }
            #expect(reason.contains(words), "\(type): \(reason)")
        }
    }

    @Test(arguments: types)
    func `a host that takes no connection is tried again`(_ type: String) async throws {
        // Nobody listens at the port of tcpmux.
        expectRetry(try await send(type, to: "http://127.0.0.1:1"), type, "no connection to 127.0.0.1")
    }

    @Test func `an expired certificate is not trusted, and nothing is sent`() async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:localhost", in: folder)
        try certificate.expire()
        let server = try FakeHTTPServer(certificate: certificate)
        for type in Self.types {
            let result = try await send(
                type, to: "https://localhost:\(server.port)", caFile: certificate.certificate)
            expectRetry(result, type, "expired")
        }
        #expect(server.received.isEmpty)
    }

    @Test(arguments: mapped)
    func `a mapping that has no rule for an event, or not what a rule requires, says so`(_ type: String) async throws {
        let rule: [String: JSONValue] = ["match": .text("nothing.of.ours"), "fields": .object(["a": .text("data.a")])]
        let required: [String: JSONValue] = [
            "match": .text("*"),
            "fields": .object(["a": .object(["from": .text("data.not.there"), "required": .boolean(true)])]),
        ]
        let expected: [([String: JSONValue], FailureCategory, String)] = [
            (rule, .configuration, "no rule for "), (required, .dataError, "data.not.there"),
        ]
        for (rule, category, words) in expected {
            let bench = try ConformanceBench(type, .success, settings: ["mapping": .array([.object(rule)])])
            let result = await bench.destination.send(try ConformanceEvents.payments(2))
            for outcome in result.outcomes {
                guard case .dead(let actual, let reason) = outcome else {
                    Issue.record("\(type): \(outcome)")
                    continue
                }
                #expect(actual == category && reason.contains(words), "\(type): \(reason)")
            }
            #expect(bench.accepted.isEmpty)
            bench.expectNoViolations()
        }
    }
}

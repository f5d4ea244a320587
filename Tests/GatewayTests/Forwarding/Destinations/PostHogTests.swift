import Testing

@testable import WebhookGateway

@ControlPlane
struct PostHogDestinationTests {
    private func destination(_ server: FakeHTTPServer) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("posthog") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["projectApiKey"] = Secret(literal: "phc_0123")
                }, client: HTTPClient(version: "test")))
    }

    @Test func `nobody's event makes no person`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: "1")] }
        let result = try await destination(server).send([try .sample()])
        #expect(result.outcomes == [.delivered])
        let text = try #require(server.received.first?.text)
        #expect(text.contains(#""$process_person_profile":false"#) && !text.contains("$set"))
        #expect(text.contains(#""distinct_id":"01JB2QK9Z8X4YV7WTN3M5R6P1D""#))
        #expect(text.contains(#""uuid":"\#(UUIDv5.text(of: "01JB2QK9Z8X4YV7WTN3M5R6P1D"))""#))
    }

    @Test func `over the billing limit is not delivered`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"status":"Ok","quota_limited":["events"]}"#)] }
        guard
            case .retry(.rateLimit, _, .seconds(3600)?) = try await destination(server).send([try .sample()]).outcomes[
                0]
        else {
            Issue.record("not held back")
            return
        }
    }

    @Test(arguments: [
        (200, #"{"flags":{}}"#, CredentialCheck.Verdict.verified), (401, "unknown", .failed(.authentication)),
    ])
    func `the flags prove the key`(_ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict) async throws {
        let server = try FakeHTTPServer { request in
            request.target == "/flags/?v=2" ? [.answer(status, body: body)] : [.answer(404)]
        }
        #expect(try await destination(server).check().verdict == verdict)
    }

    @Test func `a personal key is refused`() {
        let problems = DestinationCatalog.problems(
            of: .sample("posthog") { $0.credentials["projectApiKey"] = Secret(literal: "phx_1") })
        #expect(problems.map(\.key) == ["credentials.projectApiKey"])
    }
}

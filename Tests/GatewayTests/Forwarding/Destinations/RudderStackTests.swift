import Testing

@testable import WebhookGateway

@ControlPlane
struct RudderStackDestinationTests {
    private func destination(_ server: FakeHTTPServer) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("rudderstack") { configuration in
                    configuration.credentials["writeKey"] = Secret(literal: "key-0123")
                    configuration.credentials["dataPlaneUrl"] = Secret(literal: server.url(""))
                }, client: HTTPClient(version: "test")))
    }

    @Test(arguments: [
        (400, "empty batch payload", CredentialCheck.Verdict.verified),
        (401, "invalid write key", .failed(.authentication)), (404, "source is disabled", .failed(.configuration)),
    ])
    func `an empty batch proves the key`(
        _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict
    ) async throws {
        let server = try FakeHTTPServer { request in
            request.text == #"{"batch":[]}"# ? [.answer(status, body: body)] : [.answer(500)]
        }
        #expect(try await destination(server).check().verdict == verdict)
    }

    @Test(arguments: ["OK", "\"OK\"", "ok\n"])
    func `its OK is taken plain or as JSON, nothing else is`(_ body: String) async throws {
        let good = try FakeHTTPServer { _ in [.answer(body: body)] }
        #expect(try await destination(good).send([try .sample()]).outcomes == [.delivered])
        let other = try FakeHTTPServer { _ in [.answer(body: "welcome")] }
        #expect(try await destination(other).send([try .sample()]).outcomes != [.delivered])
    }

    @Test(arguments: [(nil, "credentials.dataPlaneUrl"), ("rudder.example.com", "credentials.dataPlaneUrl")])
    func `a data plane is needed`(_ url: String?, _ key: String) {
        let problems = DestinationCatalog.problems(
            of: .sample("rudderstack") { configuration in
                configuration.credentials["writeKey"] = Secret(literal: "key")
                configuration.credentials["dataPlaneUrl"] = url.map { Secret(literal: $0) }
            })
        #expect(problems.map(\.key) == [key])
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct MixpanelDestinationTests {
    private func destination(_ server: FakeHTTPServer) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("mixpanel") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["projectToken"] = Secret(literal: "token")
                }, client: HTTPClient(version: "test")))
    }

    @Test(arguments: [
        (#"{"customer":{"id":"anonymous"}}"#, #""distinct_id":"""#), (#"{"order":{"id":"1"}}"#, #""distinct_id":"""#),
        (#"{"customer":{"id":"c1"}}"#, #""distinct_id":"c1""#),
    ])
    func `words that stand for nobody are nobody`(_ data: String, _ expected: String) async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"code":200,"num_records_imported":1}"#)] }
        let result = try await destination(server).send([try .sample(data: data)])
        #expect(result.outcomes == [.delivered])
        #expect(server.received.first?.text.contains(expected) == true)
    }

    @Test(arguments: [
        ("01JB2QK9Z8X4YV7WTN3M5R6P1D-r2", "01JB2QK9Z8X4YV7WTN3M5R6P1D-r2"),
        ("evt_1", UUIDv5.text(of: "evt_1")),
    ])
    func `an id that Mixpanel would refuse becomes a UUID`(_ id: String, _ expected: String) async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"code":200,"num_records_imported":1}"#)] }
        _ = try await destination(server).send([try .sample(id: id)])
        #expect(server.received.first?.text.contains(#""$insert_id":"\#(expected)""#) == true)
    }

    @Test func `a time that lies ahead is when the gateway got the event, in every attempt`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"code":200,"num_records_imported":1}"#)] }
        _ = try await destination(server).send([try .sample(time: "2026-11-21T12:00:00Z")])
        #expect(server.received.first?.text.contains(#""time":1795250460123,"#) == true)
    }

    @Test func `fewer imported than sent is not believed`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"code":200,"num_records_imported":1}"#)] }
        let result = try await destination(server).send([try .sample(id: "a"), try .sample(id: "b")])
        #expect(!result.outcomes.contains(.delivered))
    }

    @Test(arguments: [(400, CredentialCheck.Verdict.verified), (401, .failed(.authentication))])
    func `a refused event proves the credentials`(_ status: Int, _ verdict: CredentialCheck.Verdict) async throws {
        let body = #"{"code":\#(status),"failed_records":[{"index":0,"message":"no time"}]}"#
        let server = try FakeHTTPServer { _ in [.answer(status, body: body)] }
        #expect(try await destination(server).check().verdict == verdict)
    }

    @Test(arguments: [(403, FailureCategory.providerError), (400, .providerError), (200, .providerError), (401, nil)])
    func `a web page is not the API's answer`(_ status: Int, _ category: FailureCategory?) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, body: "\n<html>Request blocked</html>")] }
        let outcome = try await destination(server).send([try .sample()]).outcomes[0]
        switch outcome {
        case .retry(let actual, _, _): #expect(actual == category)
        case .dead(let actual, _): #expect(category == nil && actual == .authentication)
        case .delivered: Issue.record("delivered")
        }
    }

    @Test func `the credentials go together`() {
        func problem(_ names: [String]) -> String? {
            DestinationCatalog.problems(
                of: .sample("mixpanel") { configuration in
                    for name in names { configuration.credentials[name] = Secret(literal: "x") }
                }
            ).first?.key
        }
        #expect(problem([]) == "credentials")
        #expect(problem(["serviceAccountUsername", "serviceAccountSecret"]) == "credentials.projectId")
        #expect(problem(["projectToken"]) == nil)
        #expect(problem(["serviceAccountUsername", "serviceAccountSecret", "projectId"]) == nil)
    }
}

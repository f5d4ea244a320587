import Testing

@testable import WebhookGateway

@ControlPlane
struct HubSpotDestinationTests {
    private func destination(_ server: FakeHTTPServer, _ settings: [String: JSONValue]) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("hubspot") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["accessToken"] = Secret(literal: "pat-0123")
                    configuration.settings = settings
                }, client: HTTPClient(version: "test")))
    }

    private func contact(_ id: String, _ email: String) throws -> Event {
        try .sample(
            id: id, type: "customer.updated", data: #"{"customer":{"email":"\#(email)","name":"Ada King Lovelace"}}"#)
    }

    @Test func `a contact that is refused is dead, its neighbours are in`() async throws {
        let server = try FakeHTTPServer { _ in
            [
                .answer(
                    207,
                    body:
                        #"{"status":"COMPLETE","results":[{"id":"1"}],"errors":[{"status":"error","category":"VALIDATION_ERROR","#
                        + #""message":"Email address bad is invalid","context":{"objectWriteTraceId":["e2"]}}]}"#)
            ]
        }
        let result = try await destination(server, ["object": .text("contact")]).send([
            try contact("e1", "a@example.com"), try contact("e2", "bad@x"),
        ])
        #expect(result.outcomes[0] == .delivered)
        guard case .dead(.dataError, let reason) = result.outcomes[1] else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("Email address bad is invalid"))
        #expect(result.answer?.contains("unverifiable") == false)
        #expect(
            server.received.first?.text.contains(
                #"{"id":"a@example.com","idProperty":"email","objectWriteTraceId":"e1","properties":{"email":"a@example.com","#
                    + #""firstname":"Ada King","lastname":"Lovelace"}}"#) == true)
    }

    @Test(arguments: [423, 477])
    func `an account that is locked or being moved is asked again`(_ status: Int) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, headers: ["Retry-After: 9"], body: "{}")] }
        let result = try await destination(server, ["object": .text("contact")]).send([try contact("e1", "a@b.cd")])
        guard case .retry(.providerError, _, .seconds(9)?) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `one contact's events do not share a request`() async throws {
        let server = try FakeHTTPServer { request in
            let count = request.text.ranges(of: "objectWriteTraceId").count
            return [.answer(body: #"{"results":[\#(Array(repeating: "{}", count: count).joined(separator: ","))]}"#)]
        }
        let result = try await destination(server, ["object": .text("contact")]).send([
            try contact("e1", "a@example.com"), try contact("e2", "b@example.com"), try contact("e3", "A@example.com"),
        ])
        #expect(result.outcomes == Array(repeating: .delivered, count: 3))
        #expect(server.received.count == 2)
    }

    @Test func `a success that tells of nobody is none`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"status":"COMPLETE","results":[]}"#)] }
        let result = try await destination(server, ["object": .text("contact")]).send([
            try contact("e1", "a@example.com")
        ])
        #expect(result.outcomes != [.delivered])
    }

    @Test func `an event whose definition is missing harms no other`() async throws {
        let server = try FakeHTTPServer { request in
            request.text.contains("pe1_payment_failed")
                ? [.answer(404, body: #"{"message":"pe1_payment_failed does not exist"}"#)] : [.answer(204)]
        }
        let data = #"{"customer":{"email":"a@example.com"}}"#
        let result = try await destination(server, ["hubId": .integer(1)]).send([
            try .sample(id: "e1", type: "payment.failed", data: data),
            try .sample(id: "e2", type: "invoice.paid", data: data), try .sample(id: "e3", data: "{}"),
        ])
        guard case .dead(.configuration, _) = result.outcomes[0], result.outcomes[1] == .delivered,
            case .dead(.dataError, _) = result.outcomes[2]
        else {
            Issue.record("\(result)")
            return
        }
    }

    @Test(arguments: [("DAILY", 3600), ("TEN_SECONDLY_ROLLING", 10)] as [(String, Int64)])
    func `the limit that was hit says how long to wait`(_ policy: String, _ seconds: Int64) async throws {
        let server = try FakeHTTPServer { _ in [.answer(429, body: #"{"policyName":"\#(policy)"}"#)] }
        let outcome = try await destination(server, ["hubId": .integer(1)]).send([
            try .sample(data: #"{"customer":{"email":"a@example.com"}}"#)
        ]).outcomes[0]
        guard case .retry(.rateLimit, _, .seconds(seconds)?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func `custom events need the account's number`() {
        let problems = DestinationCatalog.problems(
            of: .sample("hubspot") { $0.credentials["accessToken"] = Secret(literal: "t") })
        #expect(problems.map(\.key) == ["settings.hubId"])
    }

    @Test(arguments: [
        (200, #"{"results":[]}"#, CredentialCheck.Verdict.verified),
        (403, #"{"category":"MISSING_SCOPES"}"#, .failed(.authorization)),
    ])
    func `reading a contact proves the token`(
        _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict
    ) async throws {
        let server = try FakeHTTPServer { request in
            request.method == "GET" && request.target == "/crm/v3/objects/contacts?limit=1"
                && request.headers["authorization"] == "Bearer pat-0123"
                ? [.answer(status, body: body)] : [.answer(500)]
        }
        #expect(try await destination(server, ["hubId": .integer(1)]).check().verdict == verdict)
    }
}

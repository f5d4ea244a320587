import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct MailDestinationTests {
    private func destination(
        _ type: String, _ server: FakeHTTPServer, _ settings: [String: JSONValue] = [:], named name: String = "test"
    ) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample(type) { configuration in
                    configuration.name = name
                    configuration.baseURL = server.url("")
                    configuration.filter.types = ["payment.*"]
                    configuration.credentials["apiKey"] = Secret(literal: "key-0123")
                    if type == "mailgun" { configuration.credentials["domain"] = Secret(literal: "shop.example") }
                    configuration.settings = MailTemplateTests.settings.merging(settings) { $1 }
                }, client: HTTPClient(version: "test"), unixMilliseconds: { Event.sampleMilliseconds }))
    }

    private func event(_ id: String = "01JB2QK9Z8X4YV7WTN3M5R6P1D") throws -> Event {
        try .sample(id: id, data: #"{"customer":{"email":"ada@example.com","name":"Ada"},"order":{"id":"1"}}"#)
    }

    @Test(arguments: ["sendgrid", "mailgun"])
    func `what may have been sent is repeated or given up, as configured`(_ type: String) async throws {
        let server = try FakeHTTPServer { _ in [.reset] }
        let kept = try await destination(type, server).send([try event()]).outcomes[0]
        guard case .retry(.network, _, _) = kept else {
            Issue.record("\(kept)")
            return
        }
        let giveUp = try destination(type, server, ["afterUnknownOutcome": .text("giveUp")])
        let outcomes = await giveUp.send([try event("a"), try event("b")]).outcomes
        for outcome in outcomes {
            guard case .dead(.network, let reason) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.contains("afterUnknownOutcome"))
        }
        #expect(server.received.count == 3, "each was tried once")
        let strange = try FakeHTTPServer { _ in [.answer(body: "{}")] }
        let answer = try await destination(type, strange, ["afterUnknownOutcome": .text("giveUp")]).send([try event()])
        guard case .dead(.network, _) = answer.outcomes[0] else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test(arguments: ["sendgrid", "mailgun", "resend"])
    func `an event without a recipient is dead, and nothing is asked`(_ type: String) async throws {
        let server = try FakeHTTPServer()
        let outcome = try await destination(type, server).send([try .sample()]).outcomes[0]
        guard case .dead(.dataError, let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("data.customer.email"))
        #expect(server.received.isEmpty)
    }

    @Test func `SendGrid's name of the mail is recorded, and its limit waited for`() async throws {
        let server = try FakeHTTPServer { request in
            request.number == 0
                ? [.answer(202, headers: ["X-Message-Id: 14c5d75ce93"])]
                : [.answer(429, headers: ["X-RateLimit-Reset: 1795250472"])]
        }
        let destination = try destination("sendgrid", server)
        #expect(await destination.send([try event()]).answer == "X-Message-Id: 14c5d75ce93")
        guard case .retry(.rateLimit, _, .seconds(12)?) = await destination.send([try event()]).outcomes[0] else {
            Issue.record("not as long as SendGrid says")
            return
        }
    }

    @Test func `test modes are asked for`() async throws {
        let server = try FakeHTTPServer { request in
            request.path == "/v3/mail/send" ? [.answer(200)] : [.answer(body: #"{"id":"<1>"}"#)]
        }
        let sandbox = try await destination("sendgrid", server, ["sandbox": .boolean(true)]).send([try event()])
        #expect(sandbox.outcomes == [.delivered])
        #expect(server.received.last?.text.contains(#""sandbox_mode":{"enable":true}"#) == true)
        let test = try await destination("mailgun", server, ["testMode": .boolean(true)]).send([try event()])
        #expect(test.outcomes == [.delivered])
        #expect(server.received.last?.text.contains("o%3Atestmode=yes") == true)
    }

    @Test(
        arguments: [
            (409, "concurrent_idempotent_requests", .providerError, true),
            (409, "invalid_idempotent_request", .validation, false),
            (403, "validation_error", .configuration, false), (403, "invalid_api_key", .authentication, false),
            (429, "daily_quota_exceeded", .rateLimit, true), (422, "missing_required_field", .dataError, false),
        ] as [(Int, String, FailureCategory, Bool)])
    func `Resend's errors are told by their names`(
        _ status: Int, _ name: String, _ category: FailureCategory, _ isRetryable: Bool
    ) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, body: #"{"name":"\#(name)","message":"m"}"#)] }
        switch try await destination("resend", server).send([try event()]).outcomes[0] {
        case .retry(let actual, _, _): #expect(actual == category && isRetryable)
        case .dead(let actual, let reason): #expect(actual == category && !isRetryable && reason.contains(name))
        case .delivered: Issue.record("delivered")
        }
    }

    @Test func `two destinations may mail for one event`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"id":"1"}"#)] }
        for name in ["customer", "owner"] {
            _ = try await destination("resend", server, named: name).send([try event()])
        }
        #expect(Set(server.received.compactMap { $0.headers["idempotency-key"] }).count == 2)
    }

    @Test(
        arguments: [
            ("sendgrid", "/v3/scopes", 200, #"{"scopes":["mail.send"]}"#, .verified),
            ("sendgrid", "/v3/scopes", 200, #"{"scopes":["stats.read"]}"#, .failed(.authorization)),
            ("sendgrid", "/v3/scopes", 401, #"{"errors":[{"message":"key-0123"}]}"#, .failed(.authentication)),
            ("mailgun", "/v3/domains/shop.example", 200, #"{"domain":{"state":"active"}}"#, .verified),
            ("mailgun", "/v3/domains/shop.example", 200, #"{"domain":{"state":"disabled"}}"#, .failed(.configuration)),
            ("mailgun", "/v3/domains/shop.example", 404, #"{"message":"not found"}"#, .failed(.configuration)),
            ("resend", "/domains", 200, #"{"data":[{"name":"shop.example","status":"verified"}]}"#, .verified),
            (
                "resend", "/domains", 200, #"{"data":[{"name":"shop.example","status":"pending"}]}"#,
                .failed(.configuration)
            ),
            ("resend", "/domains", 200, #"{"data":[],"has_more":true}"#, .verified),
            ("resend", "/domains", 401, #"{"name":"restricted_api_key"}"#, .verified),
            ("resend", "/domains", 403, #"{"name":"invalid_api_key","message":"key-0123"}"#, .failed(.authentication)),
        ] as [(String, String, Int, String, CredentialCheck.Verdict)])
    func `credentials are asked about without a mail`(
        _ type: String, _ path: String, _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict
    ) async throws {
        let server = try FakeHTTPServer { request in
            request.method == "GET" && request.path == path ? [.answer(status, body: body)] : [.answer(500)]
        }
        let check = try await destination(type, server).check()
        #expect(check.verdict == verdict)
        #expect(!check.explanation.contains("key-0123"))
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct MetaCustomerDataTests {
    /// Published with Meta's own normaliser.
    @Test func `values are normalised and hashed as Meta's library does`() {
        #expect(
            MetaCustomerData.email(" John_Smith@Gmail.com ")
                == "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f")
        let phone = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
        #expect(MetaCustomerData.phone("+1 (650) 555-1212", countryCode: nil) == phone)
        #expect(MetaCustomerData.phone("001 650 555 1212", countryCode: "44") == phone)
        #expect(MetaCustomerData.name(" Mary ") == "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec")
        #expect(MetaCustomerData.name("O'Brien-Smith") == MetaCustomerData.name("obriensmith"))
        #expect(MetaCustomerData.name("Müller") != MetaCustomerData.name("Mller"))
    }

    @Test func `a national number gets the configured country code or is left out`() {
        #expect(MetaCustomerData.phone("(650) 555-1212", countryCode: nil) == nil)
        #expect(
            MetaCustomerData.phone("0650 555 1212", countryCode: "1")
                == MetaCustomerData.phone("+1 650 555 1212", countryCode: nil))
    }

    @Test func `what is a hash already is passed on in lower case`() {
        let hash = String(repeating: "AB", count: 32)
        #expect(MetaCustomerData.email(hash) == hash.lowercased())
        #expect(MetaCustomerData.phone(hash, countryCode: nil) == hash.lowercased())
        #expect(MetaCustomerData.externalID(hash) == hash.lowercased())
    }

    @Test(arguments: ["", " ", "nobody", "@example.com", "a b@example.com"])
    func `what is no e-mail is not hashed`(_ text: String) {
        #expect(MetaCustomerData.email(text) == nil)
        #expect(MetaCustomerData.name("...") == nil)
    }
}

@ControlPlane
struct MetaConversionsDestinationTests {
    private let customer = #"{"customer":{"email":"ada@example.com"}}"#

    private func destination(
        _ server: FakeHTTPServer, at milliseconds: Int64 = Event.sampleMilliseconds + 1000,
        settings: [String: JSONValue] = [:]
    ) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("meta-conversions") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["pixelId"] = Secret(literal: "42")
                    configuration.credentials["accessToken"] = Secret(literal: "EAAB-token")
                    configuration.settings = settings
                }, client: HTTPClient(version: "test"), unixMilliseconds: { milliseconds }))
    }

    private func accepting() throws -> FakeHTTPServer {
        try FakeHTTPServer { request in
            let count = request.text.ranges(of: #""event_name""#).count
            return [.answer(body: #"{"events_received":\#(count),"messages":[]}"#)]
        }
    }

    @Test(arguments: [("system_generated", 7), ("physical_store", 62)] as [(String, Int64)])
    func `an event that is too old is not sent, its neighbour is`(_ source: String, _ days: Int64) async throws {
        let server = try accepting()
        let destination = try destination(
            server, at: Event.sampleMilliseconds + days * 86_400_000, settings: ["actionSource": .text(source)])
        let result = await destination.send([
            try .sample(data: customer), try .sample(time: "2026-11-21T09:00:00Z", data: customer),
        ])
        guard case .dead(.dataError, let reason) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("older than \(days) days"))
        #expect(result.outcomes[1] == .delivered)
        #expect(server.received.count == 1)
    }

    @Test func `a time that lies ahead is sent as now, and nobody's event not at all`() async throws {
        let server = try accepting()
        let destination = try destination(server, at: Event.sampleMilliseconds - 5000)
        let result = await destination.send([
            try .sample(data: customer), try .sample(data: #"{"customer":{"phone":"0650 555"}}"#),
        ])
        #expect(server.received.first?.text.contains(#""event_time":1795250455,"#) == true)
        guard case .dead(.dataError, _) = result.outcomes[1] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test(arguments: [
        ("refund.created", "Refund"), ("contact.subscribed", "Lead"), ("payment.failed", "PaymentFailed"),
        ("customer.created", "CompleteRegistration"),
    ])
    func `types become Meta's events`(_ type: String, _ name: String) async throws {
        let server = try accepting()
        let data =
            #"{"customer":{"id":"c"},"amount":{"minor":12340,"currency":"KWD","decimal":"12.340"}}"#
        _ = try await destination(server).send([try .sample(type: type, data: data)])
        let text = try #require(server.received.first?.text)
        #expect(text.contains(#""event_name":"\#(name)""#))
        #expect(text.contains(#""value":12.340"#) && text.contains(#""currency":"KWD""#))
    }

    @Test func `an item without an id is called by its name`() async throws {
        let server = try accepting()
        let data =
            #"{"customer":{"id":"c"},"amount":{"minor":1,"currency":"USD","decimal":"0.01"},"items":[{"name":"Tea","quantity":2}]}"#
        _ = try await destination(server).send([try .sample(data: data)])
        #expect(server.received.first?.text.contains(#""contents":[{"id":"Tea","quantity":2}]"#) == true)
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"m","code":4}}"#, 403, .rateLimit, true),
            (#"{"error":{"message":"m","code":17}}"#, 500, .rateLimit, true),
            (#"{"error":{"message":"m","code":2}}"#, 400, .providerError, true),
            (#"{"error":{"message":"m","code":999,"is_transient":true}}"#, 400, .providerError, true),
            (#"{"error":{"message":"m","code":200}}"#, 403, .authorization, false),
            (#"{"error":{"message":"m","code":100,"error_subcode":33}}"#, 400, .configuration, false),
            (#"{"error":{"message":"m","code":100,"error_subcode":2804003}}"#, 400, .dataError, false),
            (#"{"error":{"message":"m","code":100}}"#, 400, .validation, false),
            (#"{"events_received":0}"#, 200, .unknown, true),
        ] as [(String, Int, FailureCategory, Bool)])
    func `a failure is what its code says, whatever the status`(
        _ body: String, _ status: Int, _ category: FailureCategory, _ isRetryable: Bool
    ) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, body: body)] }
        let outcome = try await destination(server).send([try .sample(data: customer)]).outcomes[0]
        switch outcome {
        case .retry(let actual, _, _): #expect(actual == category && isRetryable)
        case .dead(let actual, _): #expect(actual == category && !isRetryable)
        case .delivered: Issue.record("delivered")
        }
    }

    @Test func `the pixel's name proves the token`() async throws {
        let server = try FakeHTTPServer { request in
            request.method == "GET" && request.target == "/v25.0/42?fields=id,name&access_token=EAAB-token"
                ? [.answer(body: #"{"id":"42","name":"Shop"}"#)] : [.answer(400, body: "{}")]
        }
        let check = try await destination(server).check()
        #expect(check.verdict == .verified)
        #expect(check.explanation.contains("Shop"))
    }

    @Test(arguments: [
        ("settings.apiVersion", "apiVersion", JSONValue.text("latest")),
        ("settings.phoneCountryCode", "phoneCountryCode", .text("+44")),
        ("settings.actionSource", "actionSource", .text("website")),
    ])
    func `settings that cannot work are refused`(_ key: String, _ name: String, _ value: JSONValue) {
        let problems = DestinationCatalog.problems(
            of: .sample("meta-conversions") { configuration in
                configuration.credentials = ["pixelId": Secret(literal: "42"), "accessToken": Secret(literal: "t")]
                configuration.settings[name] = value
            })
        #expect(problems.map(\.key) == [key])
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct SegmentDestinationTests {
    private func sent(_ event: Event, settings: [String: JSONValue] = [:]) async throws -> String {
        let server = try FakeHTTPServer { _ in [.answer(body: #"{"success":true}"#)] }
        let destination = try DestinationCatalog.make(
            DestinationContext(
                .sample("segment") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["writeKey"] = Secret(literal: "key")
                    configuration.settings = settings
                }, client: HTTPClient(version: "test")))
        #expect(await destination.send([event]).outcomes == [.delivered])
        return try #require(server.received.first?.text)
    }

    @Test func `a customer is identified`() async throws {
        let data = #"{"customer":{"id":"c1","email":"ada@example.com","name":"Ada"}}"#
        let text = try await sent(try .sample(type: "customer.updated", data: data))
        #expect(
            text
                == #"{"batch":[{"userId":"c1","type":"identify","traits":{"email":"ada@example.com","name":"Ada"},"#
                + #""messageId":"test:01JB2QK9Z8X4YV7WTN3M5R6P1D","timestamp":"2026-11-21T08:41:00Z","#
                + #""context":{"library":{"name":"webhook-gateway"}}}]}"#)
    }

    @Test func `nobody's event has an anonymous id`() async throws {
        let text = try await sent(try .sample(type: "inventory.updated", data: #"{"items":[]}"#))
        #expect(
            text.contains(#""anonymousId":"01JB2QK9Z8X4YV7WTN3M5R6P1D","type":"track","event":"Inventory Updated""#))
    }

    @Test func `a word that stands for nobody is no user`() async throws {
        let text = try await sent(try .sample(data: #"{"customer":{"id":"null"}}"#))
        #expect(text.contains(#""anonymousId":"01JB2QK9Z8X4YV7WTN3M5R6P1D""#) && !text.contains("userId"))
    }

    @Test func `a mapping of one's own comes first`() async throws {
        let rule: JSONValue = .object([
            "match": .text("payment.failed"), "type": .text("order.payment_declined"),
            "fields": .object(["why": .text("data.reason.code")]),
        ])
        let mapping: JSONValue = .object(["extends": .text("segment"), "rules": .array([rule])])
        let event = try Event.sample(type: "payment.failed", data: #"{"reason":{"code":"card_declined"}}"#)
        let text = try await sent(event, settings: ["mapping": mapping])
        #expect(text.contains(#""event":"Order Payment Declined","properties":{"why":"card_declined"}"#))
    }

    @Test func `more than 32 KB is dead with the reason`() async throws {
        let data = #"{"order":{"id":"\#(String(repeating: "x", count: 33_000))"}}"#
        let destination = try DestinationCatalog.make(
            DestinationContext(
                .sample("segment") { $0.credentials["writeKey"] = Secret(literal: "key") },
                client: HTTPClient(version: "test")))
        guard case .dead(.dataError, let reason) = await destination.send([try .sample(data: data)]).outcomes[0] else {
            Issue.record("sent")
            return
        }
        #expect(reason.contains("32 KB"))
    }
}

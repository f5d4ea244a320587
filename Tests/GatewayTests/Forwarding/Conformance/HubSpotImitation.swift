@testable import WebhookGateway

/// Custom events: a batch is taken as a whole and worked off later.
struct HubSpotImitation: APIImitation {
    let type = "hubspot"
    static let token = "pat-eu1-0123456789"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["accessToken": Secret(literal: Self.token)]
        configuration.settings = ["hubId": .integer(4711)]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/events/v3/send/batch")
        try request.require(header: "Content-Type", "application/json")
        try request.require(header: "Authorization", "Bearer \(Self.token)")
        var events: [ReceivedEvent] = []
        for input in try request.json().member("inputs").elements(1...500) {
            guard try input.string("eventName") == "pe4711_order_completed",
                try input.string("email").hasSuffix("@example.com"),
                try input.string("occurredAt") == "2026-11-21T08:41:00Z"
            else { throw Violation("eventName, email or occurredAt is wrong") }
            let properties = try input.member("properties")
            guard try properties.number("amount") == "19.99" else { throw Violation("the amount is wrong") }
            events.append(
                ReceivedEvent(
                    key: try input.string("uuid"),
                    isSpoilt: try properties.string("order_id").contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.text("HTTP/1.1 204 No Content\r\n\r\n")] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [
            .answer(
                400,
                body: #"{"status":"error","message":"order_id refused by the imitation","category":"VALIDATION_ERROR"}"#
            )
        ]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                429,
                body:
                    #"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","policyName":"TEN_SECONDLY_ROLLING"}"#
            )
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [
            .answer(
                401,
                body:
                    #"{"status":"error","message":"Authentication credentials not found","category":"INVALID_AUTHENTICATION"}"#
            )
        ]
    }

    let isUnverifiable = true
}

@testable import WebhookGateway

/// The capture API's `/batch/`: refused as a whole, in plain text.
struct PostHogImitation: APIImitation {
    let type = "posthog"
    private let key = "phc_0123456789abcdef"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["projectApiKey": Secret(literal: key)]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/batch/")
        try request.require(header: "Content-Type", "application/json")
        try request.require(atMost: 20_000_000)
        let body = try request.json()
        guard try body.string("api_key") == key else { throw Violation("the key is wrong") }
        var events: [ReceivedEvent] = []
        for event in try body.member("batch").elements(1...100_000) {
            guard event.text.utf8.count <= 1_000_000 else { throw Violation("an event is larger than 1 MB") }
            guard try event.string("event") == "Order Completed",
                try event.string("distinct_id", atMost: 200).hasPrefix("cus_"),
                try event.string("timestamp") == "2026-11-21T08:41:00Z"
            else { throw Violation("event, distinct_id or timestamp is wrong") }
            let properties = try event.member("properties")
            guard try properties.number("revenue") == "19.99",
                try properties.member("$set").string("email").hasPrefix("ada")
            else { throw Violation("the properties are wrong") }
            let uuid = try event.string("uuid")
            guard uuid.count == 36, uuid.dropFirst(14).first == "5" else { throw Violation("uuid is no UUIDv5") }
            events.append(
                ReceivedEvent(
                    key: uuid, isSpoilt: try properties.string("order_id").contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(body: #"{"status":"Ok"}"#)] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [.answer(400, body: "event submitted with an empty distinct_id (refused by the imitation)")]
    }

    var throttling: [FakeHTTPServer.Step]? { [.answer(429, body: "rate limited")] }

    var unauthorized: [FakeHTTPServer.Step] { [.answer(401, body: "API key is not valid: \(key)")] }

    let isUnverifiable = true
}

@testable import WebhookGateway

/// What Segment and RudderStack require of a message.
enum SegmentMessages {
    static func read(
        _ request: FakeHTTPServer.Received, key: String, messages: Int, bytes: Int
    ) throws(Violation) -> [ReceivedEvent] {
        try request.require("POST", "/v1/batch")
        try request.requireBasic(key, "")
        try request.require(header: "Content-Type", "application/json")
        try request.require(atMost: bytes)
        var events: [ReceivedEvent] = []
        for message in try request.json().member("batch").elements(1...messages) {
            guard message.text.utf8.count <= 32_000 else { throw Violation("a message is larger than 32 KB") }
            guard try message.string("type") == "track", try message.string("event") == "Order Completed",
                try message.string("userId").hasPrefix("cus_"),
                try message.string("timestamp") == "2026-11-21T08:41:00Z"
            else { throw Violation("type, event, userId or timestamp is wrong") }
            let properties = try message.member("properties")
            try properties.requireNoNulls()
            guard try properties.number("revenue") == "19.99", try properties.number("total") == "19.99",
                try properties.string("currency") == "USD", try properties.string("order_id").hasPrefix("ord_"),
                try properties.member("products").elements(1...1)[0].number("quantity") == "1.5"
            else { throw Violation("the order is wrong") }
            events.append(
                ReceivedEvent(
                    key: try message.string("messageId", atMost: 99),
                    isSpoilt: message.text.contains(ConformanceEvents.mark)))
        }
        return events
    }
}

/// The HTTP Tracking API: 200 to nearly everything.
struct SegmentImitation: APIImitation {
    let type = "segment"
    private let key = "segment-write-key-1"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["writeKey": Secret(literal: key)]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        let events = try SegmentMessages.read(request, key: key, messages: 2500, bytes: 500_000)
        guard events.allSatisfy({ $0.key.hasPrefix("test:01JB2") }) else {
            throw Violation("messageId is known across workspaces: it must name the destination")
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(body: #"{"success":true}"#)] }

    /// It never says so of one event; of a body it cannot read it does.
    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? { nil }

    var throttling: [FakeHTTPServer.Step]? { [.answer(429, headers: ["X-RateLimit-Reset: 12"], body: "")] }

    let isUnverifiable = true

    func expectation(_ situation: Situation) -> Expectation {
        situation == .refusal ? .doesNotHappen : usual(situation)
    }
}

/// A RudderStack data plane: it knows its keys, and refuses a batch as a whole.
struct RudderStackImitation: APIImitation {
    let type = "rudderstack"
    private let key = "rudder-write-key-1"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.credentials = [
            "writeKey": Secret(literal: key), "dataPlaneUrl": Secret(literal: "\(server)/"),
        ]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        .events(try SegmentMessages.read(request, key: key, messages: .max, bytes: 4_000_000))
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer(body: "OK")] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [.answer(400, body: "request neither has anonymousId nor userId (refused by the imitation)")]
    }

    var unauthorized: [FakeHTTPServer.Step] { [.answer(401, body: "invalid write key")] }
}

import Verifiers

@testable import WebhookGateway

/// The Measurement Protocol: 204 to everything; what it would drop silently is a violation here.
struct GoogleAnalyticsImitation: APIImitation {
    let type = "google-analytics"
    private let secret = "s3cr3t+/x"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials["measurementId"] = Secret(literal: "G-TEST123")
        configuration.credentials["apiSecret"] = Secret(literal: secret)
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/mp/collect")
        guard request.query("measurement_id") == "G-TEST123", request.query("api_secret") == secret else {
            throw Violation("the key or the id is wrong")
        }
        try request.require(atMost: 130_000)
        let body = try request.json()
        _ = try body.string("client_id")
        var events: [ReceivedEvent] = []
        for event in try body.member("events").elements(1...25) {
            guard try event.string("name", atMost: 40) == "purchase" else { throw Violation("not a purchase") }
            guard try event.integer("timestamp_micros") == Event.sampleMilliseconds * 1000 else {
                throw Violation("the time is wrong")
            }
            let parameters = try event.member("params")
            try parameters.requireNoNulls()
            guard try parameters.number("value") == "19.99", try parameters.string("currency") == "USD" else {
                throw Violation("the amount is wrong")
            }
            _ = try parameters.string("transaction_id", atMost: 100)
            events.append(ReceivedEvent(key: try parameters.string("event_id"), isSpoilt: false))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.text("HTTP/1.1 204 No Content\r\n\r\n")] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? { nil }

    let throttling: [FakeHTTPServer.Step]? = nil
    let isUnverifiable = true

    func expectation(_ situation: Situation) -> Expectation {
        switch situation {
        case .refusal, .throttling: .doesNotHappen
        // Google's answers have no body that could be broken.
        case .invalidJSON: .delivered
        default: usual(situation)
        }
    }
}

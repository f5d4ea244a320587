@testable import WebhookGateway

/// The HTTP V2 API: one bad event and none of the request is taken, but the answer says which; a wrong key is a 400.
struct AmplitudeImitation: APIImitation {
    let type = "amplitude"
    private let key = "amplitude-key-0123456789"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["apiKey": Secret(literal: key)]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/2/httpapi")
        try request.require(header: "Content-Type", "application/json")
        try request.require(atMost: 1_048_575)
        let body = try request.json()
        guard try body.string("api_key") == key else { throw Violation("the key is wrong") }
        let minimum = try body.member("options").integer("min_id_length")
        var events: [ReceivedEvent] = []
        for event in try body.member("events").elements(1...1999) {
            let user = try event.string("user_id")
            guard user.count >= minimum, user.hasPrefix("cus_") else { throw Violation("whose event is it?") }
            guard try event.string("event_type") == "Order Completed",
                try event.integer("time") == Event.sampleMilliseconds,
                try event.number("revenue") == "19.99", try event.string("currency") == "USD"
            else { throw Violation("type, time or revenue is wrong") }
            let properties = try event.member("event_properties")
            try properties.requireNoNulls()
            guard properties.optional("revenue") == nil else { throw Violation("revenue would count twice") }
            events.append(
                ReceivedEvent(
                    key: try event.string("insert_id"),
                    isSpoilt: try properties.string("order_id").contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        [
            .answer(
                body:
                    #"{"code":200,"events_ingested":\#(events.count),"payload_size_bytes":50,"server_upload_time":1396381378123}"#
            )
        ]
    }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        let places = events.indices.filter { events[$0].isSpoilt }.map(String.init).joined(separator: ",")
        return [
            .answer(
                400,
                body: #"{"code":400,"error":"Request refused by the imitation","missing_field":null,"#
                    + #""events_with_invalid_fields":{"price":[\#(places)]},"events_with_missing_fields":{}}"#)
        ]
    }

    /// All too fast, by their places in whatever request it is.
    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                429,
                body: #"{"code":429,"error":"Too many requests for some devices and users","eps_threshold":30,"#
                    + #""throttled_devices":{},"throttled_users":{"cus_0":31},"throttled_events":[0]}"#)
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(400, body: #"{"code":400,"error":"Invalid API key: \#(key)","missing_field":null}"#)]
    }
}

import Verifiers

@testable import WebhookGateway

/// The Conversions API: one bad event and none of the request is taken; failures are told by `error.code`, whatever the
/// status.
struct MetaConversionsImitation: APIImitation {
    let type = "meta-conversions"
    private let token = "EAAB-meta-token-0123456789"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = [
            "pixelId": Secret(literal: "1234567890"), "accessToken": Secret(literal: token),
        ]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/v25.0/1234567890/events")
        try request.require(header: "Content-Type", "application/json")
        guard !request.target.contains(token) else { throw Violation("the token is in the address") }
        let body = try request.json()
        guard try body.string("access_token") == token else { throw Violation("the token is wrong") }
        var events: [ReceivedEvent] = []
        for event in try body.member("data").elements(1...1000) {
            guard try event.integer("event_time") == Event.sampleMilliseconds / 1000 else {
                throw Violation("event_time is not the event's, in seconds")
            }
            guard try event.string("event_name", atMost: 50) == "Purchase",
                try event.string("action_source") == "system_generated"
            else { throw Violation("the name or the source is wrong") }
            let user = try event.member("user_data")
            for key in ["em", "ph", "fn", "ln", "external_id"] {
                let hashes = try user.member(key).elements(1...1)
                guard hashes[0].text.utf8.count == 66 else { throw Violation("\(key) is no SHA-256") }
            }
            // Published with Meta's own normaliser.
            guard try user.member("ph").text == #"["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"]"#
            else { throw Violation("the phone number is normalised wrongly") }
            let custom = try event.member("custom_data")
            guard try custom.number("value") == "19.99", try custom.string("currency") == "USD",
                try custom.member("contents").elements(1...1)[0].string("id") == "sku_1"
            else { throw Violation("the amount or the contents are wrong") }
            events.append(
                ReceivedEvent(
                    key: try event.string("event_id"),
                    isSpoilt: try custom.string("order_id").contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        [.answer(body: #"{"events_received":\#(events.count),"messages":[],"fbtrace_id":"A1"}"#)]
    }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [Self.error(400, code: 100, subcode: 2_804_009, "Invalid parameter (refused by the imitation)")]
    }

    /// Its throttling comes with any status.
    var throttling: [FakeHTTPServer.Step]? { [Self.error(400, code: 80_004, subcode: 2_446_079, "too many calls")] }

    var unauthorized: [FakeHTTPServer.Step] {
        [Self.error(500, code: 190, subcode: 463, "Error validating access token \(token): Session has expired")]
    }

    private static func error(_ status: Int, code: Int, subcode: Int, _ message: String) -> FakeHTTPServer.Step {
        .answer(
            status,
            body:
                #"{"error":{"message":"\#(message)","type":"OAuthException","code":\#(code),"error_subcode":\#(subcode),"#
                + #""is_transient":false,"fbtrace_id":"A1"}}"#)
    }
}

@testable import WebhookGateway

/// `/import?strict=1`: with status 400 the good events are in and the bad ones listed.
struct MixpanelImitation: APIImitation {
    let type = "mixpanel"
    private let secret = "sa-secret-0123456789"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = [
            "serviceAccountUsername": Secret(literal: "gateway.mp-service-account"),
            "serviceAccountSecret": Secret(literal: secret), "projectId": Secret(literal: "2195193"),
        ]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/import")
        guard request.query("strict") == "1", request.query("project_id") == "2195193" else {
            throw Violation("strict=1 and the project's number are needed")
        }
        try request.requireBasic("gateway.mp-service-account", secret)
        try request.require(header: "Content-Type", "application/json")
        try request.require(atMost: 10_000_000)
        var events: [ReceivedEvent] = []
        for event in try request.json().elements(1...2000) {
            guard try event.string("event") == "Order Completed" else { throw Violation("the name is wrong") }
            let properties = try event.member("properties")
            try properties.requireNoNulls()
            guard try properties.integer("time") == Event.sampleMilliseconds else {
                throw Violation("the time is wrong")
            }
            guard try properties.string("distinct_id").hasPrefix("cus_") else { throw Violation("whose event is it?") }
            guard try properties.integer("ip") == 0 else { throw Violation("the gateway's address would be located") }
            guard try properties.number("revenue") == "19.99", try properties.string("currency") == "USD" else {
                throw Violation("the amount is wrong")
            }
            let key = try properties.string("$insert_id", atMost: 36)
            guard key.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
                throw Violation("$insert_id has other characters than letters, digits and hyphens")
            }
            events.append(ReceivedEvent(key: key, isSpoilt: event.text.contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        [.answer(body: #"{"code":200,"num_records_imported":\#(events.count),"status":"OK"}"#)]
    }

    let takesPartially = true

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        let failed = events.enumerated().filter(\.element.isSpoilt).map { index, event in
            #"{"index":\#(index),"$insert_id":"\#(event.key)","field":"properties.order_id","message":"refused by the imitation"}"#
        }
        return [
            .answer(
                400,
                body: #"{"code":400,"error":"some data points in the request failed validation","#
                    + #""failed_records":[\#(failed.joined(separator: ","))],"num_records_imported":\#(events.count - failed.count),"status":"Bad Request"}"#
            )
        ]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                429,
                body:
                    #"{"code":429,"error":"Project exceeded rate limits. Please retry the request with exponential backoff.","status":"Too Many Requests"}"#
            )
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(401, body: #"{"code":401,"error":"Invalid credentials","status":"Unauthorized"}"#)]
    }
}

import Verifiers

@testable import WebhookGateway

/// sObject Collections of platform events, and the token endpoint, which says at which instance they are.
struct SalesforceImitation: APIImitation {
    let type = "salesforce"
    private static let token = "00Dxx0000001gPL!imitation-token"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = [
            "clientId": Secret(literal: "3MVG9-client"), "username": Secret(literal: "gateway@shop.example"),
            "privateKey": Secret(literal: TestRSAKey.shared.pem),
        ]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        if request.path == "/services/oauth2/token" { return .other(try Self.grant(request)) }
        try request.require("POST", "/instance/services/data/v63.0/composite/sobjects")
        try request.require(header: "Content-Type", "application/json")
        try request.require(header: "Authorization", "Bearer \(Self.token)")
        let body = try request.json()
        guard try body.member("allOrNone").text == "false" else { throw Violation("allOrNone is wrong") }
        var events: [ReceivedEvent] = []
        for record in try body.member("records").elements(1...200) {
            try record.requireNoNulls()
            guard try record.member("attributes").string("type") == "Webhook_Event__e",
                try record.string("Type__c") == "payment.succeeded", try record.string("Source__c") == "stripe",
                try record.string("Occurred_At__c") == "2026-11-21T08:41:00Z",
                try record.number("Amount__c") == "19.99", try record.integer("Amount_Minor__c") == 1999,
                try record.string("Currency__c") == "USD", try record.string("Customer_Id__c").hasPrefix("cus_"),
                try record.string("Customer_Email__c").hasSuffix("@example.com")
            else { throw Violation("a field is wrong: \(record.text)") }
            let payload = try JSONCursor(Array(try record.string("Payload__c").utf8), name: "Payload__c")
            let id = try record.string("Event_Id__c")
            guard id.isDeduplicationKey(of: try payload.string("id")) else {
                throw Violation("the payload is another event's")
            }
            events.append(
                ReceivedEvent(
                    key: id, isSpoilt: try record.string("Order_Id__c").contains(ConformanceEvents.mark)))
        }
        return .events(events)
    }

    static func grant(_ request: FakeHTTPServer.Received) throws(Violation) -> [FakeHTTPServer.Step] {
        try request.require("POST", "/services/oauth2/token")
        try request.require(header: "Content-Type", "application/x-www-form-urlencoded")
        guard request.form("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            throw Violation("grant_type is wrong")
        }
        let (_, claims) = try TestRSAKey.shared.open(request.form("assertion") ?? "")
        guard try claims.string("iss") == "3MVG9-client", try claims.string("sub") == "gateway@shop.example",
            try claims.string("aud") == "https://login.salesforce.com",
            try claims.integer("exp") <= (Event.sampleMilliseconds + 1000) / 1000 + 180
        else { throw Violation("the claims are wrong") }
        return [granted(request)]
    }

    static func granted(_ request: FakeHTTPServer.Received) -> FakeHTTPServer.Step {
        // Elsewhere than the API: its connection is another one.
        .answer(
            headers: ["Connection: close"],
            body:
                #"{"access_token":"\#(token)","instance_url":"http://\#(request.headers["host"] ?? "")/instance","token_type":"Bearer"}"#
        )
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { results(events) }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? { results(events) }

    let takesPartially = true

    private func results(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        let list = events.map { event in
            event.isSpoilt
                ? #"{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"Order Id: refused by the imitation","fields":["Order_Id__c"]}]}"#
                : #"{"id":"e01xx0000000001AAA","success":true,"errors":[{"statusCode":"OPERATION_ENQUEUED","message":"232fd30e-0a71-42bd-a97b-be0e329b2ded","fields":[]}]}"#
        }
        return [.answer(body: "[\(list.joined(separator: ","))]")]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                403, body: #"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#)
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(401, body: #"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#)]
    }
}

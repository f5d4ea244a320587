import Verifiers

@testable import WebhookGateway

/// `tabledata.insertAll` and Google's token endpoint: a bad row stops all others, with status 200.
struct BigQueryImitation: APIImitation {
    let type = "bigquery"
    private static let email = "gateway@shop.iam.gserviceaccount.com"
    private static let token = "ya29.imitation-token-0123456789"
    private static let table = "/bigquery/v2/projects/shop/datasets/events/tables/webhooks"

    /// The file that the Cloud Console would hand out, for a token endpoint on `server`.
    static func serviceAccount(_ server: String) -> String {
        var file = JSONObject()
        file.add("type", "service_account")
        file.add("project_id", "shop")
        file.add("private_key_id", "key-1")
        file.add("private_key", TestRSAKey.shared.pem)
        file.add("client_email", email)
        file.add("token_uri", "\(server)/token")
        return String(decoding: file.json, as: UTF8.self)
    }

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = ["serviceAccount": Secret(literal: Self.serviceAccount(server))]
        configuration.settings = ["dataset": .text("events"), "table": .text("webhooks")]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        if request.path == "/token" { return .other(try Self.grant(request)) }
        try request.require("POST", "\(Self.table)/insertAll")
        try request.require(header: "Content-Type", "application/json")
        try request.require(header: "Authorization", "Bearer \(Self.token)")
        try request.require(atMost: 10_000_000)
        let body = try request.json()
        var events: [ReceivedEvent] = []
        for row in try body.member("rows").elements(1...500) {
            let event = try WarehouseRows.read(try row.member("json"), payloadIsText: true)
            let key = try row.string("insertId", atMost: 128)
            guard key.isDeduplicationKey(of: event.key) else { throw Violation("insertId is wrong") }
            events.append(ReceivedEvent(key: key, isSpoilt: event.isSpoilt))
        }
        return .events(events)
    }

    /// Answers a request for a token after a look at the assertion.
    static func grant(_ request: FakeHTTPServer.Received) throws(Violation) -> [FakeHTTPServer.Step] {
        try request.require("POST", "/token")
        try request.require(header: "Content-Type", "application/x-www-form-urlencoded")
        guard request.form("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            throw Violation("grant_type is wrong")
        }
        let (header, claims) = try TestRSAKey.shared.open(request.form("assertion") ?? "")
        let issued = try claims.integer("iat")
        guard try header.string("kid") == "key-1", try claims.string("iss") == email,
            try claims.string("scope") == "https://www.googleapis.com/auth/bigquery",
            try claims.string("aud").hasSuffix("/token"), try claims.integer("exp") == issued + 3600,
            issued == (Event.sampleMilliseconds + 1000) / 1000
        else { throw Violation("the claims are wrong") }
        // Elsewhere than the API: its connection is another one.
        return [
            .answer(
                headers: ["Connection: close"],
                body: #"{"access_token":"\#(token)","expires_in":3599,"token_type":"Bearer"}"#), .close,
        ]
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] {
        [.answer(body: #"{"kind":"bigquery#tableDataInsertAllResponse"}"#)]
    }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        let errors = events.enumerated().map { index, event in
            event.isSpoilt
                ? #"{"index":\#(index),"errors":[{"reason":"invalid","location":"order_id","debugInfo":"","message":"refused by the imitation"}]}"#
                : #"{"index":\#(index),"errors":[{"reason":"stopped","location":"","debugInfo":"","message":""}]}"#
        }.joined(separator: ",")
        return [.answer(body: #"{"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[\#(errors)]}"#)]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [
            .answer(
                403,
                body:
                    #"{"error":{"code":403,"message":"Exceeded rate limits: too many requests","errors":[{"reason":"rateLimitExceeded","domain":"usageLimits"}]}}"#
            )
        ]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [
            .answer(
                401,
                body:
                    #"{"error":{"code":401,"message":"Request had invalid authentication credentials \#(Self.token)","errors":[{"reason":"authError"}],"status":"UNAUTHENTICATED"}}"#
            )
        ]
    }
}

import Verifiers

@testable import WebhookGateway

/// The SQL API: a signed token in every request, statements that are asked after, all rows of one or none.
struct SnowflakeImitation: APIImitation {
    let type = "snowflake"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.baseURL = server
        configuration.credentials = [
            "account": Secret(literal: "myorg-my_account"), "user": Secret(literal: "gateway"),
            "privateKey": Secret(literal: TestRSAKey.shared.pem),
        ]
        configuration.settings = [
            "database": .text("SHOP"), "schema": .text("PUBLIC"), "table": .text("WEBHOOK_EVENTS"),
            "warehouse": .text("LOAD_WH"),
        ]
    }

    static func requireToken(_ request: FakeHTTPServer.Received) throws(Violation) {
        try request.require(header: "X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT")
        try request.require(header: "Accept", "application/json")
        let (_, claims) = try TestRSAKey.shared.open(String((request.headers["authorization"] ?? "").dropFirst(7)))
        let name = "MYORG-MY_ACCOUNT.GATEWAY"
        guard try claims.string("iss") == "\(name).SHA256:\(TestRSAKey.shared.fingerprint)",
            try claims.string("sub") == name,
            try claims.integer("exp") == (try claims.integer("iat")) + 3600
        else { throw Violation("the claims are wrong") }
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try Self.requireToken(request)
        if request.method == "GET" { return .other([try Self.state(request)]) }
        try request.require("POST", "/api/v2/statements")
        try request.require(header: "Content-Type", "application/json")
        guard let id = request.query("requestId"), id.utf8.count == 36, request.query("async") == "true" else {
            throw Violation("requestId or async is wrong")
        }
        let body = try request.json()
        guard try body.string("database") == "SHOP", try body.string("schema") == "PUBLIC",
            try body.string("warehouse") == "LOAD_WH", try body.integer("timeout") == 120,
            try body.string("statement") == Self.statement
        else { throw Violation("the statement is wrong: \(try body.string("statement"))") }
        let binding = try body.member("bindings").member("1")
        guard try binding.string("type") == "TEXT" else { throw Violation("the binding is no text") }
        let rows = try JSONCursor(Array(try binding.string("value").utf8), name: "rows").elements(1...1000)
        var events: [ReceivedEvent] = []
        for row in rows { events.append(try WarehouseRows.read(row, payloadIsText: false)) }
        return .events(events)
    }

    private static let statement =
        "MERGE INTO WEBHOOK_EVENTS AS t USING (SELECT "
        + columns.map { $0 == "event_id" ? #"value:"event_id"::VARCHAR AS event_id"# : #"value:"\#($0)" AS \#($0)"# }
        .joined(separator: ", ")
        + " FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?)))) AS s ON t.event_id = s.event_id WHEN NOT MATCHED THEN INSERT ("
        + columns.joined(separator: ", ") + ") VALUES (" + columns.map { "s.\($0)" }.joined(separator: ", ") + ")"

    /// As rows have them: mappings sort the members that they make.
    static let columns = [
        "amount", "amount_minor", "currency", "customer_id", "event_id", "occurred_at", "order_id", "source", "tenant",
        "type", "payload",
    ]

    /// The handle says how a statement ended.
    private static func state(_ request: FakeHTTPServer.Received) throws(Violation) -> FakeHTTPServer.Step {
        switch request.path {
        case "/api/v2/statements/handle-done": done
        case "/api/v2/statements/handle-failed":
            .answer(
                422,
                body:
                    #"{"code":"100038","message":"Numeric value 'x' is not recognized (refused by the imitation)","sqlState":"22018","statementHandle":"handle-failed"}"#
            )
        default: throw Violation("no such statement: \(request.path)")
        }
    }

    static let done = FakeHTTPServer.Step.answer(
        body: #"{"code":"090001","message":"Statement executed successfully.","statementHandle":"handle-done"}"#)

    static func running(_ handle: String) -> FakeHTTPServer.Step {
        .answer(
            202,
            body:
                #"{"code":"333334","message":"Asynchronous execution in progress.","statementHandle":"\#(handle)"}"#)
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [Self.running("handle-done")] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? { [Self.running("handle-failed")] }

    var unauthorized: [FakeHTTPServer.Step] {
        [.answer(401, body: #"{"code":"390144","message":"JWT token is invalid. [0ce9eb56]"}"#)]
    }
}

import Verifiers

@testable import WebhookGateway

/// The HTTP interface: rows in lines, and errors as text, with status 200 too.
struct ClickHouseImitation: APIImitation {
    let type = "clickhouse"
    private let password = "clickhouse-password-1"

    func configure(_ configuration: inout DestinationConfiguration, server: String) {
        configuration.url = Secret(literal: "\(server)/")
        configuration.credentials = ["password": Secret(literal: password)]
        configuration.settings = ["user": .text("gateway"), "database": .text("shop"), "table": .text("events")]
    }

    func read(_ request: FakeHTTPServer.Received) throws(Violation) -> Reading {
        try request.require("POST", "/")
        try request.require(header: "X-ClickHouse-User", "gateway")
        try request.require(header: "X-ClickHouse-Key", password)
        try request.require(atMost: 10_000_000)
        guard request.query("query") == "INSERT INTO `shop`.`events` FORMAT JSONEachRow",
            request.query("wait_end_of_query") == "1", request.query("async_insert") == "0",
            request.query("date_time_input_format") == "best_effort"
        else { throw Violation("the query is wrong: \(request.target)") }
        guard request.text.hasSuffix("\n") else { throw Violation("the last line has no end") }
        var events: [ReceivedEvent] = []
        for line in request.text.split(separator: "\n") {
            events.append(
                try WarehouseRows.read(try JSONCursor(Array(line.utf8), name: "row"), payloadIsText: true))
        }
        guard events.map(\.key) == events.map(\.key).sorted() else { throw Violation("rows are not in order") }
        let token = request.query("insert_deduplication_token")
        if token == Self.token(of: events.map(\.key)) { return .events(events) }
        // A forced replay's keys are others than the rows' ids.
        let forced = (1...9).map { number in events.map { "\($0.key)-r\(number)" } }
        guard let keys = forced.first(where: { Self.token(of: $0) == token }) else {
            throw Violation("insert_deduplication_token is not the batch's")
        }
        return .events(zip(keys, events).map { ReceivedEvent(key: $0, isSpoilt: $1.isSpoilt) })
    }

    private static func token(of keys: [String]) -> String {
        SHA256Hash.hex(of: Array(keys.joined(separator: "\n").utf8)[...])
    }

    func accept(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step] { [.answer()] }

    func refuse(_ events: [ReceivedEvent]) -> [FakeHTTPServer.Step]? {
        [
            .answer(
                body:
                    "Code: 27. DB::Exception: Cannot parse input: expected '\"' (refused by the imitation): (at row 3)\n. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 25.8.1.1 (official build))\n"
            )
        ]
    }

    var throttling: [FakeHTTPServer.Step]? {
        [.answer(500, body: "Code: 202. DB::Exception: Too many simultaneous queries. Maximum: 100.")]
    }

    var unauthorized: [FakeHTTPServer.Step] {
        [
            .answer(
                403, headers: ["X-ClickHouse-Exception-Code: 516"],
                body:
                    "Code: 516. DB::Exception: gateway: Authentication failed: password is incorrect, or there is no user with such name."
            )
        ]
    }
}

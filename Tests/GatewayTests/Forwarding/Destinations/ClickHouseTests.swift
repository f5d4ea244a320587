import Testing

@testable import WebhookGateway

@ControlPlane
struct ClickHouseDestinationTests {
    private func destination(_ server: FakeHTTPServer) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("clickhouse") { ClickHouseImitation().configure(&$0, server: server.url("")) },
                client: HTTPClient(version: "test")))
    }

    @Test(arguments: [
        (200, "Code: 252. DB::Exception: Too many parts", FailureCategory.rateLimit, true),
        (500, "Code: 241. DB::Exception: Memory limit exceeded", .providerError, true),
        (500, "Code: 242. DB::Exception: Table is in readonly mode", .providerError, true),
        (500, "Code: 99999. DB::Exception: something new", .providerError, true),
        (404, "Code: 60. DB::Exception: Table shop.events does not exist", .configuration, false),
        (500, "Code: 497. DB::Exception: Not enough privileges", .authorization, false),
        (200, "\nCode: 117. DB::Exception: Unknown field found", .dataError, false),
        (200, "42", .network, true), (500, "broken", .providerError, true),
    ])
    func `an exception's code tells, whatever the status`(
        _ status: Int, _ body: String, _ expected: FailureCategory, _ isRetried: Bool
    ) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, body: body)] }
        switch try await destination(server).send([try .sample()]).outcomes[0] {
        case .retry(let category, _, _) where isRetried: #expect(category == expected)
        case .dead(let category, _) where !isRetried: #expect(category == expected)
        case let outcome: Issue.record("\(outcome)")
        }
    }

    @Test func `the same events have the same token and body in whatever order, others another`() async throws {
        let server = try FakeHTTPServer { _ in [.answer()] }
        let destination = try destination(server)
        let events = [try Event.sample(id: "e2"), try Event.sample(id: "e1")]
        for batch in [events, events.reversed(), [events[0]]] { _ = await destination.send(batch) }
        let tokens = server.received.map { $0.query("insert_deduplication_token") }
        #expect(tokens[0] == tokens[1])
        #expect(tokens[0] != tokens[2])
        #expect(server.received[0].body == server.received[1].body)
    }

    @Test(arguments: [
        (
            200, #"{"data":[["event_id","String"]]}"#, CredentialCheck.Verdict.failed(.configuration),
            "lacks the columns"
        ),
        (
            200,
            #"{"data":[\#(SnowflakeImitation.columns.map { #"["\#($0)","String"]"# }.joined(separator: ","))]}"#,
            .verified, "has all columns"
        ),
        (404, "Code: 60. DB::Exception: Unknown table", .failed(.configuration), "Unknown table"),
        (200, "Code: 516. DB::Exception: Authentication failed", .failed(.authentication), "Authentication failed"),
    ])
    func `the table's columns are looked at`(
        _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict, _ words: String
    ) async throws {
        let server = try FakeHTTPServer { request in
            request.query("query") == "DESCRIBE TABLE `shop`.`events` FORMAT JSONCompact"
                ? [.answer(status, body: body)] : [.answer(500)]
        }
        let check = try await destination(server).check()
        #expect(check.verdict == verdict)
        #expect(check.explanation.contains(words), "\(check)")
    }

    @Test(arguments: [
        ("url", "https://ch.example.com/?user=x"), ("settings.table", "a`b"), ("settings.database", "a\\b"),
    ])
    func `what cannot stand in a query is refused`(_ key: String, _ value: String) {
        let problems = DestinationCatalog.problems(
            of: .sample("clickhouse") { configuration in
                ClickHouseImitation().configure(&configuration, server: "http://127.0.0.1")
                if key == "url" {
                    configuration.url = Secret(literal: value)
                } else {
                    configuration.settings[String(key.dropFirst("settings.".count))] = .text(value)
                }
            })
        #expect(problems.map(\.key) == [key])
    }
}

import Synchronization
import Testing

@testable import WebhookGateway

@ControlPlane
struct SnowflakeDestinationTests {
    private func destination(
        _ server: FakeHTTPServer, _ settings: [String: JSONValue] = [:]
    ) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("snowflake") { configuration in
                    SnowflakeImitation().configure(&configuration, server: server.url(""))
                    configuration.settings.merge(settings) { $1 }
                }, client: HTTPClient(version: "test"), unixMilliseconds: { Event.sampleMilliseconds + 1000 }))
    }

    private func requestIDs(_ server: FakeHTTPServer) -> [String] {
        server.received.compactMap { $0.query("requestId") }
    }

    @Test func `a statement is asked after until it has ended`() async throws {
        let server = try FakeHTTPServer { [polls = Mutex(0)] request in
            guard request.method == "GET" else { return [SnowflakeImitation.running("h1")] }
            let count = polls.withLock { count in
                count += 1
                return count
            }
            return [count < 3 ? SnowflakeImitation.running("h1") : SnowflakeImitation.done]
        }
        #expect(try await destination(server).send([try .sample()]).outcomes == [.delivered])
        #expect(server.received.map(\.method) == ["POST", "GET", "GET", "GET"])
        for request in server.received { try SnowflakeImitation.requireToken(request) }
    }

    @Test func `a statement without end is not delivered`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(202, body: #"{"code":"333334"}"#)] }
        guard
            case .retry(.providerError, let reason, _) = try await destination(server).send([try .sample()])
                .outcomes[0]
        else {
            Issue.record("delivered, or dead")
            return
        }
        #expect(reason.contains("statementTimeoutSeconds"))
    }

    @Test func `after an unknown outcome the same events are the same request, and said to be repeated`() async throws {
        let server = try FakeHTTPServer { request in request.number == 0 ? [.reset] : [SnowflakeImitation.done] }
        let destination = try destination(server)
        let events = [try Event.sample(id: "e1"), try Event.sample(id: "e2")]
        #expect(await destination.send(events).outcomes != [.delivered, .delivered])
        #expect(await destination.send(events.reversed()).outcomes == [.delivered, .delivered])
        #expect(await destination.send(events).outcomes == [.delivered, .delivered])
        #expect(await destination.send([events[0]]).outcomes == [.delivered])
        let ids = requestIDs(server)
        #expect(Set(ids[..<3]).count == 1)
        #expect(ids[3] != ids[0])
        #expect(server.received.map { $0.query("retry") } == [nil, "true", nil, nil])
    }

    @Test(arguments: [
        ("002003", FailureCategory.configuration), ("000606", .configuration), ("003001", .authorization),
        ("000904", .configuration), ("100038", .dataError), ("000630", .providerError),
    ])
    func `a statement that fails says why`(_ code: String, _ expected: FailureCategory) async throws {
        let server = try FakeHTTPServer { _ in
            [.answer(422, body: #"{"code":"\#(code)","message":"SQL error","sqlState":"42S02"}"#)]
        }
        switch try await destination(server).send([try .sample()]).outcomes[0] {
        case .retry(let category, _, _) where expected == .providerError: #expect(category == expected)
        case .dead(let category, let reason):
            #expect(category == expected)
            #expect(reason.contains(code))
        case let outcome: Issue.record("\(outcome)")
        }
    }

    @Test func `rows are inserted without a look at the table where that is asked for`() async throws {
        let server = try FakeHTTPServer { _ in [SnowflakeImitation.done] }
        let settings: [String: JSONValue] = ["write": .text("insert"), "payload": .boolean(false)]
        #expect(try await destination(server, settings).send([try .sample()]).outcomes == [.delivered])
        let statement = try server.received[0].json().string("statement")
        #expect(
            statement
                == #"INSERT INTO WEBHOOK_EVENTS (event_id, occurred_at, source, tenant, type) SELECT value:"event_id"::VARCHAR AS event_id, "#
                + #"value:"occurred_at" AS occurred_at, value:"source" AS source, value:"tenant" AS tenant, value:"type" AS type "#
                + "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?)))")
    }

    @Test(arguments: [
        (#"[{"match":"*","fields":{"event_id":"$.id","x\");DROP":"$.type"}}]"#, "letters, digits"),
        (#"[{"match":"*","fields":{"kind":"$.type"}}]"#, "no column event_id"),
    ])
    func `a column that cannot stand in a statement never gets there`(_ rules: String, _ words: String) async throws {
        let server = try FakeHTTPServer { _ in [SnowflakeImitation.done] }
        let mapping = try jsonValue(rules)
        let result = try await destination(server, ["mapping": mapping]).send([try .sample()])
        guard case .dead(.configuration, let reason) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains(words))
        #expect(server.received.isEmpty)
    }

    @Test func `the table's columns are looked at`() async throws {
        func check(_ columns: [String], _ status: Int = 200) async throws -> CredentialCheck {
            let rows = columns.map { #"["\#($0.uppercased())","VARCHAR"]"# }.joined(separator: ",")
            let server = try FakeHTTPServer { request in
                request.text.contains("DESCRIBE TABLE WEBHOOK_EVENTS")
                    ? [.answer(status, body: #"{"code":"\#(status == 200 ? "090001" : "002003")","data":[\#(rows)]}"#)]
                    : [.answer(500)]
            }
            return try await destination(server).check()
        }
        #expect(try await check(SnowflakeImitation.columns).verdict == .verified)
        let lacking = try await check(SnowflakeImitation.columns.dropLast())
        #expect(lacking.verdict == .failed(.configuration))
        #expect(lacking.explanation.contains("payload"))
        #expect(try await check([], 422).verdict == .failed(.configuration))
    }

    @Test(arguments: [
        ("account", "https://x.snowflakecomputing.com/", "credentials.account"),
        ("privateKey", "x", "credentials.privateKey"),
    ])
    func `credentials are looked at before they are used`(_ name: String, _ value: String, _ key: String) {
        let problems = DestinationCatalog.problems(
            of: .sample("snowflake") { configuration in
                SnowflakeImitation().configure(&configuration, server: "http://127.0.0.1")
                configuration.credentials[name] = Secret(literal: value)
            })
        #expect(problems.map(\.key) == [key])
    }
}

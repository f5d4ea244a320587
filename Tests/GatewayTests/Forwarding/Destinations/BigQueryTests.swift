import Synchronization
import Testing

@testable import WebhookGateway

@ControlPlane
struct BigQueryDestinationTests {
    private func destination(
        _ server: FakeHTTPServer, now: Int64 = Event.sampleMilliseconds + 1000,
        _ change: (inout DestinationConfiguration) -> Void = { _ in }
    ) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("bigquery") { configuration in
                    BigQueryImitation().configure(&configuration, server: server.url(""))
                    change(&configuration)
                }, client: HTTPClient(version: "test"), unixMilliseconds: { now }))
    }

    /// A server whose token endpoint is in order.
    private func server(_ answer: @escaping @Sendable (FakeHTTPServer.Received) -> FakeHTTPServer.Step) throws
        -> FakeHTTPServer
    {
        try FakeHTTPServer { request in
            guard request.target == "/token" else { return [answer(request)] }
            return (try? BigQueryImitation.grant(request)) ?? [.answer(400, body: #"{"error":"invalid_grant"}"#)]
        }
    }

    private nonisolated static let done = #"{"kind":"bigquery#tableDataInsertAllResponse"}"#

    @Test func `requests at the same time share one token, and later ones too`() async throws {
        let server = try server { _ in .answer(body: Self.done) }
        let destination = try destination(server)
        let event = try Event.sample()
        let tasks = (0..<5).map { _ in Task { @ControlPlane in await destination.send([event]).outcomes } }
        for task in tasks { #expect(await task.value == [.delivered]) }
        #expect(await destination.send([event]).outcomes == [.delivered])
        #expect(server.received.count { $0.target == "/token" } == 1)
    }

    @Test func `a token that is refused before its time is replaced once`() async throws {
        let server = try FakeHTTPServer { [refused = Mutex(false)] request in
            if request.target == "/token" { return (try? BigQueryImitation.grant(request)) ?? [.answer(400)] }
            return refused.withLock { refused in
                defer { refused = true }
                return refused ? [.answer(body: Self.done)] : [.answer(401, body: "{}")]
            }
        }
        #expect(try await destination(server).send([try .sample()]).outcomes == [.delivered])
        #expect(server.received.count { $0.target == "/token" } == 2)
    }

    @Test(arguments: [
        (
            400, #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            FailureCategory.authentication
        ),
        (400, #"{"error":"invalid_scope"}"#, .authorization), (503, "", .providerError), (200, "{}", .network),
        (200, "<html>Please log in</html>", .providerError), (429, "{}", .rateLimit),
    ])
    func `no token, and the events wait or die as its endpoint says`(
        _ status: Int, _ body: String, _ expected: FailureCategory
    ) async throws {
        let server = try FakeHTTPServer { _ in [.answer(status, body: body)] }
        let result = try await destination(server).send([try .sample()])
        switch result.outcomes[0] {
        case .delivered: Issue.record("delivered without a token")
        case .dead(let category, let reason), .retry(let category, let reason, _):
            #expect(category == expected)
            #expect(reason.contains("no access token from http://127.0.0.1"))
        }
        #expect(server.received.allSatisfy { $0.target == "/token" })
    }

    @Test(arguments: [
        (403, #"{"error":{"errors":[{"reason":"quotaExceeded"}]}}"#, FailureCategory.rateLimit, true),
        (403, #"{"error":{"errors":[{"reason":"accessDenied"}]}}"#, .authorization, false),
        (404, #"{"error":{"errors":[{"reason":"notFound"}]}}"#, .configuration, true),
        (400, #"{"error":{"message":"No rows present in the request."}}"#, .validation, false),
        (500, #"{"error":{"errors":[{"reason":"internalError"}]}}"#, .providerError, true),
        (
            200,
            #"{"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[{"index":0,"errors":[{"reason":"timeout"}]}]}"#,
            .providerError, true
        ),
        (
            200,
            #"{"kind":"bigquery#tableDataInsertAllResponse","insertErrors":[{"index":7,"errors":[{"reason":"invalid"}]}]}"#,
            .network, true
        ),
        (200, "{}", .network, true),
    ])
    func `answers are judged by their reason`(
        _ status: Int, _ body: String, _ expected: FailureCategory, _ isRetried: Bool
    ) async throws {
        let server = try server { _ in .answer(status, body: body) }
        switch try await destination(server).send([try .sample()]).outcomes[0] {
        case .retry(let category, _, _) where isRetried: #expect(category == expected)
        case .dead(let category, _) where !isRetried: #expect(category == expected)
        case let outcome: Issue.record("\(outcome)")
        }
    }

    @Test func `a row says the event with exact money and without what it has not`() async throws {
        let server = try server { _ in .answer(body: Self.done) }
        _ = try await destination(server) { $0.settings["payload"] = .boolean(false) }.send([
            try .sample(
                id: "e1", type: "refund.created",
                data: #"{"amount":{"minor":9007199254740993,"currency":"KWD","decimal":"9007199254740.993"}}"#)
        ])
        #expect(
            server.received.last?.text.contains(
                #"{"insertId":"e1","json":{"#) == true)
        let text = server.received.last?.text ?? ""
        for column in [
            #""type":"refund.created""#, #""amount_minor":9007199254740993"#, #""amount":"9007199254740.993""#,
            #""currency":"KWD""#, #""source":"stripe""#,
        ] {
            #expect(text.contains(column), "\(column) in \(text)")
        }
        #expect(!text.contains("payload"))
        #expect(!text.contains("customer_id"))
    }

    private nonisolated static let columns = [
        "event_id", "type", "occurred_at", "tenant", "source", "customer_id", "order_id", "amount_minor", "currency",
        "amount", "payload",
    ]

    private nonisolated static func schema(_ columns: [String]) -> String {
        #"{"schema":{"fields":[\#(columns.map { #"{"name":"\#($0)"}"# }.joined(separator: ","))]}}"#
    }

    @Test(arguments: [
        (200, schema(columns), CredentialCheck.Verdict.verified, "has all columns"),
        (200, schema(columns.dropLast()), .failed(.configuration), "lacks the columns payload"),
        (404, #"{"error":{"errors":[{"reason":"notFound"}]}}"#, .failed(.configuration), "does not know the table"),
        (403, #"{"error":{"errors":[{"reason":"accessDenied"}]}}"#, .failed(.authorization), "may not do this"),
    ])
    func `the table's columns are looked at`(
        _ status: Int, _ body: String, _ verdict: CredentialCheck.Verdict, _ words: String
    ) async throws {
        let server = try server { request in
            request.method == "GET" && request.target == "/bigquery/v2/projects/shop/datasets/events/tables/webhooks"
                ? .answer(status, body: body) : .answer(500)
        }
        let check = try await destination(server).check()
        #expect(check.verdict == verdict)
        #expect(check.explanation.contains(words), "\(check)")
    }

    @Test(arguments: [
        ("{", "not the JSON file of a service account"), ("{}", "no client_email"),
        (#"{"client_email":"a@b","private_key":"x"}"#, "no private key in PEM"),
    ])
    func `a file that is no service account's is refused`(_ file: String, _ reason: String) {
        let problems = DestinationCatalog.problems(
            of: .sample("bigquery") { configuration in
                BigQueryImitation().configure(&configuration, server: "http://127.0.0.1")
                configuration.credentials["serviceAccount"] = Secret(literal: file)
            })
        #expect(problems.map(\.key) == ["credentials.serviceAccount"])
        #expect(problems.first?.reason.contains(reason) == true)
    }
}

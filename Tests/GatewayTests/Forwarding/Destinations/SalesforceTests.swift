import Synchronization
import Testing

@testable import WebhookGateway

@ControlPlane
struct SalesforceDestinationTests {
    private func destination(
        _ server: FakeHTTPServer, _ change: (inout DestinationConfiguration) -> Void = { _ in }
    ) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("salesforce") { configuration in
                    SalesforceImitation().configure(&configuration, server: server.url(""))
                    change(&configuration)
                }, client: HTTPClient(version: "test"), unixMilliseconds: { Event.sampleMilliseconds + 1000 }))
    }

    /// A server that gives tokens to whoever asks.
    private func server(
        _ answer: @escaping @Sendable (FakeHTTPServer.Received) -> FakeHTTPServer.Step
    ) throws -> FakeHTTPServer {
        try FakeHTTPServer { request in
            [request.target == "/services/oauth2/token" ? SalesforceImitation.granted(request) : answer(request)]
        }
    }

    private nonisolated static let enqueued =
        #"[{"success":true,"errors":[{"statusCode":"OPERATION_ENQUEUED","message":"uuid"}]}]"#

    @Test func `a session that has ended is replaced once, and requests go to the token's instance`() async throws {
        let server = try server { [ended = Mutex(false)] _ in
            ended.withLock { ended in
                defer { ended = true }
                return ended
                    ? .answer(body: Self.enqueued) : .answer(401, body: #"[{"errorCode":"INVALID_SESSION_ID"}]"#)
            }
        }
        let result = try await destination(server).send([try .sample()])
        #expect(result.outcomes == [.delivered])
        #expect(result.request?.contains("/instance/services/data/v63.0/composite/sobjects") == true)
        #expect(server.received.count { $0.target == "/services/oauth2/token" } == 2)
        #expect(server.received.count { $0.target == "/instance/services/data/v63.0/composite/sobjects" } == 2)
    }

    @Test func `a client's secret does as well`() async throws {
        let server = try server { _ in .answer(body: Self.enqueued) }
        let destination = try destination(server) { configuration in
            configuration.credentials = [
                "clientId": Secret(literal: "id+1"), "clientSecret": Secret(literal: "s3cr3t&more"),
            ]
        }
        #expect(await destination.send([try .sample()]).outcomes == [.delivered])
        let request = try #require(server.received.first)
        #expect(request.form("grant_type") == "client_credentials")
        #expect(request.form("client_id") == "id+1")
        #expect(request.form("client_secret") == "s3cr3t&more")
    }

    @Test func `a client's secret that is echoed is masked`() async throws {
        let server = try FakeHTTPServer { _ in
            [.answer(400, body: #"{"error":"invalid_client","error_description":"no s3cr3t-1234"}"#)]
        }
        let result = try await destination(server) { configuration in
            configuration.credentials = [
                "clientId": Secret(literal: "id"), "clientSecret": Secret(literal: "s3cr3t-1234"),
            ]
        }.send([try .sample()])
        guard case .dead(.authentication, let reason) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(!reason.contains("s3cr3t-1234"))
    }

    @Test(arguments: [
        (
            200, #"[{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"m"}]}]"#,
            FailureCategory.providerError, true
        ),
        (200, #"[{"success":false,"errors":[{"statusCode":"LIMIT_EXCEEDED","message":"m"}]}]"#, .rateLimit, true),
        (
            200, #"[{"success":false,"errors":[{"statusCode":"INSUFFICIENT_ACCESS_OR_READONLY","message":"m"}]}]"#,
            .authorization, false
        ),
        (200, #"[{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG","message":"m"}]}]"#, .dataError, false),
        (200, "[]", .network, true), (200, "[{}]", .network, true),
        (400, #"[{"errorCode":"INVALID_FIELD","message":"No such column 'X__c'"}]"#, .configuration, false),
        (400, #"[{"errorCode":"TXN_ERROR","message":"Too many SOQL queries: 101"}]"#, .providerError, true),
        (403, #"[{"errorCode":"API_DISABLED_FOR_ORG","message":"m"}]"#, .authorization, false),
        (404, #"[{"errorCode":"NOT_FOUND","message":"m"}]"#, .configuration, false),
        (503, #"[{"errorCode":"SERVER_UNAVAILABLE","message":"m"}]"#, .providerError, true),
    ])
    func `answers are judged by their code`(
        _ status: Int, _ body: String, _ expected: FailureCategory, _ isRetried: Bool
    ) async throws {
        let server = try server { _ in .answer(status, body: body) }
        switch try await destination(server).send([try .sample()]).outcomes[0] {
        case .retry(let category, _, _) where isRetried: #expect(category == expected)
        case .dead(let category, _) where !isRetried: #expect(category == expected)
        case let outcome: Issue.record("\(outcome)")
        }
    }

    @Test func `a rule may name another platform event`() async throws {
        let server = try server { _ in .answer(body: Self.enqueued) }
        let mapping = try jsonValue(
            #"{extends:"salesforce",rules:[{match:"payment.*",type:"Sale__e",fields:{Sale_Id__c:"$.id"}}]}"#)
        let result = try await destination(server) { configuration in
            configuration.settings = ["mapping": mapping, "payload": .boolean(false)]
        }.send([try .sample(id: "e1")])
        #expect(result.outcomes == [.delivered])
        #expect(
            server.received.last?.text
                == #"{"allOrNone":false,"records":[{"Sale_Id__c":"e1","attributes":{"type":"Sale__e"}}]}"#)
    }

    @Test func `the event's definition and permission are looked at`() async throws {
        func check(_ fields: [String], createable: Bool = true) async throws -> CredentialCheck {
            let list = fields.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
            let server = try server { request in
                request.target == "/instance/services/data/v63.0/sobjects/Webhook_Event__e/describe"
                    ? .answer(body: #"{"createable":\#(createable),"fields":[\#(list)]}"#) : .answer(500)
            }
            return try await destination(server).check()
        }
        let all = SalesforceMapping.fields + ["Payload__c"]
        #expect(try await check(all).verdict == .verified)
        #expect(try await check(all, createable: false).verdict == .failed(.authorization))
        let lacking = try await check(SalesforceMapping.fields)
        #expect(lacking.verdict == .failed(.configuration))
        #expect(lacking.explanation.contains("Payload__c"))
    }

    @Test(arguments: [
        (["clientId"], "credentials"), (["clientId", "username"], "credentials"),
        (["clientId", "username", "privateKey", "clientSecret"], "credentials"),
        (["clientId", "username", "privateKey"], "credentials.privateKey"), (["clientSecret"], "credentials.clientId"),
    ])
    func `it takes a key with a user, or a secret`(_ names: [String], _ key: String) {
        let problems = DestinationCatalog.problems(
            of: .sample("salesforce") { configuration in
                for name in names { configuration.credentials[name] = Secret(literal: "x") }
            })
        #expect(problems.map(\.key) == [key])
    }
}

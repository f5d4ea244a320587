import Testing

@testable import WebhookGateway

@ControlPlane
struct AmplitudeDestinationTests {
    private func destination(_ server: FakeHTTPServer) throws -> any Destination {
        try DestinationCatalog.make(
            DestinationContext(
                .sample("amplitude") { configuration in
                    configuration.baseURL = server.url("")
                    configuration.credentials["apiKey"] = Secret(literal: "key-0123")
                }, client: HTTPClient(version: "test"), unixMilliseconds: { Event.sampleMilliseconds }))
    }

    private nonisolated static func ingested(_ request: FakeHTTPServer.Received) -> FakeHTTPServer.Step {
        let count = request.text.ranges(of: #""insert_id""#).count
        return .answer(body: #"{"code":200,"events_ingested":\#(count)}"#)
    }

    @Test func `a refund lowers the revenue`() async throws {
        let server = try FakeHTTPServer { [Self.ingested($0)] }
        let data = #"{"amount":{"minor":500,"currency":"USD","decimal":"5.00"},"order":{"id":"o"}}"#
        let result = try await destination(server).send([try .sample(type: "refund.created", data: data)])
        #expect(result.outcomes == [.delivered])
        let text = try #require(server.received.first?.text)
        #expect(text.contains(#""revenue":-5.00,"revenueType":"refund","currency":"USD""#))
        #expect(text.contains(#""device_id":"01JB2QK9Z8X4YV7WTN3M5R6P1D","event_type":"Order Refunded""#))
    }

    @Test func `only sales and refunds have revenue`() async throws {
        let server = try FakeHTTPServer { [Self.ingested($0)] }
        let data = #"{"amount":{"minor":500,"currency":"USD","decimal":"5.00"}}"#
        _ = try await destination(server).send([try .sample(type: "invoice.paid", data: data)])
        #expect(server.received.first?.text.contains("revenue") == false)
    }

    @Test func `those that go too fast wait, the others are sent at once`() async throws {
        let server = try FakeHTTPServer { request in
            guard request.number == 0 else { return [Self.ingested(request)] }
            return [
                .answer(
                    429,
                    body:
                        #"{"code":429,"error":"Too many requests","throttled_events":[1],"exceeded_daily_quota_users":{"c2":1}}"#
                )
            ]
        }
        let batch = try (0..<4).map { try Event.sample(id: "e\($0)", data: #"{"customer":{"id":"c\#($0)"}}"#) }
        let outcomes = try await destination(server).send(batch).outcomes
        #expect(outcomes[0] == .delivered && outcomes[3] == .delivered)
        guard case .retry(.rateLimit, _, .seconds(30)?) = outcomes[1],
            case .retry(.rateLimit, let reason, let after?) = outcomes[2]
        else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(reason.contains("daily quota"))
        // 08:41 to midnight.
        #expect(after == .seconds((15 * 60 + 19) * 60))
        #expect(server.received.count == 2)
    }

    @Test func `an index beyond the batch harms nobody`() async throws {
        let server = try FakeHTTPServer { _ in
            [.answer(400, body: #"{"code":400,"error":"bad","events_with_invalid_fields":{"time":[7,-1]}}"#)]
        }
        let outcomes = try await destination(server).send([try .sample()]).outcomes
        guard case .dead(.validation, _) = outcomes[0] else {
            Issue.record("\(outcomes)")
            return
        }
    }

    @Test(arguments: [
        (#"{"code":400,"error":"Invalid API key: key-0123"}"#, CredentialCheck.Verdict.failed(.authentication)),
        (#"{"code":400,"error":"Request missing required field","missing_field":"events"}"#, .unverifiable),
    ])
    func `a key is refused, or may be right`(_ body: String, _ verdict: CredentialCheck.Verdict) async throws {
        let server = try FakeHTTPServer { request in
            request.text == #"{"api_key":"key-0123","events":[],"options":{"min_id_length":1}}"#
                ? [.answer(400, body: body)] : [.answer(500)]
        }
        let check = try await destination(server).check()
        #expect(check.verdict == verdict)
        #expect(!check.explanation.contains("key-0123"))
    }
}

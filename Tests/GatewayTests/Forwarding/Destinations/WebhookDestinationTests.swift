import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct WebhookDestinationTests {
    /// The example of the Standard Webhooks specification.
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func destination(
        _ server: FakeHTTPServer, path: String = "/in", at milliseconds: Int64 = Event.sampleMilliseconds,
        _ change: (inout DestinationConfiguration) -> Void = { _ in }
    ) throws -> any Destination {
        let configuration = DestinationConfiguration.sample("webhook") { configuration in
            configuration.url = Secret(literal: server.url(path))
            configuration.credentials["secret"] = Secret(literal: secret)
            change(&configuration)
        }
        return try DestinationCatalog.make(
            DestinationContext(configuration, client: HTTPClient(version: "test"), unixMilliseconds: { milliseconds }))
    }

    @Test(arguments: [
        // The specification's own example; then one made by the `standardwebhooks` package of PyPI.
        (
            "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, #"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        ),
        (
            "01JB2QK9Z8X4YV7WTN3M5R6P1D", 1_795_250_460, #"{"a":"é"}"#,
            "v1,ygtd4kFTHsGRB62Qx0zAzbhvnWkyhSS0jKRcZ5CfbVM="
        ),
    ])
    func `a signature is the one that others make`(
        _ id: String, _ timestamp: Int64, _ body: String, _ expected: String
    ) throws {
        let signer = try StandardWebhookSigner([Secret(literal: secret)])
        #expect(signer.signature(id: id, timestamp: timestamp, body: Array(body.utf8)) == expected)
    }

    @Test func `an event is posted as one signed CloudEvent`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(200, body: "thanks")] }
        let event = try Event.sample()
        let result = try await destination(server, path: "/in?key=1").send([event])
        #expect(result.outcomes == [.delivered])
        #expect(result.status == 200)
        #expect(result.answer == "thanks")
        #expect(result.request == "POST http://127.0.0.1:\(server.port)/in")

        let received = try #require(server.received.first)
        #expect(received.method == "POST")
        #expect(received.target == "/in?key=1")
        #expect(received.body == event.json)
        #expect(received.headers["content-type"] == "application/cloudevents+json; charset=utf-8")
        #expect(received.headers["webhook-id"] == event.id)
        #expect(received.headers["webhook-timestamp"] == "1795250460")
        let bytes = try #require(Base64.decode(Array(secret.utf8.dropFirst(6))[...]))
        let key = try #require(HMACKey(bytes))
        let signed = Array("\(event.id).1795250460.".utf8) + event.json
        #expect(received.headers["webhook-signature"] == "v1,\(key.code(of: signed[...]).base64)")
    }

    @Test func `another attempt has the same id, a time of its own and a new signature`() async throws {
        let server = try FakeHTTPServer { $0.number == 0 ? [.answer(503)] : [.answer()] }
        let event = try Event.sample()
        let configuration = DestinationConfiguration.sample("webhook") { configuration in
            configuration.url = Secret(literal: server.url())
            configuration.credentials["secret"] = Secret(literal: secret)
        }
        let moment = Moment(Event.sampleMilliseconds)
        let destination = try WebhookDestination(
            DestinationContext(configuration, client: HTTPClient(version: "test"), unixMilliseconds: { moment.value }))
        let first = await destination.send([event])
        guard case .retry(.providerError, _, nil) = first.outcomes[0] else {
            Issue.record("\(first)")
            return
        }
        moment.value += 60_000
        let second = await destination.send([event])
        #expect(second.outcomes == [.delivered])
        let headers = server.received.map(\.headers)
        #expect(headers.map { $0["webhook-id"] } == [event.id, event.id])
        #expect(headers.map { $0["webhook-timestamp"] } == ["1795250460", "1795250520"])
        #expect(headers[0]["webhook-signature"] != headers[1]["webhook-signature"])
    }

    @Test(arguments: [true, false])
    func `during a rotation requests carry a signature of each secret`(_ inOne: Bool) async throws {
        let other = "whsec_" + String(decoding: Base64.encode([UInt8](repeating: 7, count: 32)[...]), as: UTF8.self)
        let server = try FakeHTTPServer()
        let event = try Event.sample()
        let destination = try destination(server) { configuration in
            if inOne {
                configuration.credentials["secret"] = Secret(literal: "\(secret) \(other)")
            } else {
                configuration.credentials["previousSecret"] = Secret(literal: other)
            }
        }
        _ = await destination.send([event])
        let signatures = try #require(server.received.first?.headers["webhook-signature"]).split(separator: " ")
        #expect(signatures.count == 2)
        for (signature, text) in zip(signatures, [secret, other]) {
            let alone = try StandardWebhookSigner([Secret(literal: text)])
            #expect(signature == alone.signature(id: event.id, timestamp: 1_795_250_460, body: event.json))
        }
    }

    @Test func `a receiver that asks to wait is waited for`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(429, headers: ["Retry-After: 17"], body: "slow down")] }
        let result = try await destination(server).send([try .sample()])
        guard case .retry(.rateLimit, _, .seconds(17)) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(result.status == 429)
        #expect(result.answer == "slow down")
    }

    @Test func `a redirect is not followed`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(301, headers: ["Location: /elsewhere"])] }
        let result = try await destination(server).send([try .sample()])
        guard case .retry(.unknown, _, _) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
        #expect(server.received.count == 1)
    }

    @Test func `a success is one, however long the answer`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(200, body: String(repeating: "<p>", count: 4 << 20))] }
        let result = try await destination(server).send([try .sample()])
        #expect(result.outcomes == [.delivered])
        #expect(result.answer?.utf8.count == 2048)
    }

    @Test func `what a receiver echoes of the secret is not recorded`() async throws {
        let echo = secret
        let server = try FakeHTTPServer { _ in [.answer(401, body: "bad secret \(echo)")] }
        let result = try await destination(server).send([try .sample()])
        #expect(result.answer == "bad secret •••")
        guard case .dead(.authentication, _) = result.outcomes[0] else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `a URL that is kept out of the configuration is kept out of records`() async throws {
        let server = try FakeHTTPServer()
        let url = server.url("/hooks/T0PS3CRET")
        let result = try await destination(server) {
            $0.url = Secret(origin: .environment("HOOK"), bytes: Array(url.utf8))
        }.send([try .sample()])
        #expect(result.outcomes == [.delivered])
        #expect(result.request == "POST http://127.0.0.1:\(server.port)/•••")
    }

    @Test func `no answer is tried again, a private address is not`() async throws {
        let server = try FakeHTTPServer { _ in [.reset] }
        let reset = try await destination(server).send([try .sample()])
        guard case .retry(.network, _, nil) = reset.outcomes[0] else {
            Issue.record("\(reset)")
            return
        }
        #expect(reset.status == nil)
        let refused = try await destination(server) { $0.allowPrivateAddresses = false }.send([try .sample()])
        guard case .dead(.configuration, _) = refused.outcomes[0] else {
            Issue.record("\(refused)")
            return
        }
        #expect(server.received.count == 1)
    }

    @Test func `several events become as many requests`() async throws {
        let server = try FakeHTTPServer { $0.headers["webhook-id"] == "b" ? [.answer(422)] : [.answer()] }
        let result = try await destination(server).send(["a", "b", "c"].map { try Event.sample(id: $0) })
        #expect(result.outcomes.map { $0 == .delivered } == [true, false, true])
        #expect(server.received.map { $0.headers["webhook-id"] } == ["a", "b", "c"])
    }
}

/// A clock that a test sets.
@ControlPlane
private final class Moment {
    var value: Int64

    init(_ value: Int64) { self.value = value }
}

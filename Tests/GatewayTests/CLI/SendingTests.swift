import Testing
import Verifiers

@testable import WebhookGateway

struct SendingTests {
    private func source(_ text: String) throws -> SourceConfiguration {
        let loaded = try ConfigurationSamples.load("{ sources: { shop: { \(text) } } }")
        return try #require(loaded.configuration.source(named: "shop"))
    }

    private func plan(
        _ source: SourceConfiguration, body: String = #"{"id":"evt_1"}"#, count: Int = 1, tampers: Bool = false
    ) -> DeliveryPlan {
        let sample = Sample(target: "/webhooks/shop", headers: [("X-Own", "1")], body: Array(body.utf8), now: 0)
        return DeliveryPlan(source: source, content: .sample(sample), count: count, renews: count > 1, tampers: tampers)
    }

    private func finish(
        _ plan: DeliveryPlan, to port: UInt16, rate: Int? = nil
    ) async throws -> (tally: DeliveryTally, seconds: Double, run: DeliveryRun) {
        let target = try SendTarget(url: "127.0.0.1:\(port)", source: "shop")
        let address = try #require(IPAddress("127.0.0.1"))
        let run = DeliveryRun(
            plan, to: target, at: [.ip(address, port: port)], perSecond: rate, keepingAllAnswers: plan.count <= 10,
            keepsCaptures: true)
        let (tally, seconds) = try await run.finish()
        return (tally, seconds, run)
    }

    @Test func `a single delivery keeps its ids and is signed`() async throws {
        let server = try FakeHTTPServer { _ in
            [.answer(body: #"{"received":true,"events":[{"id":"1","duplicate":true}]}"#)]
        }
        let source = try source("provider: 'stripe', secrets: ['whsec_1']")
        let (tally, _, run) = try await finish(plan(source), to: server.port)
        let received = try #require(server.received.first)
        #expect(received.text == #"{"id":"evt_1"}"#)
        #expect(received.target == "/webhooks/shop")
        #expect(received.headers["x-own"] == "1")
        #expect((tally.accepted, tally.events, tally.duplicates) == (1, 1, 1))
        #expect(tally.answers.map(\.status) == [200])
        let captures = CaptureReader.requests(in: run.sentCaptures)
        let capture = try #require(captures.first).get()
        let verdict = try RequestVerifier(source, in: Configuration()).verdict(on: capture, now: capture.arrival ?? 0)
        #expect(verdict == .accepted(secret: 1))
    }

    @Test func `many deliveries have ids of their own and share connections`() async throws {
        let server = try FakeHTTPServer { request in
            [.answer(request.number % 10 == 0 ? 503 : 200, body: #"{"events":[{"duplicate":false}]}"#)]
        }
        let (tally, seconds, run) = try await finish(
            plan(try source("provider: 'stripe', secrets: ['whsec_1']"), count: 300), to: server.port)
        #expect(Set(server.received.map(\.text)).count == 300)
        #expect(Set(server.received.map(\.connection)).count <= 16)
        #expect((tally.sent, tally.accepted, tally.events, tally.duplicates) == (300, 270, 270, 0))
        #expect(tally.refused == [503: 30])
        #expect(tally.answers.map(\.status) == [503, 503, 503])
        #expect(
            tally.summary(seconds: seconds).hasSuffix("270 accepted (270 events, 0 duplicate), 30 refused with 503"))
        #expect(CaptureReader.requests(in: run.sentCaptures).count == 300)
    }

    @Test func `a connection that the server gave up is replaced`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(), .close] }
        let (tally, _, _) = try await finish(
            plan(try source("provider: 'stripe', secrets: ['whsec_1']"), count: 40), to: server.port)
        #expect(server.connections >= 40)
        #expect(tally.accepted == 40)
        #expect(tally.failed == 0)
    }

    @Test func `a rate holds the deliveries back`() async throws {
        let server = try FakeHTTPServer()
        let (tally, seconds, _) = try await finish(
            plan(try source("provider: 'stripe', secrets: ['whsec_1']"), count: 11), to: server.port, rate: 100)
        #expect(tally.accepted == server.received.count)
        #expect(tally.accepted == 11)
        #expect(seconds >= 0.1)
    }

    @Test func `nobody there is said once`() async throws {
        let port = try FakeHTTPServer().port
        let (tally, _, _) = try await finish(
            plan(try source("provider: 'stripe', secrets: ['whsec_1']"), count: 1000), to: port)
        #expect(tally.sent <= 16)
        #expect(tally.firstFailure?.hasPrefix("cannot connect") == true)
    }

    @Test(arguments: [
        "provider: 'stripe', secrets: ['whsec_1']", "provider: 'quickbooks', secrets: ['token']",
        "provider: 'square', secrets: ['key'], notificationURL: 'https://h/x'",
        "provider: 'mailchimp', secrets: ['a-secret']",
        "provider: 'mailchimp', secrets: ['a-secret'], allowedAddresses: ['192.0.2.0/24']",
    ])
    func `a tampered delivery is refused by its provider, an untouched one accepted`(_ text: String) throws {
        let source = try source(text)
        let peer = source.allowedAddresses?.first?.address
        for tampers in [false, true] {
            let request = try DeliverySigner(plan(source, tampers: tampers)).request(0, now: 1000)
            let verdict = try RequestVerifier(source, in: Configuration()).verdict(on: request, now: 1000, peer: peer)
            #expect(verdict.isAccepted == !tampers)
        }
    }

    @Test func `targets come from a URL or from the configuration`() throws {
        #expect(try SendTarget(url: "http://[::1]:81/a?b#c", source: "s").target == "/a?b")
        #expect(try SendTarget(url: "HTTP://h", source: "s") == SendTarget(url: "h:80/webhooks/s", source: "x"))
        #expect(SendTarget(ListenConfiguration(), source: "s") == (try SendTarget(url: "127.0.0.1:8080", source: "s")))
        let secure = try SendTarget(url: "https://h", source: "s")
        #expect(secure.security == .tls && secure.address.port == 443 && secure.target == "/webhooks/s")
        for url in ["ftp://h", "http://", "https://", "http://h:x"] {
            #expect(throws: UsageError.self) { try SendTarget(url: url, source: "s") }
        }
    }

    @Test func `fixtures are found by name, with help for slips`() throws {
        let directory = try TemporaryDirectory()
        for name in ["b", "payment_intent.succeeded"] {
            try HostFile.makeDirectory("\(directory.path)/stripe/\(name)")
            _ = try directory.file("stripe/\(name)/request.http", "POST / HTTP/1.1\r\n\r\n\(name)")
        }
        let library = try FixtureLibrary(directory.path)
        #expect(library.names(of: "stripe") == ["b", "payment_intent.succeeded"])
        #expect(try library.request(nil, of: "stripe").body == Array("payment_intent.succeeded".utf8))
        #expect(try library.request("b", of: "stripe").body == Array("b".utf8))
        let slip = #expect(throws: UsageError.self) { try library.request("payment_intent.suceeded", of: "stripe") }
        #expect(slip?.description.contains("did you mean payment_intent.succeeded?") == true)
        #expect(throws: UsageError.self) { try library.request(nil, of: "square") }
        #expect(throws: UsageError.self) { try FixtureLibrary("\(library.names(of: "stripe"))") }
    }
}

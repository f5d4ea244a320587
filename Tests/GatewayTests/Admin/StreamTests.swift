import Testing
import Verifiers

@testable import WebhookGateway

/// Server-sent events over a real socket.
@ControlPlane
struct StreamTests {
    private static func add(_ number: Int, tenant: String, to store: StoreFixture) async throws {
        let (id, keys) = (StoreFixture.id(number), store.keys)
        let json =
            #"{"specversion":"1.0","id":"\#(id)","source":"/webhooks/stripe","type":"payment.succeeded","#
            + #""tenant":"\#(tenant)","data":{}}"#
        let now = Clock.unixMilliseconds()
        _ = try await store.connection.pipeline([
            ["SET", .text(keys.event(id)), .text("{}\n\(json)\n")],
            ["ZADD", .text(keys.index("stripe")), .integer(now), .text(id)],
        ])
    }

    /// Reads from the probe, away from the control plane, until the text is there; `begun` ends when the stream has begun.
    @concurrent
    private nonisolated static func read(
        _ port: UInt16, _ request: String, until text: String, begun: AsyncStream<Void>.Continuation? = nil
    ) async throws -> String {
        defer { begun?.finish() }
        let probe = try HTTPProbe(port: port)
        try probe.write(request.utf8)
        let deadline = ContinuousClock.now + .seconds(30)
        var found = ""
        while !found.contains(text), let byte = probe.readByte() {
            guard ContinuousClock.now < deadline else { throw TimedOut(description: "not within 30 s: \(text)") }
            found.unicodeScalars.append(Unicode.Scalar(byte))
            if found.hasSuffix("retry: 2000") { begun?.finish() }
        }
        return found
    }

    @Test func `a new event comes down the stream, another tenant's does not; a missed one is made up for`()
        async throws
    {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let token = try await bench.token(.viewer, tenant: "acme")
            let head =
                "GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
            let port = bench.port
            let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
            let reading = Task {
                try await Self.read(port, head + "\r\n", until: StoreFixture.id(3), begun: continuation)
            }
            for await _ in begun {}
            for (number, tenant) in [(1, "acme"), (2, "other"), (3, "acme")] {
                try await Self.add(number, tenant: tenant, to: bench.store)
            }
            let text = try await reading.value
            #expect(text.contains("Content-Type: text/event-stream"))
            #expect(text.contains("event: event") && text.contains(StoreFixture.id(1)))
            #expect(!text.contains(StoreFixture.id(2)))
            let last = try #require(text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("id: ") }).dropFirst(4)
            let again = try await Self.read(
                port, head + "Last-Event-ID: \(last.trimmingPrefix(" "))\r\n\r\n", until: StoreFixture.id(3))
            #expect(again.contains(StoreFixture.id(3)) && !again.contains(StoreFixture.id(2)))
        }
    }

    @Test func `the place of one who has gone is free long before the next heartbeat`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let feed = bench.handler.services.feed
            let token = try await bench.token(.viewer, tenant: "acme")
            let head = "GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
            var kept: [EventFeed.Subscriber] = []
            for _ in 1..<EventFeed.mostOfTenant {
                kept.append(try #require(feed.subscribe(EventQuery(), tenant: "acme")))
            }
            // It reads the beginning, and goes.
            #expect(try await Self.read(bench.port, head, until: "retry: 2000").contains("200 OK"))
            let start = ContinuousClock.now
            try await eventually("its place is free") {
                guard let subscriber = feed.subscribe(EventQuery(), tenant: "acme") else { return false }
                kept.append(subscriber)
                return true
            }
            #expect(ContinuousClock.now - start < .seconds(8))
            for subscriber in kept { feed.unsubscribe(subscriber) }
        }
    }

    @Test func `one tenant's streams do not keep others from watching`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let feed = bench.handler.services.feed
            var kept: [EventFeed.Subscriber] = []
            for _ in 0..<EventFeed.mostOfTenant {
                kept.append(try #require(feed.subscribe(EventQuery(), tenant: "acme")))
            }
            #expect(feed.subscribe(EventQuery(), tenant: "acme") == nil)
            kept.append(try #require(feed.subscribe(EventQuery(), tenant: "other")))
            kept.append(try #require(feed.subscribe(EventQuery(), tenant: nil)))
            for subscriber in kept { feed.unsubscribe(subscriber) }
        }
    }
}

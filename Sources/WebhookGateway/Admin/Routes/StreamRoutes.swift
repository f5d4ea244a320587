import Verifiers

/// Events as they come in, as server-sent events (html.spec.whatwg.org, "Server-sent events").
enum StreamRoutes {
    private static let heartbeat = Duration.seconds(15)
    /// How soon the place of one who has gone is free for another.
    private static let glance = Duration.seconds(1)
    /// A stream ends then, and the browser asks again. A token that was revoked or has expired is noticed by the heartbeat.
    private static let longest = Duration.seconds(15 * 60)
    /// Events since `Last-Event-ID` that are made up for at most.
    private static let mostMissed = 500

    static let all: [Route] = [
        Route(
            .get, "/api/v1/events/stream", "events.stream", "Events as they come in, as server-sent events",
            .role(.viewer),
            query: [
                Shape.Member("source", .name),
                Shape.Member("type", .text(longest: 200), "`*` stands for any characters"),
                Shape.Member("tenant", .name),
            ],
            headers: [
                Shape.Member("Last-Event-ID", .text(longest: 100), "the last event seen: those after it are sent")
            ],
            answer: .other(
                "`event: event` with an event as `events.list` has it; a comment every 15 s.", MediaType.eventStream),
            problems: [.notFound], handle: stream)
    ]

    @ControlPlane
    private static func stream(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let store = request.store(services)
        try await request.names(services).check { request.query($0) }
        var asked = EventQuery(sources: request.query("source").map { [$0] })
        asked.type = request.query("type").map { TypePattern($0) }
        asked.tenant = request.query("tenant")
        guard let query = store.restricted(asked) else {
            throw Problem(.forbidden, "The token is for another tenant.")
        }
        let last = request.headers.first("last-event-id").flatMap { EventCursor(String(decoding: $0, as: UTF8.self)) }
        let missed = try await missed(since: last, query, store)
        var reply = Reply(.stream(.ok, contentType: MediaType.eventStream))
        let tenant = request.principal.tenant
        let credentials = RequestCredentials(request.headers)
        reply.stream = { writer in
            guard let subscriber = services.feed.subscribe(query, tenant: tenant) else {
                _ = writer.send("event: busy\ndata: {}\n\n")
                return
            }
            defer { services.feed.unsubscribe(subscriber) }
            guard writer.send("retry: 2000\n\n" + missed.map(Self.text).joined()) else { return }
            var now = ContinuousClock.now
            let end = now + longest
            var beat = now + heartbeat
            while now < end {
                let (events, dropped) = await services.feed.next(subscriber, within: glance)
                guard writer.isOpen else { return }
                var text = events.map(Self.text).joined()
                if dropped > 0 { text += "event: dropped\ndata: {\"events\":\(dropped)}\n\n" }
                now = ContinuousClock.now
                if now >= beat {
                    beat = now + heartbeat
                    guard await isKnown(credentials, services) else { return }
                    if text.isEmpty { text = ":\n\n" }
                }
                guard text.isEmpty || writer.send(text) else { return }
            }
        }
        return reply
    }

    /// Whether they are still somebody's; a Redis that is away says nothing about that.
    @ControlPlane
    private static func isKnown(_ credentials: RequestCredentials, _ services: AdminServices) async -> Bool {
        do {
            _ = try await services.authenticator.identity(credentials, from: nil)
            return true
        } catch {
            return (error as? Problem)?.status != .unauthorized
        }
    }

    /// The events since a position, oldest first.
    @ControlPlane
    private static func missed(
        since last: EventCursor?, _ query: EventQuery, _ store: PrincipalStore
    ) async throws -> [EventSummary] {
        guard let last else { return [] }
        var query = query
        query.from = last.receivedAt
        let scan = try await store.events(query, limit: mostMissed, after: nil)
        return scan.events.filter { ($0.receivedAt, $0.id) > (last.receivedAt, last.id) }.reversed()
    }

    /// A line of JSON has no line ends, so one data field holds it.
    private static func text(_ event: EventSummary) -> String {
        "id: \(event.cursor)\nevent: event\ndata: \(event.line.text)\n\n"
    }
}

import Verifiers

/// Search the archive and inspect events.
enum EventRoutes {
    static let statuses = EventStatus.allCases.map(\.rawValue) + ["waiting"]

    /// What selects events, in a query and in the body of a replay.
    static let filter: [Shape.Member] = [
        Shape.Member("source", .name), Shape.Member("type", .text(longest: 200), "`*` stands for any characters"),
        Shape.Member("status", .choice(statuses), "`waiting` is `forwarding`"),
        Shape.Member("destination", .name, "which has had to do with it"), Shape.Member("tenant", .name),
        Shape.Member("from", .moment, "received then or later"), Shape.Member("to", .moment, "received then or before"),
    ]

    private static let summary: [Shape.Member] = [
        Shape.Member("id", .string), Shape.Member("receivedAt", .moment), Shape.Member("source", .string),
        Shape.Member("type", .string), Shape.Member("status", .choice(EventStatus.allCases.map(\.rawValue))),
        Shape.Member("tenant", .string), Shape.Member("subject", .optional(.string)),
        Shape.Member("providerType", .optional(.string)), Shape.Member("providerId", .optional(.string)),
    ]

    private static let detail: [Shape.Member] =
        summary + [
            Shape.Member("bodyBytes", .integer(0 ... .max)),
            Shape.Member("metadata", .anything, "how it was delivered"),
            Shape.Member("event", .anything, "the CloudEvent"),
            Shape.Member(
                "destinations",
                .list(
                    .object(
                        Shape.requiring([
                            Shape.Member("destination", .string), Shape.Member("status", .string),
                            Shape.Member("attempts", .integer(0 ... .max)),
                            Shape.Member("category", .optional(.string)),
                            Shape.Member("reason", .optional(.string)),
                            Shape.Member("httpStatus", .optional(.integer(0...999))),
                        ]) + [
                            Shape.Member("unverifiable", .boolean, "delivered, and its answer proves nothing")
                        ]))),
            Shape.Member("attempts", .list(.anything, longest: 100_000), "oldest first, with request and answer"),
        ]

    private static let id = Shape.Member("id", .text(longest: 200), "the event's id, or the provider's")

    static let all: [Route] = [
        Route(
            .get, "/api/v1/events", "events.list", "Search the archive, newest first", .role(.viewer),
            query: filter + [
                Shape.Member("q", .text(longest: 200), "an event's or provider's id, else text in event or body"),
                .limit, .cursor,
            ],
            answer: .page(
                "What was found in about 100 ms.", of: .record(summary),
                and: [
                    Shape.Member("scannedTo", .optional(.moment), "how far back the search came; null: to the end")
                ]), problems: [.notFound], handle: list),
        Route(
            .get, "/api/v1/events/{id}", "events.show", "One event: delivery, envelope, destinations, attempts",
            .role(.viewer), parameters: [id], answer: .json("All that is known of it.", .record(detail)),
            problems: [.conflict]
        ) { request, services in
            let detail = try await request.store(services).event(request.path("id"))
            return .json(request.principal.tenant == nil ? detail.line : detail.withoutSharedAnswers.line)
        },
        Route(
            .get, "/api/v1/events/{id}/raw", "events.raw", "The body's bytes exactly as they were received",
            .role(.viewer), parameters: [id], answer: .other("The bytes, as an attachment.", MediaType.bytes),
            problems: [.conflict]
        ) { request, services in
            let detail = try await request.store(services).event(request.path("id"))
            var response = Response(.ok, contentType: MediaType.bytes, body: Array(detail.record.body))
            response.fields.append(("Content-Disposition", "attachment; filename=\"\(detail.id).bin\""))
            return Reply(response)
        },
    ]

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let store = request.store(services)
        try await request.names(services).check { request.query($0) }
        var query = EventQuery(sources: request.query("source").map { [$0] })
        query.type = request.query("type").map { TypePattern($0) }
        query.status = request.query("status").flatMap(status)
        query.destination = request.query("destination")
        query.tenant = request.query("tenant")
        query.from = request.moment("from")
        query.to = request.moment("to")
        let cursor = try await request.position(in: "events", services, EventCursor.init)
        if let text = request.query("q") {
            if cursor == nil {
                let named = try await store.events(named: text, source: request.query("source"))
                if !named.isEmpty {
                    let found = named.compactMap(\.summary).filter { query.matches($0) && query.spans($0) }
                    return try await page(EventScan(events: found), request, services)
                }
            }
            query.text = text
        }
        return try await page(
            try await store.events(query, limit: request.limit, after: cursor), request, services)
    }

    static func status(_ text: String) -> EventStatus? {
        text == "waiting" ? .forwarding : EventStatus(rawValue: text)
    }

    private static func page(
        _ scan: EventScan, _ request: AdminRequest, _ services: AdminServices
    ) async throws -> Reply {
        var scannedTo = scan.scannedTo
        if request.principal.tenant != nil {
            // It is the moment of an event that may be another tenant's.
            scannedTo = scannedTo.map { min(($0 / 60_000 + 1) * 60_000, Clock.unixMilliseconds()) }
        }
        return .page(
            scan.events.map(\.line.json), next: try await request.next(scan.next, in: "events", services)
        ) { line in
            line.add("scannedTo", scannedTo.map(Timestamp.text))
        }
    }
}

extension EventQuery {
    /// Whether the event was received in the query's time.
    fileprivate func spans(_ event: EventSummary) -> Bool {
        event.receivedAt >= from ?? .min && event.receivedAt <= to ?? .max
    }
}

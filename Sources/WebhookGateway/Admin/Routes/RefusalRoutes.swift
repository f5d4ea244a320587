import Verifiers

/// Deliveries that were refused as unauthentic: see why, and take them in after all.
enum RefusalRoutes {
    private static let reasons = VerificationFailure.allCases.map(\.rawValue)

    private static let filter: [Shape.Member] = [
        Shape.Member("source", .name), Shape.Member("reason", .choice(reasons)),
        Shape.Member("from", .moment, "refused then or later"), Shape.Member("to", .moment, "refused then or before"),
    ]

    private static let refusal: [Shape.Member] = [
        Shape.Member("id", .string, "the request's `X-Request-Id`"), Shape.Member("source", .string),
        Shape.Member("tenant", .string), Shape.Member("refusedAt", .moment),
        Shape.Member("reason", .choice(reasons), "why it was refused then"),
        Shape.Member("httpStatus", .integer(400...599), "what the provider was answered"),
        Shape.Member("peer", .optional(.string), "the client's address"),
        Shape.Member("bodyBytes", .integer(0 ... .max)),
        Shape.Member("body", .choice(["kept", "too_large", "withheld", "accepted"]), "what became of its body"),
        Shape.Member("acceptable", .boolean, "whether it proves authentic by the configuration of now"),
        Shape.Member("events", .optional(.list(.string, longest: 10_000)), "what it became; null: it was not accepted"),
    ]

    private static let detail: [Shape.Member] =
        refusal + [
            Shape.Member("explanation", .optional(.string), "the likely cause now; null: it can be accepted"),
            Shape.Member(
                "secret", .optional(.integer(0 ... .max)), "which secret proves it now, from 1; 0: its address"),
            Shape.Member("method", .string), Shape.Member("target", .string, "path and query; `•••` for secrets"),
            Shape.Member("headers", .list(.list(.string, longest: 2)), "name and value; `•••` for secrets"),
        ]

    private static let event = Shape.record([
        Shape.Member("id", .string), Shape.Member("duplicate", .boolean), Shape.Member("quarantined", .boolean),
    ])

    private static let selection = Shape.alternatives(
        [
            Shape.Member("ids", .list(.text(longest: 64), longest: 1000), "refusals by their ids"),
            Shape.Member("filter", .object(filter), "all that it means; {} means all there are"),
        ], among: ["ids", "filter"], isRequired: true)

    private static let left = Shape.Member(
        "refused",
        .list(.record([Shape.Member("id", .string), Shape.Member("reason", .string)]), longest: 1000),
        "the first 1000 that were left alone, and why")

    private static let id = Shape.Member("id", .text(longest: 64), "the request's `X-Request-Id`")

    static let all: [Route] = [
        Route(
            .get, "/api/v1/refusals", "refusals.list", "Deliveries refused as unauthentic, newest first",
            .role(.viewer),
            query: filter + [.limit, .cursor], answer: .page("Refused deliveries.", of: .record(refusal))
        ) { request, services in
            let desk = RefusalDesk(request.principal, services)
            let page = try await desk.list(
                try filter { request.query($0) }, limit: request.limit,
                before: try request.cursor { ULID($0)?.description })
            return .page(page.refusals.map { desk.summary(of: $0).json }, next: page.next)
        },
        Route(
            .get, "/api/v1/refusals/{id}", "refusals.show", "One of them, and why it is refused", .role(.viewer),
            parameters: [id], answer: .json("All that is kept of it.", .record(detail))
        ) { request, services in
            let desk = RefusalDesk(request.principal, services)
            return .json(desk.detail(of: try await desk.refusal(request.path("id"))))
        },
        Route(
            .get, "/api/v1/refusals/{id}/raw", "refusals.raw", "The body's bytes as they were received", .role(.viewer),
            parameters: [id], answer: .other("The bytes, as an attachment.", MediaType.bytes)
        ) { request, services in
            let refusal = try await RefusalDesk(request.principal, services).refusal(request.path("id"))
            guard refusal.bodyState == .kept else {
                throw Problem(.notFound, "The refusal's body is not kept (any more).")
            }
            var response = Response(.ok, contentType: MediaType.bytes, body: Array(refusal.body))
            response.fields.append(("Content-Disposition", "attachment; filename=\"\(refusal.id).bin\""))
            return Reply(response)
        },
        Route(
            .post, "/api/v1/refusals/accept", "refusals.acceptMany",
            "Take in those that prove authentic by the configuration of now", .role(.operator), body: selection,
            answer: .json(
                "What it came to.",
                .record([
                    Shape.Member("accepted", .integer(0 ... .max)),
                    Shape.Member("events", .integer(0 ... .max), "new ones among what they became"), left,
                    Shape.Member("refusedCount", .integer(0 ... .max)),
                ])), handle: acceptMany),
        Route(
            .post, "/api/v1/refusals/discard", "refusals.discardMany", "Forget refused deliveries", .role(.operator),
            body: selection,
            answer: .json(
                "What it came to.",
                .record([
                    Shape.Member("discarded", .integer(0 ... .max)), left,
                    Shape.Member("refusedCount", .integer(0 ... .max)),
                ])), handle: discardMany),
        Route(
            .post, "/api/v1/refusals/{id}/accept", "refusals.accept",
            "Take one in, if it proves authentic by the configuration of now; its time of arrival counts",
            .role(.operator), parameters: [id],
            answer: .json("What it became.", .record([Shape.Member("events", .list(event, longest: 10_000))])),
            problems: [.unprocessableContent]
        ) { request, services in
            let desk = RefusalDesk(request.principal, services)
            let refusal = try await desk.refusal(request.path("id"))
            switch try await desk.acceptance.accept(refusal) {
            case .refused(let reason):
                throw Problem(.unprocessableContent, "It is not accepted: \(reason).")
            case .accepted(let events):
                var line = JSONLine()
                line.add("events", list: events.map(\.line.json))
                return .json(line, note: "source \(refusal.source): \(events.map(\.id).joined(separator: " "))")
            }
        },
        Route(
            .delete, "/api/v1/refusals/{id}", "refusals.discard", "Forget a refused delivery", .role(.operator),
            parameters: [id], answer: .nothing("It is gone.")
        ) { request, services in
            let desk = RefusalDesk(request.principal, services)
            _ = try await desk.store.discard(try await desk.refusal(request.path("id")))
            return .nothing
        },
    ]

    // MARK: Many

    private static func filter(_ value: (String) -> String?) throws(Problem) -> RefusalFilter {
        RefusalFilter(
            source: value("source"), reason: value("reason").flatMap(VerificationFailure.init),
            from: value("from").flatMap(Shape.milliseconds), to: value("to").flatMap(Shape.milliseconds))
    }

    /// The ids of the refusals that a body means, the newest first, and the selection for the audit log.
    @ControlPlane
    private static func selected(
        _ request: AdminRequest, _ desk: RefusalDesk
    ) async throws -> (ids: [String], isNamed: Bool, note: String) {
        switch (request.texts("ids"), request.body.member("filter")) {
        case (let ids?, nil): return (ids, true, "\(ids.count) by id")
        case (nil, let node?):
            let filter = try filter { request.body.string(of: request.body.member(named: $0, of: node)) }
            let note = String(decoding: request.body.text(of: node).prefix(500), as: UTF8.self)
            return (try await desk.store.ids(filter, of: desk.names), false, note)
        default: throw Problem(.badRequest, "Either ids or filter must be there.")
        }
    }

    @ControlPlane
    private static func acceptMany(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let desk = RefusalDesk(request.principal, services)
        let (ids, isNamed, selection) = try await selected(request, desk)
        let acceptance = desk.acceptance
        var (accepted, events) = (0, 0)
        var left: [(id: String, reason: String)] = []
        // The oldest first: so they arrived.
        for id in ids.reversed() {
            guard let refusal = try await desk.find(id) else {
                left.append((id, RefusalDesk.gone))
                continue
            }
            if refusal.events != nil, !isNamed { continue }
            // Of those that nobody named the kind of failure says enough; a likely cause takes longer to find.
            switch try await acceptance.accept(refusal, explains: isNamed) {
            case .accepted(let new):
                accepted += 1
                events += new.count { !$0.isDuplicate }
            case .refused(let reason): left.append((refusal.id, reason))
            }
        }
        var line = JSONLine()
        line.add("accepted", accepted)
        line.add("events", events)
        add(left, to: &line)
        return .json(line, note: "\(accepted) accepted, \(left.count) left alone: \(selection)")
    }

    @ControlPlane
    private static func discardMany(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let desk = RefusalDesk(request.principal, services)
        let (ids, _, selection) = try await selected(request, desk)
        var discarded = 0
        var left: [(id: String, reason: String)] = []
        for id in ids {
            if let refusal = try await desk.find(id), try await desk.store.discard(refusal) {
                discarded += 1
            } else {
                left.append((id, RefusalDesk.gone))
            }
        }
        var line = JSONLine()
        line.add("discarded", discarded)
        add(left, to: &line)
        return .json(line, note: "\(discarded) discarded: \(selection)")
    }

    private static func add(_ left: [(id: String, reason: String)], to line: inout JSONLine) {
        line.add(
            "refused",
            list: left.prefix(1000).map { id, reason in
                var line = JSONLine()
                line.add("id", id)
                line.add("reason", reason)
                return line.json
            })
        line.add("refusedCount", left.count)
    }
}

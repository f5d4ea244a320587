import Verifiers

/// Send archived events once more: one, or many by plan and apply.
enum ReplayRoutes {
    private static let mapping = Shape.Member(
        "mapping", .choice(["original", "current"]), "`current`: mapped anew by the mapping in force; `original`")

    private static let force = Shape.Member(
        "force", .boolean, "destinations get a new deduplication key, `<id>-r<n>`, and take the event as a new one")

    private static let idempotencyKey = Shape.Member(
        "Idempotency-Key", .text(longest: 200),
        "the same key makes the same replay, for a day; 422: it has made another")

    private static let job = Shape.record([
        Shape.Member("id", .string), Shape.Member("state", .choice(ReplayJob.State.allCases.map(\.rawValue))),
        Shape.Member("who", .string), Shape.Member("tenant", .optional(.string)),
        Shape.Member("createdAt", .moment), Shape.Member("endedAt", .optional(.moment)),
        Shape.Member("filter", .anything), Shape.Member("destinations", .list(.string), "empty: by their filters"),
        Shape.Member("queue", .optional(.string)), Shape.Member("mapping", .choice(["original", "current"])),
        Shape.Member("force", .boolean),
        Shape.Member("rate", .integer(1 ... .max), "events a second"),
        Shape.Member("errorBudget", .integer(0 ... .max), "so many failures pause it"),
        Shape.Member("events", .integer(0 ... .max)), Shape.Member("bytes", .integer(0 ... .max)),
        Shape.Member("oldest", .optional(.moment)), Shape.Member("newest", .optional(.moment)),
        Shape.Member("total", .integer(0 ... .max), "events, each once for every destination named"),
        Shape.Member("done", .integer(0 ... .max)),
        Shape.Member("skipped", .integer(0 ... .max), "still waiting there, so not sent twice"),
        Shape.Member("failed", .integer(0 ... .max)), Shape.Member("reason", .optional(.string)),
    ])

    private static let id = Shape.Member("id", .name, "a replay's id")

    static let all: [Route] = [
        Route(
            .post, "/api/v1/events/{id}/replay", "events.replay", "Send one event once more, with the same id",
            .role(.operator),
            parameters: [Shape.Member("id", .text(longest: 200), "the event's id, or the provider's")],
            headers: [idempotencyKey],
            body: .alternatives(
                [
                    Shape.Member("destination", .name, "to this one alone, whatever its filter says"),
                    Shape.Member("queue", .name, "to this queue; the forwarder's by default"), mapping, force,
                ], among: ["destination", "queue"], isRequired: false), isBodyOptional: true,
            answer: .json(
                "It is on its way.",
                .record([Shape.Member("event", .string), Shape.Member("replay", .string, "what marks the envelope")]),
                status: .accepted),
            problems: [.conflict, .unprocessableContent], handle: one),
        Route(
            .post, "/api/v1/replays", "replays.create",
            "Send many events once more; with `dryRun` only tell what it would come to", .role(.operator),
            headers: [idempotencyKey],
            body: .alternatives(
                [
                    Shape.Member("filter", .object(EventRoutes.filter), required: true, "{} means all there are"),
                    Shape.Member("destinations", .list(.name, longest: 100), "absent or empty: by their filters"),
                    Shape.Member("queue", .name, "another queue than the forwarder's"), mapping, force,
                    Shape.Member("rate", .integer(1...10_000), "events a second; 100"),
                    Shape.Member("errorBudget", .integer(0...1_000_000), "so many failures pause it; 100"),
                    Shape.Member("dryRun", .boolean),
                ], among: ["destinations", "queue"], isRequired: false),
            answer: .json(
                "The replay, begun; or what it would come to.",
                .object(job.members), status: .accepted),
            problems: [.notFound, .conflict, .unprocessableContent], handle: many),
        Route(
            .get, "/api/v1/replays", "replays.list", "The replays, newest first", .role(.viewer),
            query: [.limit, .cursor], answer: .page("Replays.", of: job)
        ) { request, services in
            let before = try request.cursor { ULID($0) == nil ? nil : $0 }
            let jobs = try await services.replays.list(limit: request.limit, before: before) {
                request.principal.sees($0.tenant)
            }
            return .page(jobs.map(\.line.json), next: jobs.count == request.limit ? jobs.last?.id : nil)
        },
        Route(
            .get, "/api/v1/replays/{id}", "replays.show", "One replay and its progress", .role(.viewer),
            parameters: [id], answer: .json("The replay.", job)
        ) { request, services in .json(try await known(request, services).line) },
        change("pause", "Let it wait", from: [.planning, .running], to: .paused),
        change("resume", "Go on", from: [.paused], to: .running),
        change("cancel", "End it; what was sent stays sent", from: [.planning, .running, .paused], to: .cancelled),
    ]

    private static func change(
        _ verb: String, _ summary: String, from: [ReplayJob.State], to state: ReplayJob.State
    ) -> Route {
        Route(
            .post, "/api/v1/replays/{id}/\(verb)", "replays.\(verb)", summary, .role(.operator), parameters: [id],
            answer: .json("The replay.", job), problems: [.conflict]
        ) { request, services in
            let job = try await known(request, services)
            guard try await services.replays.change(job.id, from: from, to: state) else {
                throw Problem(.conflict, "The replay is \(job.state.rawValue).")
            }
            return .json(try await known(request, services).line)
        }
    }

    @ControlPlane
    private static func known(_ request: AdminRequest, _ services: AdminServices) async throws -> ReplayJob {
        let id = request.path("id")
        guard let job = try await services.replays.job(id), request.principal.sees(job.tenant) else {
            throw Problem(.notFound, "There is no replay \(TextRule.quoted(id)).")
        }
        return job
    }

    // MARK: One

    @ControlPlane
    private static func one(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let detail = try await request.store(services).event(request.path("id"))
        let target: EventReplay.Target
        if let destination = request.text("destination") {
            try check([destination], request, services)
            target = .destination(destination)
        } else {
            let queue = request.text("queue")
            try await check(queue: queue, request, services)
            target = .queue(queue ?? Keys.eventsQueue)
        }
        var json: [UInt8]?
        if request.text("mapping") == "current" {
            var sources: [String: Source] = [:]
            do throws(EventReplay.Refusal) {
                json = try RemappedEvent.json(
                    detail.id, detail.record, services.configuration, services.keys, &sources)
            } catch {
                throw Problem(.unprocessableContent, "The event cannot be mapped anew: \(error.reason).")
            }
        }
        let replay = EventReplay(connection: services.connection, keys: services.keys)
        let once = try key(request).map {
            services.replays.key(
                $0, tenant: request.principal.tenant, who: request.principal.name, event: detail.id)
        }
        let outcome = try await replay.replay(
            detail, to: target, as: json, isForced: request.flag("force"), once: once)
        var line = JSONLine()
        line.add("event", detail.id)
        switch outcome {
        case .refused(let reason): throw Problem(.conflict, "The event was not replayed: \(reason).")
        case .known(_, isSame: false): throw otherReplay
        case .known(let id, isSame: true):
            line.add("replay", id)
            return .json(line, status: .accepted, note: "replay \(id) again, nothing is sent")
        case .replayed(let id):
            line.add("replay", id)
            return .json(
                line, status: .accepted,
                note: "to \(target.name), as replay \(id)\(request.flag("force") ? ", forced" : "")")
        }
    }

    /// What the caller tells repeated requests by.
    private static func key(_ request: AdminRequest) throws(Problem) -> String? {
        let key = request.headers.first("idempotency-key").map { String(decoding: $0, as: UTF8.self) }
        if let problem = key.flatMap(Shape.text(longest: 200).problem(ofText:)) {
            throw Problem(.badRequest, "The Idempotency-Key \(problem).")
        }
        return key
    }

    private static let otherReplay = Problem(
        .unprocessableContent, "This Idempotency-Key has made another replay; take a new key for a new one.")

    @ControlPlane
    private static func check(_ destinations: [String], _ request: AdminRequest, _ services: AdminServices)
        throws(Problem)
    {
        for name in destinations {
            // A tenant's token does not send where its events do not go.
            guard let known = services.configuration.destination(named: name), known.enabled,
                known.isFor(request.principal.tenant)
            else { throw Problem(.notFound, "There is no enabled destination \(TextRule.quoted(name)).") }
        }
    }

    @ControlPlane
    private static func check(queue: String?, _ request: AdminRequest, _ services: AdminServices) async throws {
        try await request.names(services).check { $0 == "queue" ? queue : nil }
    }

    // MARK: Many

    @ControlPlane
    private static func many(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let now = Clock.unixMilliseconds()
        var order = ReplayJob.Order()
        if let node = request.body.member("filter") { order.filter = Array(request.body.text(of: node)) }
        order.destinations = request.texts("destinations") ?? []
        order.queue = request.text("queue") ?? Keys.eventsQueue
        order.isMappedAnew = request.text("mapping") == "current"
        order.isForced = request.flag("force")
        order.rate = request.integer("rate") ?? order.rate
        order.errorBudget = request.integer("errorBudget") ?? order.errorBudget
        try check(order.destinations, request, services)
        try await check(queue: request.text("queue"), request, services)
        if let filter = request.body.member("filter") {
            try await request.names(services).check {
                request.body.string(of: request.body.member(named: $0, of: filter))
            }
        }
        order.query = try ReplayFilter.query(order.filter, at: now)
        if request.flag("dryRun") { return try await dryRun(order, request, services) }
        let key = try key(request)
        var ids = ULIDGenerator()
        let job = ReplayJob(
            id: ids.next(milliseconds: now).description, order: order, state: .planning, who: request.principal.name,
            tenant: request.principal.tenant, createdAt: now)
        guard let id = try await services.replays.add(job, idempotencyKey: key) else {
            throw Problem(
                .conflict,
                "\(ReplayStore.mostOpen) replays have not ended, which is the limit; wait for one, or cancel it.")
        }
        guard let kept = try await services.replays.job(id) else {
            throw Problem(.serviceUnavailable, "The replay could not be kept.", retryAfter: 1)
        }
        guard kept.order.isSame(as: order) else { throw otherReplay }
        return .json(
            kept.line, status: .accepted, note: "\(id) \(String(decoding: order.filter.prefix(500), as: UTF8.self))")
    }

    @ControlPlane
    private static func dryRun(
        _ order: ReplayJob.Order, _ request: AdminRequest, _ services: AdminServices
    ) async throws -> Reply {
        let store = request.store(services)
        var plan = ReplayPlan()
        var cursor: EventCursor?
        repeat {
            let step = try await store.planStep(order.query, after: cursor, limit: 1000)
            plan.add(step.plan)
            cursor = step.next
        } while cursor != nil
        var line = JSONLine()
        line.add("filter", json: order.filter)
        line.add("destinations", list: order.destinations.map(\.quotedJSON))
        line.add("queue", order.destinations.isEmpty ? order.queue : nil)
        line.add("mapping", order.isMappedAnew ? "current" : "original")
        line.add("force", order.isForced)
        line.add("rate", order.rate)
        line.add("errorBudget", order.errorBudget)
        plan.add(to: &line)
        line.add("total", plan.events * max(1, order.destinations.count))
        return .json(line, status: .accepted, note: "dry run")
    }
}

extension Shape {
    /// Those of an object, none of them required.
    fileprivate var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members.map { Member($0.name, $0.shape, $0.meaning) }
    }
}

import Verifiers

/// Dead letters: list, group, retry, discard.
enum DeadRoutes {
    private static let filter: [Shape.Member] = [
        Shape.Member("destination", .name),
        Shape.Member("queue", .name, "the dead list of a queue; beside a destination: either place"),
        Shape.Member("category", .text(longest: 64)),
        Shape.Member("type", .text(longest: 200), "`*` stands for any characters"),
        Shape.Member("source", .name), Shape.Member("tenant", .name),
        Shape.Member("group", .text(longest: 64), "a group's fingerprint"),
        Shape.Member("from", .moment, "died then or later"), Shape.Member("to", .moment, "died then or before"),
    ]

    private static let letter: [Shape.Member] = [
        Shape.Member("id", .string, "`<destination>/<event id>` or `queue:<queue>/<event id>`"),
        Shape.Member("event", .string), Shape.Member("place", .string),
        Shape.Member("type", .optional(.string)), Shape.Member("source", .optional(.string)),
        Shape.Member("tenant", .optional(.string)), Shape.Member("category", .string), Shape.Member("reason", .string),
        Shape.Member("httpStatus", .optional(.integer(0...999))), Shape.Member("attempts", .integer(0 ... .max)),
        Shape.Member("deadAt", .optional(.moment)), Shape.Member("quarantined", .boolean),
        Shape.Member("group", .string), Shape.Member("action", .choice(DeadAction.allCases.map(\.rawValue))),
    ]

    private static let group: [Shape.Member] = [
        Shape.Member("group", .string, "its fingerprint"), Shape.Member("place", .string),
        Shape.Member("category", .string), Shape.Member("reason", .string, "`#` stands for what differs, if any does"),
        Shape.Member("count", .integer(1 ... .max)), Shape.Member("firstSeen", .optional(.moment)),
        Shape.Member("lastSeen", .optional(.moment)), Shape.Member("quarantined", .boolean),
        Shape.Member("action", .choice(DeadAction.allCases.map(\.rawValue))),
        Shape.Member("actionText", .string, "what usually mends it"),
        Shape.Member("sample", .record(letter), "the newest"),
    ]

    /// A thousand ids of the longest kind.
    private static let longestSelection = 524_288

    private static let selection = Shape.alternatives(
        [
            Shape.Member("ids", .list(.text(longest: 300), longest: 1000), "dead letters by their ids"),
            Shape.Member("filter", .object(filter), "all that it means; {} means all there are"),
        ], among: ["ids", "filter"], isRequired: true)

    private static let change = Shape.record([
        Shape.Member("changed", .integer(0 ... .max)),
        Shape.Member(
            "refused",
            .list(.record([Shape.Member("id", .string), Shape.Member("reason", .string)]), longest: 1000),
            "the first 1000 that were left alone, and why"),
        Shape.Member("refusedCount", .integer(0 ... .max)),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/dead", "dead.list", "Dead letters, by place, oldest first", .role(.viewer),
            query: filter + [.limit, .cursor], answer: .page("Dead letters.", of: .record(letter)),
            problems: [.notFound]
        ) { request, services in
            let page = try await request.store(services).deadLetters(
                try await Self.filter(of: request, services), limit: request.limit,
                after: try await request.position(in: "dead", services, DeadCursor.init))
            return .page(
                page.letters.map(\.answer.json), next: try await request.next(page.next, in: "dead", services))
        },
        Route(
            .get, "/api/v1/dead/{place}/{event}", "dead.show", "One dead letter, with every attempt", .role(.viewer),
            parameters: [
                Shape.Member("place", .text(longest: 80), "a destination, or `queue:<queue>`"),
                Shape.Member("event", .text(longest: 200), "the event's id"),
            ],
            answer: .json(
                "The dead letter.",
                .record(
                    letter + [
                        Shape.Member("content", .anything, "the event; a text, where there is none"),
                        Shape.Member("attemptRecords", .list(.anything, longest: 100_000), "oldest first"),
                    ])), handle: show),
        Route(
            .get, "/api/v1/dead/groups", "dead.groups", "Dead letters by what went wrong, largest group first",
            .role(.viewer), query: filter + Shape.Member.part,
            answer: .page(
                "The groups.", of: .record(group),
                and: [
                    Shape.Member("letters", .integer(0 ... .max), "how many were looked at"),
                    Shape.Member("complete", .boolean, "whether all were"),
                ]), problems: [.notFound]
        ) { request, services in
            let groups = try await request.store(services).deadGroups(try await Self.filter(of: request, services))
            return try request.page(groups.groups.map(\.line.json)) { line in
                line.add("letters", groups.letters)
                line.add("complete", groups.isComplete)
            }
        },
        Route(
            .post, "/api/v1/dead/retry", "dead.retry",
            "Take dead letters up again; quarantined deliveries are mapped anew", .role(.operator), body: selection,
            maxBodyBytes: longestSelection, answer: .json("What it came to.", change), problems: [.notFound]
        ) { request, services in try await Self.change(request, services, isRetry: true) },
        Route(
            .post, "/api/v1/dead/discard", "dead.discard", "Give dead letters up for good", .role(.operator),
            body: selection, maxBodyBytes: longestSelection, answer: .json("What it came to.", change),
            problems: [.notFound]
        ) { request, services in try await Self.change(request, services, isRetry: false) },
    ]

    @ControlPlane
    private static func show(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let store = request.store(services)
        let id = DeadLetter.ID(DeadPlace(request.path("place")), request.path("event"))
        guard let letter = try await store.dead.letter(id), request.principal.sees(letter.tenant) else {
            throw Problem(.notFound, "\(TextRule.quoted(id.description)) is not on a dead list (any more).")
        }
        var line = letter.answer
        line.add("content", json: letter.content)
        let attempts = try await store.dead.attempts(of: letter.id.event)
        let isWhole = request.principal.tenant == nil
        line.add("attemptRecords", list: isWhole ? attempts : attempts.map(SharedAnswer.concealed))
        return .json(line)
    }

    // MARK: Reading the request

    @ControlPlane
    private static func filter(of request: AdminRequest, _ services: AdminServices) async throws -> DeadFilter {
        try await request.names(services).check { request.query($0) }
        return filter { request.query($0) }
    }

    private static func filter(_ value: (String) -> String?) -> DeadFilter {
        var filter = DeadFilter()
        let places = [value("destination").map { DeadPlace.lane($0) }, value("queue").map { .queue($0) }]
        if places.contains(where: { $0 != nil }) { filter.places = Set(places.compactMap(\.self)) }
        filter.category = value("category")
        filter.type = value("type").map { TypePattern($0) }
        filter.source = value("source")
        filter.tenant = value("tenant")
        filter.group = value("group")
        filter.from = value("from").flatMap(Shape.milliseconds)
        filter.to = value("to").flatMap(Shape.milliseconds)
        return filter
    }

    @ControlPlane
    private static func change(
        _ request: AdminRequest, _ services: AdminServices, isRetry: Bool
    ) async throws -> Reply {
        let store = request.store(services)
        var change = DeadChange()
        let note: String
        switch (request.texts("ids"), request.body.member("filter")) {
        case (let texts?, nil):
            note = "\(texts.count) by id"
            let ids = try texts.map { (text) throws(Problem) in
                guard let id = DeadLetter.ID(text) else {
                    throw Problem(.notFound, "\(TextRule.quoted(text)) is no id of a dead letter.")
                }
                return id
            }
            let (own, missing) = try await store.owned(ids)
            change = isRetry ? try await store.dead.retry(own) : try await store.dead.discard(own)
            change.refused += missing.map { ($0, DeadStore.gone) }
        case (nil, let node?):
            note = String(decoding: request.body.text(of: node).prefix(500), as: UTF8.self)
            let member = { (name: String) in request.body.string(of: request.body.member(named: name, of: node)) }
            try await request.names(services).check(member)
            let filter = filter(member)
            if let filter = store.restricted(filter) {
                change = isRetry ? try await store.dead.retry(filter) : try await store.dead.discard(filter)
            }
        default: throw Problem(.badRequest, "Either ids or filter must be there.")
        }
        if !change.quarantined.isEmpty {
            let release = QuarantineRelease(
                services.configuration, connection: services.connection, keys: services.keys)
            let released = try await release.release(change.quarantined)
            change.changed += released.changed
            change.refused += released.refused
        }
        return .json(line(change), note: "\(change.changed) changed, \(change.refused.count) refused: \(note)")
    }

    private static func line(_ change: DeadChange) -> JSONLine {
        var line = JSONLine()
        line.add("changed", change.changed)
        line.add(
            "refused",
            list: change.refused.prefix(1000).map { id, reason in
                var line = JSONLine()
                line.add("id", id.description)
                line.add("reason", reason)
                return line.json
            })
        line.add("refusedCount", change.refused.count)
        return line
    }
}

extension DeadLetter {
    /// As the API's answers have it.
    fileprivate var answer: JSONLine {
        var line = JSONLine()
        line.add("id", id.description)
        line.add("event", id.event)
        line.add("place", id.place.description)
        line.add("type", type)
        line.add("source", source)
        line.add("tenant", tenant)
        line.add("category", category)
        line.add("reason", reason)
        line.add("httpStatus", status)
        line.add("attempts", attempts)
        line.add("deadAt", deadAt.map(Timestamp.text))
        line.add("quarantined", isQuarantined)
        line.add("group", fingerprint)
        line.add("action", DeadAction(of: self).rawValue)
        return line
    }
}

extension DeadLetter {
    /// The event; what is none as a text.
    fileprivate var content: [UInt8] {
        var document = JSONDocument()
        guard (try? document.read(json[...])) != nil, document.kind(of: .root) == .object else {
            return String(decoding: json, as: UTF8.self).quotedJSON
        }
        return json
    }
}

extension DeadGroup {
    fileprivate var line: JSONLine {
        var line = JSONLine()
        line.add("group", fingerprint)
        line.add("place", place.description)
        line.add("category", category)
        line.add("reason", reason)
        line.add("count", count)
        line.add("firstSeen", firstSeen.map(Timestamp.text))
        line.add("lastSeen", lastSeen.map(Timestamp.text))
        line.add("quarantined", isQuarantined)
        line.add("action", action.rawValue)
        line.add("actionText", action.sentence)
        line.add("sample", json: sample.answer.json)
        return line
    }
}

import Verifiers

/// A source's mapping: see, change, try, reset, roll back, and which fields its deliveries have.
enum MappingRoutes {
    private static let source = Shape.Member("source", .name, "a source's name")
    private static let longestText = 262_144

    private static let version: [Shape.Member] = [
        Shape.Member("version", .integer(1 ... .max)), Shape.Member("who", .string), Shape.Member("at", .moment),
        Shape.Member("reset", .boolean),
    ]

    private static let mapping = Shape.record([
        Shape.Member("source", .string), Shape.Member("provider", .string),
        Shape.Member("origin", .choice(["api", "configuration", "bundled"]), "where the mapping in force comes from"),
        Shape.Member("version", .integer(0 ... .max), "the newest; 0: it was never changed here"),
        Shape.Member("text", .string, "the mapping in force, JSON5"),
        Shape.Member("versions", .list(.record(version)), "newest first"),
    ])

    private static let text = Shape.Member("text", .text(longest: longestText), "the mapping, JSON5 (docs/mappings.md)")

    private static let outcome = Shape.record([
        Shape.Member(
            "event", .optional(.anything),
            "what it becomes; null when it fails; with inverse `{providertype, subject, account, payload}`"),
        Shape.Member("problem", .optional(.string), "each field that failed and why"),
    ])

    private static let finding = Shape.record([
        Shape.Member("providerType", .string), Shape.Member("rule", .string),
        Shape.Member("target", .string, "the event's field"),
        Shape.Member("list", .optional(.string), "the list in whose elements it is"),
        Shape.Member("paths", .list(.string), "where the rule reads it"),
        Shape.Member("required", .boolean, "whether a delivery without it is quarantined"),
        Shape.Member("deliveries", .integer(0 ... .max), "of that type that were looked at"),
        Shape.Member("missing", .integer(1 ... .max), "how many of the newest lack it"),
        Shape.Member("lastSeen", .optional(.moment), "when one that had it arrived; null: none of them did"),
        Shape.Member(
            "candidates",
            .list(
                .record([
                    Shape.Member("path", .string),
                    Shape.Member("deliveries", .integer(0 ... .max), "in how many it is"),
                    Shape.Member("reason", .choice(FieldCandidate.Reason.allCases.map(\.rawValue))),
                    Shape.Member("sample", .string, "a value that it has"),
                ])), "where it may be now, the likeliest first"),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/mappings/{source}", "mappings.show", "The mapping in force, and its versions",
            .role(.viewer), .installation, parameters: [source], answer: .json("The mapping.", mapping)
        ) { request, services in .json(try await line(try known(request, services), services)) },
        Route(
            .put, "/api/v1/mappings/{source}", "mappings.change", "Put another mapping in force, within a second",
            .role(.admin), .installation, parameters: [source],
            body: .object([
                Shape.Member("text", text.shape, required: true, text.meaning),
                Shape.Member(
                    "version", .integer(0 ... .max), "the version it was made from: refused when there is a newer one"),
            ]), maxBodyBytes: 2 * longestText, answer: .json("The mapping.", mapping),
            problems: [.conflict, .unprocessableContent]
        ) { request, services in
            let source = try known(request, services)
            let text = request.text("text") ?? ""
            _ = try rules(text, source, services)
            return try await put(text, source, request, services, expected: request.integer("version"))
        },
        Route(
            .post, "/api/v1/mappings/{source}/reset", "mappings.reset",
            "Go back to the mapping of the configuration, or the bundled one", .role(.admin), .installation,
            parameters: [source], answer: .json("The mapping.", mapping), problems: [.conflict]
        ) { request, services in
            try await put(nil, try known(request, services), request, services, expected: nil)
        },
        Route(
            .post, "/api/v1/mappings/{source}/rollback", "mappings.rollback", "Put an older version in force again",
            .role(.admin), .installation, parameters: [source],
            body: .object([Shape.Member("version", .integer(1 ... .max), required: true)]),
            answer: .json("The mapping.", mapping), problems: [.conflict, .unprocessableContent]
        ) { request, services in
            let source = try known(request, services)
            let number = request.integer("version")
            guard
                let version = try await services.mappings.versions(of: source.name).first(where: { $0.number == number }
                )
            else { throw Problem(.notFound, "There is no such version of the mapping (any more).") }
            if let text = version.text { _ = try rules(text, source, services) }
            return try await put(version.text, source, request, services, expected: nil)
        },
        Route(
            .post, "/api/v1/mappings/{source}/test", "mappings.test",
            "What a mapping makes of a stored delivery or of a body, or of an event read backwards; changes nothing",
            .role(.operator), .installation,
            parameters: [source],
            body: .alternatives(
                [
                    Shape.Member("text", text.shape, "the mapping to try; absent: the one in force"),
                    Shape.Member("event", .text(longest: 200), "a stored event's id"),
                    Shape.Member("body", .text(longest: 1_048_576), "a delivery's body; with inverse an event"),
                    Shape.Member("inverse", .boolean, "from the event to what the provider would have sent"),
                ], among: ["event", "body"], isRequired: true), maxBodyBytes: 4 * 1_048_576,
            answer: .json(
                "What was, and what would be.",
                .record([
                    Shape.Member("before", .optional(.anything), "the stored event"),
                    Shape.Member("after", .list(outcome, longest: 10_000)),
                ])), problems: [.unprocessableContent], isAudited: false, handle: test),
        Route(
            .get, "/api/v1/mappings/{source}/fields", "mappings.fields",
            "The fields that recent deliveries have, for whoever writes a mapping", .role(.viewer), .installation,
            parameters: [source],
            query: [Shape.Member("type", .text(longest: 200), "the provider's type; `*` allowed")],
            answer: .json(
                "The fields.",
                .record([
                    Shape.Member("deliveries", .integer(0 ... .max), "how many were looked at"),
                    Shape.Member(
                        "fields",
                        .list(
                            .record([
                                Shape.Member("path", .string), Shape.Member("kinds", .list(.string)),
                                Shape.Member("count", .integer(1 ... .max), "in how many"),
                            ]), longest: 10_000)),
                ])), handle: fields),
        Route(
            .get, "/api/v1/mappings/{source}/heal", "mappings.heal",
            "Fields that the mapping reads and recent deliveries lack, and where they probably are now", .role(.viewer),
            .installation, parameters: [source],
            answer: .json(
                "What is gone, required fields first.",
                .record([
                    Shape.Member("deliveries", .integer(0 ... .max), "how many were looked at"),
                    Shape.Member("findings", .list(finding, longest: 10_000)),
                ])), handle: heal),
    ]

    // MARK: Steps

    @ControlPlane
    private static func known(_ request: AdminRequest, _ services: AdminServices) throws(Problem) -> SourceConfiguration
    {
        let name = request.path("source")
        guard let source = services.fileConfiguration.source(named: name) else {
            throw Problem(.notFound, "The configuration has no source \(TextRule.quoted(name)).")
        }
        return source
    }

    @ControlPlane
    private static func put(
        _ text: String?, _ source: SourceConfiguration, _ request: AdminRequest, _ services: AdminServices,
        expected: Int?
    ) async throws -> Reply {
        guard
            let number = try await services.mappings.set(
                text, for: source.name, who: request.principal.name, expected: expected)
        else {
            throw Problem(.conflict, "The mapping has been changed meanwhile; look at it, and change it again.")
        }
        await services.gateway?.takeUpMappings()
        var reply = Reply.json(try await line(source, services))
        reply.note = "version \(number)"
        return reply
    }

    /// Reads a mapping; what is wrong with it is 422.
    @ControlPlane
    private static func rules(
        _ text: String, _ source: SourceConfiguration, _ services: AdminServices
    ) throws -> MappingRules {
        let value: JSONValue
        do {
            value = try JSON5.value(of: Array(text.utf8))
        } catch let failure as JSON5Outline.Failure {
            throw Problem(
                .unprocessableContent,
                "The mapping is not JSON5: line \(failure.line), column \(failure.column): \(failure.reason).")
        } catch {
            throw Problem(.unprocessableContent, "The mapping is not JSON5.")
        }
        do throws(ConfigurationError) {
            let tried = services.fileConfiguration.applying([source.name: value])
            return try MappingCatalog(overrides: tried.mappings)
                .rules(named: tried.source(named: source.name)?.mapping ?? source.mapping)
        } catch {
            throw Problem(.unprocessableContent, "\(error)")
        }
    }

    @ControlPlane
    private static func line(_ source: SourceConfiguration, _ services: AdminServices) async throws -> JSONLine {
        let versions = try await services.mappings.versions(of: source.name)
        let own = versions.first?.text
        let configured = services.fileConfiguration.mappings[source.mapping]
        var line = JSONLine()
        line.add("source", source.name)
        line.add("provider", source.provider)
        line.add("origin", own != nil ? "api" : configured != nil ? "configuration" : "bundled")
        line.add("version", versions.first?.number ?? 0)
        line.add("text", own ?? configured?.json ?? MappingCatalog.bundledText(source.mapping) ?? "")
        line.add(
            "versions",
            list: versions.map { version in
                var line = JSONLine()
                line.add("version", version.number)
                line.add("who", version.who)
                line.add("at", Timestamp.text(version.at))
                line.add("reset", version.text == nil)
                return line.json
            })
        return line
    }

    // MARK: Test

    @ControlPlane
    private static func test(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let configured = try known(request, services)
        let mapped = services.configuration.source(named: configured.name) ?? configured
        let rules =
            try request.text("text").map { try Self.rules($0, configured, services) }
            ?? MappingCatalog(overrides: services.configuration.mappings).rules(named: mapped.mapping)
        if request.flag("inverse") { return try await inverse(request, configured, rules, services) }
        let source = try Source(
            configured, mapper: Mapper(provider: configured.provider, rules: rules), keys: services.keys)
        var ids = ULIDGenerator()
        let id: String
        let record: EventRecord
        var before: [UInt8] = []
        switch (request.text("event"), request.text("body")) {
        case (let name?, nil):
            let detail = try await request.store(services).event(name)
            guard detail.summary?.source == configured.name else {
                throw Problem(.unprocessableContent, "The event is of another source.")
            }
            (id, record, before) = (detail.id, detail.record, Array(detail.record.json))
        case (nil, let body?):
            id = ids.next(milliseconds: Clock.unixMilliseconds()).description
            let now = Timestamp.text(Clock.unixMilliseconds())
            guard let made = EventRecord(Array("{}\n{\"receivedat\":\"\(now)\"}\n\(body)".utf8)) else {
                throw Problem(.unprocessableContent, "The body cannot be read.")
            }
            record = made
        default: throw Problem(.badRequest, "Either event or body must be there.")
        }
        var line = JSONLine()
        line.add("before", json: before)
        line.add("after", list: outcomes(id, record, source, &ids))
        return .json(line)
    }

    @ControlPlane
    private static func inverse(
        _ request: AdminRequest, _ source: SourceConfiguration, _ rules: MappingRules, _ services: AdminServices
    ) async throws -> Reply {
        var before: [UInt8] = []
        let event: [UInt8]
        switch (request.text("event"), request.text("body")) {
        case (let name?, nil):
            let detail = try await request.store(services).event(name)
            guard detail.summary?.source == source.name else {
                throw Problem(.unprocessableContent, "The event is of another source.")
            }
            before = Array(detail.record.json)
            event = before
        case (nil, let body?): event = Array(body.utf8)
        default: throw Problem(.badRequest, "Either event or body must be there.")
        }
        var outcome = JSONLine()
        do {
            let made = try InverseMapper(provider: source.provider, rules: rules).made(of: InverseEvent(event))
            outcome.add("event", json: made.json)
            outcome.add("problem", nil as String?)
        } catch let failure as InverseFailure {
            outcome.add("event", json: [])
            outcome.add("problem", failure.description)
        } catch let malformed as MalformedEvent {
            throw Problem(.unprocessableContent, malformed.description)
        }
        var line = JSONLine()
        line.add("before", json: before)
        line.add("after", list: [outcome.json])
        return .json(line)
    }

    private static func outcomes(
        _ id: String, _ record: EventRecord, _ source: Source, _ ids: inout ULIDGenerator
    ) -> [[UInt8]] {
        func outcome(_ event: [UInt8], _ problem: String?) -> [UInt8] {
            var line = JSONLine()
            line.add("event", json: event)
            line.add("problem", problem)
            return line.json
        }
        do throws(QuarantinedDelivery.Unmappable) {
            let delivery = try QuarantinedDelivery(id: id, record: record)
            return try delivery.remapped(by: source, ids: &ids).map { outcome($0.json, nil) }
        } catch {
            return [outcome([], error.reason)]
        }
    }

    // MARK: Fields

    private static let sampledDeliveries = 50
    private static let mostFields = 2000

    @ControlPlane
    private static func fields(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let source = try known(request, services)
        let pattern = request.query("type").map { TypePattern($0) }
        var survey = FieldSurvey()
        let recent = try RecentDeliveries(source, services.connection, services.keys)
        try await recent.forEach(limit: sampledDeliveries, matching: pattern) { event, document, _ in
            survey.add(event.payload, of: document)
        }
        var line = JSONLine()
        line.add("deliveries", survey.deliveries)
        line.add("fields", list: survey.fields.prefix(mostFields).map(\.json))
        return .json(line)
    }

    @ControlPlane
    private static func heal(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let configured = try known(request, services)
        let source = services.configuration.source(named: configured.name) ?? configured
        let recent = try RecentDeliveries(source, services.connection, services.keys)
        return .json(try await recent.checkup(by: services.configuration).line)
    }
}

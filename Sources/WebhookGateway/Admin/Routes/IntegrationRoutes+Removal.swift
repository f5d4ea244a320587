import Verifiers

/// Taking an integration away, and what becomes of events that wait for it.
extension IntegrationRoutes {
    /// What becomes of waiting events.
    private enum Choice: String, CaseIterable {
        /// They are delivered first; nothing new comes in.
        case drain
        case discard
        /// Another destination gets them.
        case move
    }

    static let removal = Route(
        .delete, "/api/v1/integrations/{id}", "integrations.delete", "Remove an integration", .role(.admin),
        parameters: [id],
        query: [
            Shape.Member("name", .text(longest: 100), required: true, "its name, to be sure"),
            Shape.Member(
                "events", .choice(Choice.allCases.map(\.rawValue)),
                "what becomes of events that wait for it; drain: it takes no new ones and is deleted when those are delivered"
            ),
            Shape.Member("to", .name, "with events=move: the destination that gets them"),
        ], headers: [ifMatch],
        answer: .json(
            "It is gone, or on its way.",
            .record([
                Shape.Member("id", .string), Shape.Member("moved", .integer(0 ... .max)),
                Shape.Member("discarded", .integer(0 ... .max)),
                Shape.Member("inFlight", .integer(0 ... .max), "being delivered; they end by themselves"),
                Shape.Member("draining", .boolean, "true: it is still there, until what waits is delivered"),
                Shape.Member("waiting", .integer(0 ... .max), "events that are delivered first"),
            ])), problems: [.conflict, .unprocessableContent], handle: remove)

    private struct Outcome {
        var moved = 0
        var discarded = 0
        var inFlight = 0
        var isDraining = false
        var waiting = 0
    }

    @ControlPlane
    private static func remove(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let id = try known(request)
        let desk = try services.desk(of: request.principal)
        let record = try await desk.record(id)
        let name = record.name ?? id.key
        guard request.query("name") == name else {
            throw Problem(.unprocessableContent, "The name is not the integration's, \(TextRule.quoted(name)).")
        }
        var outcome = Outcome()
        switch id.kind {
        case .source: try await remove(id, record, desk, expected: try expected(request))
        case .destination: outcome = try await removeDestination(id, record, desk, request, services)
        }
        var line = JSONLine()
        line.add("id", id.description)
        line.add("moved", outcome.moved)
        line.add("discarded", outcome.discarded)
        line.add("inFlight", outcome.inFlight)
        line.add("draining", outcome.isDraining)
        line.add("waiting", outcome.waiting)
        let damage = record.name == nil ? ", a damaged record" : ""
        return .json(line, note: note(name, outcome) + damage)
    }

    private static func note(_ name: String, _ outcome: Outcome) -> String {
        if outcome.isDraining { return "\(name), when \(outcome.waiting) events are delivered" }
        if outcome.moved > 0 { return "\(name), \(outcome.moved) events moved" }
        return outcome.discarded > 0 ? "\(name), \(outcome.discarded) events discarded" : name
    }

    @ControlPlane
    private static func remove(
        _ id: Integration.ID, _ record: IntegrationStore.Record, _ desk: IntegrationDesk, expected: Int?
    ) async throws {
        switch record {
        case .integration: try await desk.remove(id, expected: expected)
        case .damaged(let bytes):
            guard expected == nil else {
                throw Problem(.conflict, "\(id) is damaged and has no version; leave If-Match away.")
            }
            try await desk.remove(id, damaged: bytes)
        }
    }

    @ControlPlane
    private static func removeDestination(
        _ id: Integration.ID, _ record: IntegrationStore.Record, _ desk: IntegrationDesk, _ request: AdminRequest,
        _ services: AdminServices
    ) async throws -> Outcome {
        let choice = request.query("events").flatMap(Choice.init(rawValue:))
        let other = choice == .move ? try target(request, id, services) : nil
        let load = try await services.lanes.loads([id.key]).first ?? LaneControl.Load()
        if choice == nil, !load.isEmpty {
            throw Problem(
                .conflict,
                "\(load.waiting) events wait for \(id) and \(load.dead) are dead letters; say events=drain (deliver them first), events=move&to=… or events=discard."
            )
        }
        if choice == .drain, !load.isEmpty {
            guard case .integration = record else {
                throw Problem(
                    .conflict,
                    "The record of \(id) is damaged, so what waits for it cannot be delivered; say events=move&to=… or events=discard."
                )
            }
            _ = try await desk.change(id, expected: try expected(request)) { (integration) throws(Problem) in
                integration.drainingSince = integration.drainingSince ?? Clock.unixMilliseconds()
            }
            // Disabled, it would deliver nothing.
            _ = try await services.lanes.enable(id.key)
            return Outcome(isDraining: true, waiting: load.waiting)
        }
        try await remove(id, record, desk, expected: try expected(request))
        guard choice == .discard || choice == .move else {
            try await services.lanes.forget(id.key)
            return Outcome()
        }
        let (taken, inFlight) = try await services.lanes.empty(id.key, into: other)
        return Outcome(moved: other == nil ? 0 : taken, discarded: other == nil ? taken : 0, inFlight: inFlight)
    }

    /// Where waiting events go: a destination that the caller's tenant has, too.
    @ControlPlane
    private static func target(
        _ request: AdminRequest, _ id: Integration.ID, _ services: AdminServices
    ) throws(Problem) -> String {
        guard let name = request.query("to"), name != id.key,
            let other = services.configuration.destination(named: name),
            request.principal.sees(IntegrationView(other).tenant)
        else {
            throw Problem(.unprocessableContent, "events=move needs `to`: another destination that is there.")
        }
        return name
    }
}

extension IntegrationStore.Record {
    /// What people call it; nil where that cannot be read.
    fileprivate var name: String? {
        switch self {
        case .integration(let integration): integration.name
        case .damaged: nil
        }
    }
}

import Verifiers

/// Which events a replay means, as its order and its job hold it: the members of `EventRoutes.filter`.
enum ReplayFilter {
    /// - Parameter moment: what comes in later is not meant, so that a replay does not chase its own tail.
    static func query(_ json: [UInt8], at moment: Int64) throws(Problem) -> EventQuery {
        var document = JSONDocument()
        guard (try? document.read(json[...])) != nil else { throw Problem(.badRequest, "The filter is no JSON.") }
        func text(_ name: String) -> String? { document.string(of: document.member(named: name)) }
        var query = EventQuery(sources: text("source").map { [$0] })
        query.type = text("type").map { TypePattern($0) }
        query.status = text("status").flatMap(EventRoutes.status)
        query.destination = text("destination")
        query.tenant = text("tenant")
        query.from = text("from").flatMap(Shape.milliseconds)
        query.to = min(text("to").flatMap(Shape.milliseconds) ?? moment, moment)
        return query
    }
}

extension PrincipalStore {
    /// How long one step of a plan may look for events.
    private static let planningTime = Duration.milliseconds(300)

    /// The next stretch of a plan: its events, what they come to, and where to go on; nil: that was all.
    func planStep(
        _ query: EventQuery, after cursor: EventCursor?, limit: Int
    ) async throws -> (events: [EventSummary], plan: ReplayPlan, next: EventCursor?) {
        let scan = try await events(
            query, limit: limit, after: cursor, within: Self.planningTime, measures: true)
        // A quarantined delivery is no event yet: it is retried as a dead letter.
        let events = scan.events.filter { $0.status != .quarantined }
        var plan = ReplayPlan()
        for event in events { plan.add(event) }
        return (events, plan, scan.next)
    }
}

extension ReplayPlan {
    mutating func add(_ other: ReplayPlan) {
        events += other.events
        bytes += other.bytes
        oldest = [oldest, other.oldest].compactMap(\.self).min()
        newest = [newest, other.newest].compactMap(\.self).max()
    }
}

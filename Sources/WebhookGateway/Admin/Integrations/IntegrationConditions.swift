import Verifiers

/// How integrations fare, as the store knows it, for one page of them at once.
@ControlPlane
struct IntegrationConditions {
    let services: AdminServices

    /// Adds to each view what is known of it.
    func add(to views: inout [IntegrationView]) async throws(RedisFailure) {
        try await addArrivals(to: &views)
        try await addDeliveries(to: &views)
        for index in views.indices {
            guard let entry = services.catalog?.entries[views[index].id], let problem = entry.problem else { continue }
            views[index].condition.problem = problem
            if case .invalid(let issues) = entry.outcome {
                views[index].condition.lacksCredentials = IntegrationReader.lacksCredentials(issues)
            }
        }
    }

    /// Of sources: when the newest event came.
    private func addArrivals(to views: inout [IntegrationView]) async throws(RedisFailure) {
        let sources = views.indices.filter { views[$0].id.kind == .source }
        guard !sources.isEmpty else { return }
        let arrivals = try await services.connection.pipeline(
            sources.map { ["ZRANGE", .text(services.keys.index(views[$0].id.key)), 0, 0, "REV", "WITHSCORES"] })
        for (index, reply) in zip(sources, arrivals) {
            let newest = reply.elements?.last?.string.flatMap { Double($0) }.map { Int64($0) }
            views[index].condition.lastDeliveryAt = newest
            views[index].condition.isUsed = newest != nil
            views[index].condition.origin = services.declared.listen.origin
        }
    }

    /// Of destinations: what their lanes have done and hold.
    private func addDeliveries(to views: inout [IntegrationView]) async throws(RedisFailure) {
        let destinations = views.indices.filter { views[$0].id.kind == .destination }
        guard !destinations.isEmpty else { return }
        let names = destinations.map { views[$0].id.key }
        let statuses = try await services.lanes.status(names)
        let loads = try await services.lanes.loads(names)
        let done = try await services.connection.command(
            ["HMGET", .text(services.keys.ledger)] + names.map { .text("lane:\($0):done") })
        for (position, index) in destinations.enumerated() {
            let (status, load) = (statuses[position], loads[position])
            var condition = views[index].condition
            condition.disabledSince = status.disabledSince
            condition.load = load
            condition.lastDeliveryAt = status.last.deliveredAt
            condition.lastFailureAt = status.last.failedAt
            condition.lastFailure = status.last.words
            let count = done.elements.map { position < $0.count ? $0[position].integer ?? 0 : 0 } ?? 0
            condition.isUsed = count > 0 || status.circuit.failures > 0
            if status.circuit.failures > 0 { condition.problem = status.circuit.words }
            if views[index].drainingSince != nil { condition.problem = obstacle(status, load) ?? condition.problem }
            views[index].condition = condition
        }
    }

    /// What a destination that is being drained waits for, besides its events; nil: nothing.
    private func obstacle(_ status: LaneControl.Status, _ load: LaneControl.Load) -> String? {
        if status.pausedSince != nil {
            return "it is paused: resume it, or delete it with events=discard or events=move"
        }
        guard load.waiting == 0, load.dead > 0 else { return nil }
        return "\(load.dead) dead letters are left: retry or discard them, then it is deleted"
    }
}

extension LaneControl.Last {
    /// The last failure for people; nil: there was none.
    var words: String? {
        failedAt == nil ? nil : [category, reason].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

extension LaneControl.Circuit {
    /// Why the destination fails, for people.
    fileprivate var words: String { [category, reason].compactMap { $0 }.joined(separator: ": ") }
}

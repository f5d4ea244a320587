import Verifiers

/// How integrations fare, as the store knows it, for one page of them at once.
@ControlPlane
struct IntegrationConditions {
    let services: AdminServices

    /// Adds to each view what is known of it.
    func add(to views: inout [IntegrationView]) async throws(RedisFailure) {
        let sources = views.indices.filter { views[$0].id.kind == .source }
        let arrivals = try await services.connection.pipeline(
            sources.map { ["ZRANGE", .text(services.keys.index(views[$0].id.key)), 0, 0, "REV", "WITHSCORES"] })
        for (index, reply) in zip(sources, arrivals) {
            let newest = reply.elements?.last?.string.flatMap { Double($0) }.map { Int64($0) }
            views[index].condition.lastDeliveryAt = newest
            views[index].condition.isUsed = newest != nil
        }
        let destinations = views.indices.filter { views[$0].id.kind == .destination }
        let statuses = try await services.lanes.status(destinations.map { views[$0].id.key })
        for (index, status) in zip(destinations, statuses) {
            views[index].condition.disabledSince = status.disabledSince
            if status.circuit.failures > 0 {
                views[index].condition.problem = services.reason(status.circuit)
                views[index].condition.isUsed = true
            }
        }
        if !destinations.isEmpty {
            let done = try await services.connection.command(
                ["HMGET", .text(services.keys.ledger)] + destinations.map { .text("lane:\(views[$0].id.key):done") })
            for (index, reply) in zip(destinations, done.elements ?? []) where reply.integer ?? 0 > 0 {
                views[index].condition.isUsed = true
            }
        }
        for index in views.indices {
            guard let entry = services.catalog?.entries[views[index].id], let problem = entry.problem else { continue }
            views[index].condition.problem = problem
            if case .invalid(let issues) = entry.outcome {
                views[index].condition.lacksCredentials = IntegrationReader.lacksCredentials(issues)
            }
        }
    }
}

extension AdminServices {
    /// Why a destination fails, for people.
    fileprivate func reason(_ circuit: LaneControl.Circuit) -> String {
        [circuit.category, circuit.reason].compactMap { $0 }.joined(separator: ": ")
    }
}

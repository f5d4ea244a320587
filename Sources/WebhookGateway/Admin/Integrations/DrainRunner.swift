import Verifiers

/// Deletes destinations that were to be drained, once nothing is left for them.
///
/// That one is drained stands in its record, so that any process with the role `admin` sees to it, and one that starts
/// later goes on. Dead letters are left for people: until they are retried or discarded it stays.
@ControlPlane
final class DrainRunner {
    private static let interval = Duration.seconds(1)
    /// Longer than any process routes by what it knew before.
    private static let leastMilliseconds: Int64 = 3000

    private let services: AdminServices
    private var task: Task<Void, Never>?

    init(_ services: AdminServices) { self.services = services }

    func start() {
        task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard !Task.isCancelled, let self else { return }
                await self.look()
            }
        }
    }

    func stop() { task?.cancel() }

    /// Looks once.
    private func look() async {
        let latest = Clock.unixMilliseconds() - Self.leastMilliseconds
        let draining = services.catalog?.entries.values.map(\.integration).filter { integration in
            integration.drainingSince.map { $0 <= latest } ?? false
        }
        guard let draining, !draining.isEmpty else { return }
        // Redis away, or another process was quicker: the next look tells.
        do throws(RedisFailure) {
            let loads = try await services.lanes.loads(draining.map(\.id.key))
            for (integration, load) in zip(draining, loads) where load.isEmpty { try await delete(integration) }
        } catch {
            services.log.debug("destinations that are drained wait for Redis", ["reason": .text("\(error)")])
        }
    }

    private func delete(_ integration: Integration) async throws(RedisFailure) {
        guard
            try await services.integrations.remove(
                integration, leaves: try await services.hasHistory(integration.id)) == .done
        else { return }
        await services.takeUpIntegrations()
        try await services.lanes.forget(integration.id.key)
        services.log.info("a drained destination is deleted", ["integration": .text(integration.id.description)])
        await services.note(
            AuditEntry(
                who: "gateway", role: "admin", tenant: integration.tenant, action: "integrations.delete",
                target: integration.id.description, detail: "\(integration.name), drained", from: "gateway",
                requestID: ""))
    }
}

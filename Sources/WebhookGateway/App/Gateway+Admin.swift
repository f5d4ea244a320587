/// What the admin port asks of the gateway besides readiness and figures.
extension Gateway {
    /// A link that logs one browser in as admin, once; nil without an admin port or a store.
    func makeLoginLink() async -> String? {
        guard let services = adminHandler?.services, let listener = adminListener else { return nil }
        guard await services.connection.becomesReady(within: .seconds(2)) else { return nil }
        let holder = SessionStore.Holder(
            principal: Principal(name: "link", role: .admin, tenant: nil), token: nil)
        guard let code = try? await services.authenticator.sessions.makeCode(holder) else { return nil }
        let scheme = configuration.admin.tls == nil ? "http" : "https"
        return "\(scheme)://\(listener.address)/login#\(code)"
    }
}

extension Gateway {
    /// The outcomes of deliveries that were turned away.
    private static let refusals: [RequestOutcome] = [
        .missing, .malformed, .mismatch, .expired, .addressNotAllowed, .tooLarge, .badRequest, .rateLimited,
        .addressLimited, .tenantLimited, .unavailable, .queueFull,
    ]

    /// Deliveries that this process refused since its start, by `source:<name>:<outcome>`.
    func refusals() async -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for worker in ingest?.workers ?? [] {
            for (name, counters) in await worker.snapshot()?.sources ?? [:] {
                for outcome in Self.refusals where counters.count(of: outcome) > 0 {
                    result["source:\(name):\(outcome.label)", default: 0] += counters.count(of: outcome)
                }
            }
        }
        return result
    }
}

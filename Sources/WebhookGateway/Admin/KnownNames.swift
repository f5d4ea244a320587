/// The sources, destinations and queues that a principal may name: a typing error shall not look like "nothing there".
@ControlPlane
struct KnownNames {
    private let principal: Principal
    private let services: AdminServices

    init(_ principal: Principal, _ services: AdminServices) {
        self.principal = principal
        self.services = services
    }

    /// Checks the values of the parameters `source`, `destination` and `queue`.
    ///
    /// - Throws: 404 for a name that nothing has. Another tenant's is not told from one that does not exist.
    func check(_ value: (String) -> String?) async throws {
        let asked = ["source", "destination", "queue"].compactMap { kind in value(kind).map { (kind, $0) } }
        guard !asked.isEmpty else { return }
        var known = configured
        guard !asked.allSatisfy({ known[$0, default: []].contains($1) }) else { return }
        if principal.tenant == nil { try await addCounted(to: &known) }
        for (kind, name) in asked where !known[kind, default: []].contains(name) {
            let guess = NearestName.to(name, among: known[kind, default: []].sorted())
            throw Problem(
                .notFound,
                "There is no \(kind) \(TextRule.quoted(name))\(guess.map { "; did you mean \($0)?" } ?? ".")")
        }
    }

    private var configured: [String: Set<String>] {
        let sources = SourceRoutes.visible(principal, services)
        let destinations = services.configuration.destinations.filter { $0.isFor(principal.tenant) }
        return [
            "source": Set(sources.map(\.name)), "destination": Set(destinations.map(\.name)),
            "queue": Set(sources.flatMap(\.queues) + [Keys.eventsQueue]),
        ]
    }

    /// What has left the configuration still stands in the ledger.
    private func addCounted(to known: inout [String: Set<String>]) async throws(RedisFailure) {
        let ledger = try await services.ledger()
        known["source", default: []].formUnion(ledger.sources.map(\.name))
        known["destination", default: []].formUnion(ledger.lanes.map(\.name))
        known["queue", default: []].formUnion(ledger.queues.map(\.name))
    }
}

extension AdminRequest {
    @ControlPlane
    func names(_ services: AdminServices) -> KnownNames { KnownNames(principal, services) }
}

import Verifiers

/// The endpoints that providers post to, the providers there are, and what is remembered against duplicates.
enum SourceRoutes {
    private static let source: [Shape.Member] = [
        Shape.Member("source", .string), Shape.Member("provider", .string), Shape.Member("path", .string),
        Shape.Member("enabled", .boolean),
        Shape.Member("tenant", .optional(.string), "null: another's, where a token's tenant has an account only"),
        Shape.Member("tenants", .map(.string), "the provider's account to tenant"),
        Shape.Member("queues", .list(.string)), Shape.Member("mapping", .string), Shape.Member("ordered", .boolean),
        Shape.Member("secrets", .integer(0 ... .max), "how many are accepted"),
        Shape.Member("toleranceSeconds", .integer(0 ... .max)),
        Shape.Member("dedupeWindowSeconds", .integer(0 ... .max)),
        Shape.Member("notificationURL", .optional(.string)),
        Shape.Member("counts", .optional(.anything), "the ledger's; null for a tenant's token"),
    ]

    static let all: [Route] = [
        Route(
            .get, "/api/v1/sources", "sources.list", "The endpoints that providers post to", .role(.viewer),
            query: Shape.Member.part, answer: .page("The sources.", of: .record(source)), handle: list),
        Route(
            .get, "/api/v1/idempotency", "idempotency.list",
            "How long duplicates are noticed, and which event a key belongs to", .role(.viewer),
            query: [
                Shape.Member("source", .name),
                Shape.Member("key", .text(longest: 500), "an idempotency key: the provider's id of an event"),
            ],
            answer: .page(
                "The sources; with a key only those that remember it.",
                of: .record([
                    Shape.Member("source", .string), Shape.Member("windowSeconds", .integer(0 ... .max)),
                    Shape.Member("key", .optional(.string)), Shape.Member("event", .optional(.string)),
                    Shape.Member("expiresInSeconds", .optional(.integer(.min ... .max))),
                ])), problems: [.notFound], handle: idempotency),
    ]

    /// The sources that a principal has to do with.
    @ControlPlane
    static func visible(_ principal: Principal, _ services: AdminServices) -> [SourceConfiguration] {
        services.configuration.sources.filter { source in
            principal.sees(source.tenant) || source.tenants.values.contains { principal.sees($0) }
        }
    }

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let ledger = request.principal.tenant == nil ? try await services.ledger() : nil
        let items = visible(request.principal, services).map { source in
            var line = JSONLine()
            line.add("source", source.name)
            line.add("provider", source.provider)
            line.add("path", "/webhooks/\(source.name)")
            line.add("enabled", source.enabled)
            line.add("tenant", request.principal.sees(source.tenant) ? source.tenant : nil)
            var tenants = JSONLine()
            for (account, tenant) in source.tenants.sorted(by: { $0.key < $1.key })
            where request.principal.sees(tenant) { tenants.add(account, tenant) }
            line.add("tenants", json: tenants.json)
            line.add("queues", list: source.queues.map(\.quotedJSON))
            line.add("mapping", source.mapping)
            line.add("ordered", source.ordered)
            line.add("secrets", source.secrets.count)
            line.add("toleranceSeconds", source.toleranceSeconds)
            line.add("dedupeWindowSeconds", source.dedupeWindowSeconds)
            line.add("notificationURL", source.notificationURL.map(URLMask.masked))
            line.add("counts", json: ledger?.sources.first { $0.name == source.name }?.json ?? [])
            return line.json
        }
        return try request.page(items)
    }

    @ControlPlane
    private static func idempotency(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        try await request.names(services).check { $0 == "source" ? request.query($0) : nil }
        var items: [[UInt8]] = []
        for source in visible(request.principal, services)
        where request.query("source") == nil || request.query("source") == source.name {
            var line = JSONLine()
            line.add("source", source.name)
            line.add("windowSeconds", source.dedupeWindowSeconds)
            if let key = request.query("key") {
                guard let (event, seconds) = try await remembered(key, source.name, request, services) else { continue }
                line.add("key", key)
                line.add("event", event)
                line.add("expiresInSeconds", seconds)
            } else {
                line.add("key", nil as String?)
                line.add("event", nil as String?)
                line.add("expiresInSeconds", nil as Int?)
            }
            items.append(line.json)
        }
        return .page(items, next: nil)
    }

    @ControlPlane
    private static func remembered(
        _ key: String, _ source: String, _ request: AdminRequest, _ services: AdminServices
    ) async throws -> (event: String, seconds: Int)? {
        var name = Array(services.keys.dedupePrefix(source).utf8)
        EventStore.appendDedupeName(key, to: &name)
        let replies = try await services.connection.pipeline([["GET", .bytes(name)], ["TTL", .bytes(name)]])
        guard let id = replies[0].string else { return nil }
        if request.principal.tenant != nil, try await request.store(services).events(named: id).isEmpty { return nil }
        return (id, Int(replies[1].integer ?? 0))
    }
}

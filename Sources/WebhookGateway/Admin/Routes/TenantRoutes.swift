import Verifiers

/// What each tenant has and uses, against what it may.
enum TenantRoutes {
    private static let count = Shape.integer(0 ... .max)

    private static let tenant = Shape.record([
        Shape.Member("tenant", .string),
        Shape.Member(
            "integrations",
            .record([Shape.Member("count", count), Shape.Member("limit", .optional(count), "null: none")])),
        Shape.Member(
            "events",
            .record([
                Shape.Member("perMinute", .optional(count), "how many new ones it may have; null: any number"),
                Shape.Member("used", .optional(count), "of a minute's allowance, which comes back steadily"),
                Shape.Member("overLimit", .choice(TenantLimits.OverLimit.allCases.map(\.rawValue))),
                Shape.Member("held", count, "held back now, to join their queues as the limit allows"),
                Shape.Member("heldTotal", count, "ever held back"),
                Shape.Member("refusedTotal", count, "ever refused by 429; each time that one came counts"),
            ])),
        Shape.Member(
            "archive",
            .record([
                Shape.Member("events", .optional(count), "as of the last look; null: there was none yet"),
                Shape.Member("bytes", .optional(count)),
                Shape.Member(
                    "percent", .optional(count), "kept for it of the whole; null: an equal part of what is left"),
            ])),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/tenants", "tenants.list", "What each tenant has and uses, against its limits",
            .role(.viewer), query: [.limit, .cursor],
            answer: .page("The tenants, by name; a tenant's token sees its own.", of: tenant), handle: list)
    ]

    /// The tenants that anything here is about.
    @ControlPlane
    private static func known(_ services: AdminServices, _ counts: [String: Int]) -> Set<String> {
        let configuration = services.configuration
        var names = Set(counts.lazy.filter { $0.value > 0 }.map(\.key))
        for source in configuration.sources { names.formUnion([source.tenant] + source.tenants.values) }
        names.formUnion(configuration.tenantLimits.tenants.map(\.name))
        names.formUnion(services.gateway?.archive?.tenants.keys.filter { !$0.isEmpty } ?? [])
        return names
    }

    @ControlPlane
    private static func list(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let after = try request.cursor { TextRule.name.problem($0) == nil ? $0 : nil } ?? ""
        let counts = try await services.integrations.counts(of: request.principal.tenant)
        let all = request.principal.tenant.map { [$0] } ?? known(services, counts)
        let left = all.filter { $0 > after }.sorted()
        let page = Array(left.prefix(request.limit))
        let limits = services.configuration.tenantLimits
        let usages = try await services.tenants.usage(of: page, limits)
        let own = limits.byTenant
        let items = zip(page, usages).map { tenant, usage in
            line(
                tenant, own[tenant] ?? limits.others, usage, integrations: counts[tenant] ?? 0,
                archive: services.gateway?.archive.map { $0.tenants[tenant] ?? .init() }
            ).json
        }
        return .page(items, next: left.count > page.count ? page.last : nil)
    }

    private static func line(
        _ tenant: String, _ limits: TenantLimits, _ usage: TenantStore.Usage, integrations: Int,
        archive: ArchiveShares.Amount?
    ) -> JSONLine {
        func limit(_ number: Int) -> Int? { number > 0 ? number : nil }
        var integrationsLine = JSONLine()
        integrationsLine.add("count", integrations)
        integrationsLine.add("limit", limit(limits.integrations))
        var events = JSONLine()
        events.add("perMinute", limit(limits.eventsPerMinute))
        events.add("used", limits.eventsPerMinute > 0 ? usage.used : nil)
        events.add("overLimit", limits.overLimit.rawValue)
        events.add("held", usage.held)
        events.add("heldTotal", usage.heldTotal)
        events.add("refusedTotal", usage.refusedTotal)
        var archiveLine = JSONLine()
        archiveLine.add("events", archive?.events)
        archiveLine.add("bytes", archive?.bytes)
        archiveLine.add("percent", limit(limits.archivePercent))
        var line = JSONLine()
        line.add("tenant", tenant)
        line.add("integrations", json: integrationsLine.json)
        line.add("events", json: events.json)
        line.add("archive", json: archiveLine.json)
        return line
    }
}

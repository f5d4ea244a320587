/// What a tenant may have and use, so that no tenant's flood is another's problem.
struct TenantLimits: Sendable, Equatable {
    /// What becomes of events past `eventsPerMinute`.
    enum OverLimit: String, CaseIterable, Sendable {
        /// 429 with Retry-After: the provider delivers them again.
        case reject
        /// Acknowledged, and held back until the limit lets them into their queues.
        case queue
    }

    /// Managed integrations; 0: no limit.
    var integrations = 1000
    /// New events of all the tenant's sources, in all processes together; 0: no limit.
    var eventsPerMinute = 0
    var overLimit = OverLimit.reject
    /// Events held back at a time; past it: 429.
    var maxHeldEvents = 100_000
    /// Percent of `archive.maxEvents` and `archive.maxBytes` that nobody else's events take; 0: an equal part of what is
    /// left.
    var archivePercent = 0

    fileprivate mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("integrations", &integrations, in: 0...1_000_000)
        keys.integer("eventsPerMinute", &eventsPerMinute, in: 0...6_000_000)
        keys.choice("overLimit", &overLimit)
        keys.integer("maxHeldEvents", &maxHeldEvents, in: 1...1_000_000_000)
        keys.integer("archivePercent", &archivePercent, in: 0...100)
    }
}

/// `tenantLimits`: what each tenant may have and use, and what single ones may instead.
struct TenantLimitsConfiguration: ConfigurationSection {
    /// One tenant's own limits.
    struct Tenant: NamedSection {
        var name: String
        var limits: TenantLimits

        mutating func visit(_ keys: inout some KeyVisitor) { limits.visit(&keys) }
    }

    /// Of every tenant that has none of its own.
    var others = TenantLimits()
    /// Ordered by name.
    var tenants: NamedTable<Tenant> = []

    mutating func visit(_ keys: inout some KeyVisitor) {
        others.visit(&keys)
        let others = others
        keys.named("tenants", &tenants, .name) { Tenant(name: $0, limits: others) }
    }

    /// The limits of a tenant.
    func limits(of tenant: String) -> TenantLimits {
        tenants.entry(named: tenant)?.limits ?? others
    }

    /// Those that have limits of their own, for who asks about many.
    var byTenant: [String: TenantLimits] {
        Dictionary(tenants.map { ($0.name, $0.limits) }) { first, _ in first }
    }
}

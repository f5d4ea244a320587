/// How the archive's limits are shared out among tenants: whose events go, and how many, when it is over them.
///
/// Every tenant may use what others leave free. When there is not enough for all, the level is lowered for those who have
/// most until it fits (max-min fairness, by weight): a tenant within its share never loses anything to another's flood.
struct ArchiveShares {
    /// Events and the bytes of their records.
    struct Amount: Equatable, Sendable {
        var events = 0
        var bytes = 0
    }

    private let limits: ArchiveConfiguration
    private let percents: [String: Int]
    private let percentOfOthers: Int

    init(_ limits: ArchiveConfiguration, _ tenants: TenantLimitsConfiguration) {
        self.limits = limits
        percents = tenants.byTenant.mapValues(\.archivePercent)
        percentOfOthers = tenants.others.archivePercent
    }

    /// What each tenant has too much; those with nothing too much are left out.
    func excess(_ holdings: [String: Amount]) -> [String: Amount] {
        var result: [String: Amount] = [:]
        let weights = weights(of: holdings.keys)
        for (tenant, count) in Self.excess(holdings.mapValues(\.events), weights, limits.maxEvents) {
            result[tenant, default: Amount()].events = count
        }
        for (tenant, count) in Self.excess(holdings.mapValues(\.bytes), weights, limits.maxBytes) {
            result[tenant, default: Amount()].bytes = count
        }
        return result
    }

    /// What part of a limit is each tenant's: its percentage, or an equal part of what is left by those who have one.
    func weights(of tenants: some Collection<String>) -> [String: Double] {
        var result: [String: Double] = [:]
        for tenant in tenants { result[tenant] = Double(percents[tenant] ?? percentOfOthers) / 100 }
        let equal = result.filter { $0.value == 0 }.keys
        let left = max(0, 1 - result.values.reduce(0, +)) / Double(max(1, equal.count))
        for tenant in equal { result[tenant] = left }
        // More than the whole may be promised where everybody is promised something.
        let sum = max(1, result.values.reduce(0, +))
        return result.mapValues { $0 / sum }
    }

    private static func excess(_ counts: [String: Int], _ weights: [String: Double], _ limit: Int) -> [String: Int] {
        guard limit > 0, counts.values.reduce(0, +) > limit else { return [:] }
        // Nobody's part is nothing at all: what others leave free is for all.
        func weight(_ tenant: String) -> Double { max(weights[tenant] ?? 0, 1e-9) }
        let order = counts.keys.sorted {
            (Double(counts[$0] ?? 0) / weight($0), $0) < (Double(counts[$1] ?? 0) / weight($1), $1)
        }
        var (free, weightLeft) = (Double(limit), order.reduce(0) { $0 + weight($1) })
        var result: [String: Int] = [:]
        for tenant in order {
            let (count, weight) = (counts[tenant] ?? 0, weight(tenant))
            let allowed = max(0, free * weight / weightLeft)
            // A thousandth more, so that no rounding takes a whole event.
            if Double(count) > allowed + 0.001 { result[tenant] = count - Int(allowed + 0.001) }
            free -= min(Double(count), allowed)
            weightLeft = max(weightLeft - weight, 1e-12)
        }
        return result
    }
}

extension ConfigurationValidation {
    /// What tenants' limits do to each other.
    mutating func checkTenantLimits() {
        let limits = configuration.tenantLimits
        let own = limits.byTenant
        let promised = limits.tenants.reduce(0) { $0 + $1.limits.archivePercent }
        if promised > 100 {
            warning(
                "tenantLimits.tenants", "their archivePercent add up to \(promised) percent",
                "each is reduced in proportion; promise 100 percent at most")
        }
        for source in configuration.sources {
            let tenants = Set(source.tenants.values).union([source.tenant])
            guard tenants.count > 1 else { continue }
            let refused = tenants.sorted().first { tenant in
                let limit = own[tenant] ?? limits.others
                return limit.eventsPerMinute > 0 && limit.overLimit == .reject
            }
            guard let refused else { continue }
            warning(
                "sources.\(source.name).tenants",
                "several tenants share the endpoint, and \(refused) is answered 429 past its limit: the provider may slow down for all of them",
                "set overLimit: \"queue\" for \(refused), which holds its events back instead")
        }
    }
}

extension LaneRules {
    /// The rules of a destination's configuration; without a `rateLimit` its type's own rate holds.
    init(_ configuration: DestinationConfiguration) {
        let rate = configuration.rateLimit.map { Rate(requests: $0.requests, period: .seconds($0.perSeconds)) }
        self.init(
            rate: rate ?? DestinationCatalog.type(named: configuration.type)?.card.defaultRate,
            failures: configuration.circuit.failures, openTime: .seconds(configuration.circuit.openSeconds),
            probeTime: .seconds(configuration.timeoutSeconds) + LaneStore.claimLength,
            isOrdered: configuration.ordered != nil)
    }
}

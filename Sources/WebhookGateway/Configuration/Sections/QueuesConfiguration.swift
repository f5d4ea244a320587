/// `queues`: the lists that the forwarder and foreign workers consume.
struct QueuesConfiguration: ConfigurationSection {
    /// 0: no limit; else a delivery past it is answered 503.
    var maxDepth = 0
    /// How often lapsed leases are looked for.
    var leaseCheckSeconds = 2
    /// How often an event may come back from a dead worker before it goes to the dead list.
    var maxReturns = 5

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("maxDepth", &maxDepth, in: 0...1_000_000_000)
        // A lapsed lease must be acted on within 5 s (docs/workers.md), so the check cannot be rarer.
        keys.integer("leaseCheckSeconds", &leaseCheckSeconds, in: 1...5)
        keys.integer("maxReturns", &maxReturns, in: 1...1_000)
    }
}

/// `dedupe`: how long the idempotency key of an event is remembered.
struct DedupeConfiguration: ConfigurationSection {
    /// 7 days: longer than every provider's retry schedule.
    var windowSeconds = 604_800

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("windowSeconds", &windowSeconds, in: 1...315_360_000)
    }
}

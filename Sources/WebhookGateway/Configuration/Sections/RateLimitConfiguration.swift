/// `rateLimit` of a source or a destination: so many in each span of time.
struct RateLimitConfiguration: ConfigurationSection {
    var requests = 0
    var perSeconds = 1

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.requiredInteger("requests", &requests, in: 1...1_000_000, remedy: "set how many are allowed in perSeconds")
        keys.integer("perSeconds", &perSeconds, in: 1...86_400)
    }
}

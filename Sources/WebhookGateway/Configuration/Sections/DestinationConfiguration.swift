/// One entry of `destinations`: where events go, which ones, and how hard to try.
struct DestinationConfiguration: NamedSection {
    var name: String
    /// Which kind (`DestinationCatalog`).
    var type = ""
    /// For types that post to an address of the operator's.
    var url: Secret?
    /// By the names the type asks for; never printed.
    var credentials: [String: Secret] = [:]
    var enabled = true
    var filter = FilterConfiguration()
    /// What the type itself understands, as written.
    var settings: [String: JSONValue] = [:]
    /// Another address of the same service (a region, a test double).
    var baseURL: String?
    /// Let the address be a private or link-local one.
    var allowPrivateAddresses = false
    var concurrency = 4
    /// Absent: events overtake each other freely.
    var ordered: Order?
    var timeoutSeconds = 15
    var batch = BatchConfiguration()
    var rateLimit: RateLimitConfiguration?
    var retry = RetryConfiguration()
    var circuit = CircuitConfiguration()

    /// What events are kept in order by.
    enum Order: String, CaseIterable, Sendable {
        case subject
    }

    init(name: String) { self.name = name }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.requiredText("type", &type, remedy: "name the kind of destination; `destinations types` lists them")
        keys.optionalURL("url", &url, .httpURL)
        keys.secretMap("credentials", &credentials)
        keys.boolean("enabled", &enabled)
        keys.section("filter", &filter)
        keys.free("settings", &settings)
        keys.optionalText("baseURL", &baseURL, .httpURL)
        keys.boolean("allowPrivateAddresses", &allowPrivateAddresses)
        keys.integer("concurrency", &concurrency, in: 1...1_024)
        keys.optionalChoice("ordered", &ordered)
        keys.integer("timeoutSeconds", &timeoutSeconds, in: 1...3_600)
        keys.section("batch", &batch)
        keys.optionalSection("rateLimit", &rateLimit)
        keys.section("retry", &retry)
        keys.section("circuit", &circuit)
    }
}

/// `filter`: which events a destination gets; an event passes when each list has a pattern that matches.
struct FilterConfiguration: ConfigurationSection {
    var types = ["*"]
    var sources = ["*"]
    var tenants = ["*"]

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.texts("types", &types, .pattern)
        keys.texts("sources", &sources, .pattern)
        keys.texts("tenants", &tenants, .pattern)
    }
}

/// `batch`: how many events share one request.
struct BatchConfiguration: ConfigurationSection {
    /// Nil: as many as the type takes.
    var maxEvents: Int?
    var maxBytes = 1_048_576
    var lingerMilliseconds = 200

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.optionalInteger("maxEvents", &maxEvents, in: 1...100_000)
        keys.integer("maxBytes", &maxBytes, in: 1_024...1_073_741_824)
        keys.integer("lingerMilliseconds", &lingerMilliseconds, in: 0...3_600_000)
    }
}

/// `retry`: the back-off of a failed delivery; its age decides when it is given up, not a count.
struct RetryConfiguration: ConfigurationSection {
    var maxAgeSeconds = 259_200
    var baseSeconds = 2
    var maxSeconds = 3_600

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("maxAgeSeconds", &maxAgeSeconds, in: 0...315_360_000)
        keys.integer("baseSeconds", &baseSeconds, in: 1...86_400)
        keys.integer("maxSeconds", &maxSeconds, in: 1...604_800)
        // The default never stands in the way of a shorter longest wait.
        if baseSeconds == Self().baseSeconds { baseSeconds = min(baseSeconds, maxSeconds) }
    }
}

/// `circuit`: when a failing destination is left alone, and for how long.
struct CircuitConfiguration: ConfigurationSection {
    /// Failures in a row that open it.
    var failures = 10
    /// How long it stays open before one trial.
    var openSeconds = 30

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("failures", &failures, in: 1...1_000_000)
        keys.integer("openSeconds", &openSeconds, in: 1...86_400)
    }
}

/// `redis`: the store.
struct RedisConfiguration: ConfigurationSection {
    /// Absent: the gateway starts and supervises a private server in the data directory.
    var url: Secret?
    /// What every key starts with.
    var prefix = "wh"
    var partitions = 1
    var commandDeadlineMilliseconds = 2_000
    var connectDeadlineMilliseconds = 2_000
    var caFile: String?
    var clientCertificate: String?
    var clientKey: String?
    /// How many replicas must have an event before the provider gets its 200; 0: none.
    var waitReplicas = 0
    var waitMilliseconds = 200
    /// Accept a server whose eviction policy may drop keys.
    var allowEviction = false

    /// Where `url` points; nil for the private server.
    var endpoint: RedisEndpoint? {
        url.flatMap { try? RedisEndpoint(parsing: $0.text) }
    }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.optionalURL("url", &url, .redisURL)
        keys.text("prefix", &prefix, .keyPrefix)
        keys.integer("partitions", &partitions, in: 1...1_024)
        keys.integer("commandDeadlineMilliseconds", &commandDeadlineMilliseconds, in: 1...600_000)
        keys.integer("connectDeadlineMilliseconds", &connectDeadlineMilliseconds, in: 1...600_000)
        keys.optionalText("caFile", &caFile, .notEmpty)
        keys.optionalText("clientCertificate", &clientCertificate, .notEmpty)
        keys.optionalText("clientKey", &clientKey, .notEmpty)
        keys.integer("waitReplicas", &waitReplicas, in: 0...100)
        keys.integer("waitMilliseconds", &waitMilliseconds, in: 1...600_000)
        keys.boolean("allowEviction", &allowEviction)
    }
}

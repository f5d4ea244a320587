extension RedisSettings {
    /// Why a Redis cannot be used by this version.
    struct Unsupported: Error, CustomStringConvertible {
        var description: String
    }

    /// The settings for `redis.url`.
    init(_ endpoint: RedisEndpoint, _ configuration: RedisConfiguration) throws(Unsupported) {
        switch endpoint.transport {
        case .tcp(let place): self.init(place: .tcp(host: place.host, port: UInt16(clamping: place.port)))
        case .unix(let path): self.init(place: .unix(path: path))
        case .tls:
            throw Unsupported(
                description:
                    "redis.url: rediss:// (TLS to Redis) is not available in this version; use redis:// over a private network or a tunnel"
            )
        case .sentinel:
            throw Unsupported(
                description: "redis.url: redis+sentinel:// is not available in this version; name the master itself")
        }
        username = endpoint.username
        password = endpoint.password
        database = endpoint.database
        connectDeadline = .milliseconds(configuration.connectDeadlineMilliseconds)
        commandDeadline = .milliseconds(configuration.commandDeadlineMilliseconds)
    }
}

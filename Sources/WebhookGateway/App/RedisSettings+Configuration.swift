extension RedisSettings {
    /// The settings for `redis.url`.
    init(_ endpoint: RedisEndpoint, _ configuration: RedisConfiguration) {
        switch endpoint.transport {
        case .tcp(let place): self.init(place: .tcp(host: place.host, port: UInt16(clamping: place.port)))
        case .unix(let path): self.init(place: .unix(path: path))
        case .tls(let place):
            self.init(place: .tcp(host: place.host, port: UInt16(clamping: place.port)))
            tls = RedisTLS(
                host: place.host, caFile: configuration.caFile, clientCertificate: configuration.clientCertificate,
                clientKey: configuration.clientKey)
        case .sentinel(let sentinels, let master): self.init(place: .sentinel(sentinels, master: master))
        }
        username = endpoint.username
        password = endpoint.password
        database = endpoint.database
        apply(configuration)
    }

    /// What holds for any server, the private one too.
    mutating func apply(_ configuration: RedisConfiguration) {
        connectDeadline = .milliseconds(configuration.connectDeadlineMilliseconds)
        commandDeadline = .milliseconds(configuration.commandDeadlineMilliseconds)
        waitReplicas = configuration.waitReplicas
        waitLimit = .milliseconds(configuration.waitMilliseconds)
    }
}

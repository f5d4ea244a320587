/// Where Redis is and how to greet it.
struct RedisSettings: Sendable, CustomStringConvertible {
    enum Place: Sendable, Equatable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
        /// The sentinels that know where the master of that name is.
        case sentinel([HostAndPort], master: String)
    }

    var place: Place
    var username: String?
    var password: Secret?
    var database: Int = 0
    /// Present: the server is spoken to over TLS.
    var tls: RedisTLS?
    /// Whether a replica is refused; the sentinels themselves are neither.
    var mustBeMaster = true
    /// How many replicas must have an event, and how long they are waited for.
    var waitReplicas = 0
    var waitLimit = Duration.milliseconds(200)
    /// How long a connection may take to become usable.
    var connectDeadline: Duration = .seconds(2)
    /// How long a reply may take before the connection counts as broken; nil for connections that send blocking commands.
    var commandDeadline: Duration? = .seconds(2)

    /// The place, without credentials, for messages.
    var description: String {
        switch place {
        case .tcp(let host, let port): "Redis at \(host):\(port)"
        case .unix(let path): "Redis at \(path)"
        case .sentinel(_, let master): "Redis master \(master)"
        }
    }

    /// What is sent first on every connection; PING tells a server that is still loading its data.
    var greeting: [[RedisArgument]] {
        var commands: [[RedisArgument]] = []
        if let password {
            commands.append(["AUTH"] + (username.map { [.text($0)] } ?? []) + [.bytes(password.bytes)])
        }
        if database != 0 { commands.append(["SELECT", .integer(Int64(database))]) }
        commands.append(["PING"])
        return commands
    }

    func resolve(on loop: EventLoop, then completion: @escaping (Result<[SocketAddress], ResolutionFailure>) -> Void) {
        switch place {
        case .tcp(let host, let port): Resolver.resolve(host, port: port, on: loop, then: completion)
        case .unix(let path): completion(.success([.unix(path: path)]))
        case .sentinel(let sentinels, let master):
            SentinelInquiry(sentinels, master: master, settings: self, loop: loop, completion: completion).start()
        }
    }
}

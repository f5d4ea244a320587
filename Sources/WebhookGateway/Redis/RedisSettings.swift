/// Where Redis is and how to greet it.
struct RedisSettings: Sendable, CustomStringConvertible {
    enum Place: Sendable, Equatable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    var place: Place
    var username: String?
    var password: Secret?
    var database: Int = 0
    /// How long a connection may take to become usable.
    var connectDeadline: Duration = .seconds(2)
    /// How long a reply may take before the connection counts as broken; nil for connections that send blocking commands.
    var commandDeadline: Duration? = .seconds(2)

    /// The place, without credentials, for messages.
    var description: String {
        switch place {
        case .tcp(let host, let port): "Redis at \(host):\(port)"
        case .unix(let path): "Redis at \(path)"
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
        }
    }
}

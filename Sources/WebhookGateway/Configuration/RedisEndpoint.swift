import Verifiers

/// Where a Redis is and as whom to log in: `redis.url`, taken apart.
struct RedisEndpoint: Sendable, Equatable {
    enum Transport: Sendable, Equatable {
        /// `redis://host:port`.
        case tcp(HostAndPort)
        /// `rediss://host:port`.
        case tls(HostAndPort)
        /// `unix:///path`.
        case unix(path: String)
        /// `redis+sentinel://host:port,host:port/master`: the sentinels know where the master is.
        case sentinel([HostAndPort], master: String)
    }

    /// Why a text is none of the forms.
    struct Malformed: Error, Equatable {
        var reason: String
    }

    static let defaultPort = 6379
    static let defaultSentinelPort = 26_379

    var transport: Transport
    var username: String?
    var password: Secret?
    var database = 0

    /// The server at a unix socket, as the private Redis is.
    init(unixSocket path: String) {
        transport = .unix(path: path)
    }

    /// Reads one of the four forms.
    init(parsing text: String) throws(Malformed) {
        guard let separator = text.firstRange(of: "://") else {
            throw Malformed(reason: "has no scheme; the forms are \(Self.forms)")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        var rest = text[separator.upperBound...]
        var query: Substring = ""
        if let question = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: question)...]
            rest = rest[..<question]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        let path = rest[slash...]
        if let at = authority.lastIndex(of: "@") {
            let login = authority[..<at]
            authority = authority[authority.index(after: at)...]
            let colon = login.firstIndex(of: ":") ?? login.endIndex
            username = colon == login.startIndex ? nil : Self.decoded(login[..<colon])
            if colon < login.endIndex {
                password = Secret(
                    origin: .literal, bytes: Array(Self.decoded(login[login.index(after: colon)...]).utf8))
            }
        }
        switch scheme {
        case "redis": transport = .tcp(try Self.host(authority, Self.defaultPort))
        case "rediss": transport = .tls(try Self.host(authority, Self.defaultPort))
        case "unix":
            guard authority.isEmpty, path.count > 1 else {
                throw Malformed(reason: "a unix socket is written unix:///absolute/path")
            }
            transport = .unix(path: Self.decoded(path))
        case "redis+sentinel": transport = try Self.sentinel(authority, path)
        default:
            throw Malformed(reason: "the scheme \(TextRule.quoted(scheme)) is not known; the forms are \(Self.forms)")
        }
        try readDatabase(scheme: scheme, path: path, query: query)
    }

    private static let forms =
        "redis://[user:password@]host:port/db, rediss://…, unix:///path?db=0, redis+sentinel://host:port,host:port/master"

    private mutating func readDatabase(scheme: String, path: Substring, query: Substring) throws(Malformed) {
        var text: Substring = scheme == "redis" || scheme == "rediss" ? path.dropFirst() : ""
        for parameter in query.split(separator: "&") {
            guard parameter.hasPrefix("db=") else {
                throw Malformed(
                    reason: "the parameter \(TextRule.quoted(String(parameter.prefix { $0 != "=" }))) is not known")
            }
            text = parameter.dropFirst(3)
        }
        if text.isEmpty { return }
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw Malformed(reason: "the database \(TextRule.quoted(String(text))) is not a number")
        }
        database = number
    }

    private static func sentinel(_ authority: Substring, _ path: Substring) throws(Malformed) -> Transport {
        var hosts: [HostAndPort] = []
        for part in authority.split(separator: ",", omittingEmptySubsequences: false) {
            hosts.append(try host(part, defaultSentinelPort))
        }
        let master = decoded(path.dropFirst())
        guard !master.isEmpty, !master.contains("/") else {
            throw Malformed(reason: "the master's name is missing: redis+sentinel://host:port,host:port/master")
        }
        return .sentinel(hosts, master: master)
    }

    private static func host(_ text: Substring, _ defaultPort: Int) throws(Malformed) -> HostAndPort {
        guard let parsed = HostAndPort(parsing: String(text), defaultPort: defaultPort), !parsed.host.isEmpty else {
            // Not quoted: a password with an unescaped "/" or "@" ends up here.
            throw Malformed(
                reason: "has no host:port after // (in a password, / is written %2F and @ is written %40)")
        }
        return parsed
    }

    private static func decoded(_ text: Substring) -> String {
        String(decoding: PercentEncoding.decode(Array(text.utf8)[...], plusIsSpace: false), as: UTF8.self)
    }
}

/// `host:port`, `host`, `[::1]:port`.
struct HostAndPort: Sendable, Equatable, CustomStringConvertible {
    /// The name or address, without brackets.
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil when the port is not one or the brackets do not match.
    init?(parsing text: String, defaultPort: Int) {
        var rest = text[...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            guard IPAddress(host) != nil else { return nil }
            rest = rest[rest.index(after: end)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(host.count)
        }
        if rest.isEmpty {
            port = defaultPort
            return
        }
        guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
        port = Int(number)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

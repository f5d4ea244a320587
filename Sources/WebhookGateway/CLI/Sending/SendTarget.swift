/// Where `send` posts to: an `http` or `https` URL, taken apart.
struct SendTarget: Sendable, Equatable {
    /// How the connection is protected.
    enum Security: Sendable, Equatable {
        case plain
        /// The server must prove to be the host of the address.
        case tls
        /// The gateway of this configuration on this machine, whose certificate is for the name that providers use.
        case tlsUnproved
    }

    var address: HostAndPort
    var security = Security.plain
    /// Path and query.
    var target: String

    /// A URL without a path gets the source's.
    init(url: String, source: String) throws(UsageError) {
        let text = url.contains("://") ? url : "http://\(url)"
        let isSecure = text.lowercased().hasPrefix("https://")
        guard isSecure || text.lowercased().hasPrefix("http://") else {
            throw UsageError("--to is a URL that starts with http:// or https://")
        }
        let scheme = isSecure ? "https://" : "http://"
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let address = HostAndPort(parsing: String(authority), defaultPort: isSecure ? 443 : 80),
            !address.host.isEmpty
        else {
            throw UsageError("--to \(TextRule.quoted(url)) has no valid host and port")
        }
        self.address = address
        security = isSecure ? .tls : .plain
        let target = CapturedRequest.target(of: text)
        self.target = target == "/" ? "/webhooks/\(source)" : target
    }

    /// The gateway of this configuration, on this machine.
    init(_ listen: ListenConfiguration, source: String) {
        let isWildcard = ["0.0.0.0", "::", "[::]"].contains(listen.host)
        address = HostAndPort(host: isWildcard ? "127.0.0.1" : listen.host, port: listen.port)
        security = listen.tls == nil ? .plain : .tlsUnproved
        target = "/webhooks/\(source)"
    }
}

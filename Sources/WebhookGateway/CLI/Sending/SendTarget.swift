/// Where `send` posts to: an `http` URL, taken apart.
struct SendTarget: Sendable, Equatable {
    var address: HostAndPort
    /// Path and query.
    var target: String

    /// A URL without a path gets the source's.
    init(url: String, source: String) throws(UsageError) {
        guard !url.lowercased().hasPrefix("https://") else {
            throw UsageError("--to takes http:// only; a TLS proxy's own address stands behind it")
        }
        let text = url.contains("://") ? url : "http://\(url)"
        guard text.lowercased().hasPrefix("http://") else { throw UsageError("--to is a URL that starts with http://") }
        let authority = text.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let address = HostAndPort(parsing: String(authority), defaultPort: 80), !address.host.isEmpty else {
            throw UsageError("--to \(TextRule.quoted(url)) has no valid host and port")
        }
        self.address = address
        let target = CapturedRequest.target(of: text)
        self.target = target == "/" ? "/webhooks/\(source)" : target
    }

    /// The gateway of this configuration, on this machine.
    init(_ listen: ListenConfiguration, source: String) {
        let isWildcard = ["0.0.0.0", "::", "[::]"].contains(listen.host)
        address = HostAndPort(host: isWildcard ? "127.0.0.1" : listen.host, port: listen.port)
        target = "/webhooks/\(source)"
    }
}

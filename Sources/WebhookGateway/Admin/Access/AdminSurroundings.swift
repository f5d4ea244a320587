import Verifiers

/// What the admin port's place says of the requests that reach it: which host they may name, where they come from, and
/// what a browser's change must carry.
struct AdminSurroundings: Sendable {
    let configuration: AdminConfiguration

    init(_ configuration: AdminConfiguration) { self.configuration = configuration }

    /// Whether only this machine reaches the port.
    var isPrivate: Bool { isLoopback(configuration.host) && !configuration.behindProxy }

    /// Whether browsers speak TLS to it, here or at the proxy.
    var isSecure: Bool { configuration.tls != nil || configuration.behindProxy }

    /// Why the host that a request names is refused; nil when it is not.
    ///
    /// A page on the internet can have its own name resolve to 127.0.0.1 and so make a browser ask a port that only this
    /// machine reaches. Elsewhere nothing is open that a name could open.
    func hostProblem(_ request: Request) -> Problem? {
        let host = Self.host(request)
        guard let host, !host.isEmpty else {
            return Problem(.badRequest, "The request names no host.")
        }
        guard isPrivate, !isLoopback(Self.name(of: host)) else { return nil }
        return Problem(
            .forbidden, "This port answers only to localhost, 127.0.0.1 and [::1], not to \(TextRule.quoted(host)).")
    }

    /// Why a change that a browser's session vouches for is refused: its page must be ours (RFC 6454).
    func originProblem(_ headers: HeaderFields) -> Problem? {
        guard let origin = headers.first("origin").map({ String(decoding: $0, as: UTF8.self) }),
            let host = headers.first("host").map({ String(decoding: $0, as: UTF8.self) })
        else { return Problem(.forbidden, "A change from a browser's session needs an Origin of this site.") }
        let scheme = isSecure ? "https" : "http"
        guard origin.lowercased() == "\(scheme)://\(host.lowercased())" else {
            return Problem(.forbidden, "The change comes from another site (Origin).")
        }
        return nil
    }

    /// The client's address: behind a proxy the one that the proxy names.
    func client(_ request: Request, peer: IPAddress?) -> IPAddress? {
        guard configuration.behindProxy, let peer,
            let proxy = CIDRBlock(peer, prefixLength: peer.bitWidth)
        else { return peer }
        return ForwardedFor.client(peer: peer, headers: request.headers, trusted: [proxy])
    }

    /// The value of a session cookie's field.
    func cookie(_ value: String, seconds: Int) -> String {
        "\(RequestCredentials.cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    private static func host(_ request: Request) -> String? {
        if let authority = request.head.authority {
            let start = request.bytes.startIndex
            let range = authority.lowerBound + start..<authority.upperBound + start
            return String(decoding: request.bytes[range], as: UTF8.self)
        }
        return request.headers.first("host").map { String(decoding: $0, as: UTF8.self) }
    }

    /// The host without its port.
    private static func name(of host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }

    private func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || IPAddress(host)?.isLoopback ?? false
    }
}

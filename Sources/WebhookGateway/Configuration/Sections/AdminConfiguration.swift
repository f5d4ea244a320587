/// `admin`: the port of dashboard, API and metrics.
struct AdminConfiguration: ConfigurationSection {
    var host = "127.0.0.1"
    /// 0 takes any free port.
    var port = 8081
    /// Absent: plain HTTP, which needs a loopback address or `behindProxy`.
    var tls: TLSConfiguration?
    /// A proxy before it speaks TLS.
    var behindProxy = false
    /// Absent: opaque tokens only.
    var jwt: JWTConfiguration?

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.text("host", &host, .host)
        keys.integer("port", &port, in: 0...65_535)
        keys.optionalSection("tls", &tls)
        keys.boolean("behindProxy", &behindProxy)
        keys.optionalSection("jwt", &jwt)
    }
}

/// `admin.jwt`: tokens signed elsewhere; the configured key fixes the algorithm.
struct JWTConfiguration: ConfigurationSection {
    /// The shared key of HS256.
    var hs256: Secret?
    /// The public key of RS256, PEM.
    var rs256: Secret?
    var audience: String?
    var issuer: String?
    /// Roles whose tokens need no tenant, and then see all; a token of another role without a tenant is refused.
    var tenantlessRoles: [String] = []

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.optionalSecret("hs256", &hs256)
        keys.optionalSecret("rs256", &rs256)
        keys.optionalText("audience", &audience, .notEmpty)
        keys.optionalText("issuer", &issuer, .notEmpty)
        keys.texts("tenantlessRoles", &tenantlessRoles, .role)
    }
}

import Verifiers

/// `listen`: the port that providers post to, and its limits.
struct ListenConfiguration: ConfigurationSection {
    var host = "0.0.0.0"
    /// 0 takes any free port.
    var port = 8080
    /// Under which address providers reach the port, for people to copy; absent: not known, but on loopback.
    var publicURL: String?
    /// Event loops; 0: one a core, less one for Redis on small machines.
    var workers = 0
    /// Absent: plain HTTP.
    var tls: TLSConfiguration?
    var maxBodyBytes = 2_097_152
    var maxHeaderBytes = 16_384
    var maxHeaderFields = 100
    var headerTimeoutSeconds = 10
    var bodyTimeoutSeconds = 20
    var minBodyBytesPerSecond = 500
    var idleTimeoutSeconds = 75
    var writeTimeoutSeconds = 20
    /// At the limit the longest idle connection is closed.
    var maxConnections = 20_000
    /// 0: no limit.
    var maxConnectionsPerAddress = 0
    /// Unauthentic deliveries from one address; over it the answer is 429 before the body is read.
    var failuresPerAddressPerMinute = 120
    /// The networks whose X-Forwarded-For and traceparent are believed.
    var trustedProxies: [CIDRBlock] = []
    var proxyProtocol = false
    var accessLog = AccessLog.all

    /// Which requests get a log line.
    enum AccessLog: String, CaseIterable, Sendable {
        case all, refused, none
    }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.text("host", &host, .host)
        keys.integer("port", &port, in: 0...65_535)
        keys.optionalText("publicURL", &publicURL, .httpURL)
        keys.integer("workers", &workers, in: 0...1_024)
        keys.optionalSection("tls", &tls)
        keys.integer("maxBodyBytes", &maxBodyBytes, in: 1...1_073_741_824)
        keys.integer("maxHeaderBytes", &maxHeaderBytes, in: 256...1_048_576)
        keys.integer("maxHeaderFields", &maxHeaderFields, in: 1...10_000)
        keys.integer("headerTimeoutSeconds", &headerTimeoutSeconds, in: 1...86_400)
        keys.integer("bodyTimeoutSeconds", &bodyTimeoutSeconds, in: 1...86_400)
        keys.integer("minBodyBytesPerSecond", &minBodyBytesPerSecond, in: 0...1_073_741_824)
        keys.integer("idleTimeoutSeconds", &idleTimeoutSeconds, in: 1...86_400)
        keys.integer("writeTimeoutSeconds", &writeTimeoutSeconds, in: 1...86_400)
        keys.integer("maxConnections", &maxConnections, in: 1...1_000_000)
        keys.integer("maxConnectionsPerAddress", &maxConnectionsPerAddress, in: 0...1_000_000)
        keys.integer("failuresPerAddressPerMinute", &failuresPerAddressPerMinute, in: 0...1_000_000)
        keys.networks("trustedProxies", &trustedProxies)
        keys.boolean("proxyProtocol", &proxyProtocol)
        keys.choice("accessLog", &accessLog)
    }
}

extension ListenConfiguration {
    /// What a source's path is put behind to be a whole address; nil when nobody has said how providers reach the port.
    var origin: String? {
        if let publicURL { return publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL }
        guard port != 0, let address = IPAddress(host), address.isLoopback else { return nil }
        return "\(tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

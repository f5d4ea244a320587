/// How long and how many: what one listener grants its connections.
struct ServerLimits: Sendable {
    var http = HTTPLimits()
    /// How long a head may take; a PROXY header and a TLS handshake likewise.
    var headerTimeout: Duration = .seconds(10)
    /// How long a body may take before its average rate must reach `minBodyBytesPerSecond`, and the longest pause in it.
    var bodyTimeout: Duration = .seconds(20)
    var minBodyBytesPerSecond = 500
    /// How long a connection may wait for its next request.
    var idleTimeout: Duration = .seconds(75)
    /// How long a client may take no byte of an answer.
    var writeTimeout: Duration = .seconds(20)
    /// How long a connection that is being closed may take to read our last answer.
    var lingerTimeout: Duration = .seconds(2)
    /// How soon a connection may be closed to make room for others though it is not idle.
    var patience: Duration = .seconds(1)
    var maxConnections = 20_000
    /// Bytes of unfinished requests kept for all connections together.
    var maxHeldBytes = 256 * 1024 * 1024
    /// Answers of one connection that may wait to be written before its next request is looked at.
    var maxUnwrittenBytes = 16 * 1024
    /// Bytes of a streamed answer that may wait to be written before its client is dropped.
    var maxUnwrittenStreamBytes = 1024 * 1024

    /// How often deadlines are looked at: once a second, more often only where a limit is short.
    var sweepInterval: Duration {
        let shortest = min(headerTimeout, bodyTimeout, idleTimeout, writeTimeout, lingerTimeout)
        return max(.milliseconds(10), min(.seconds(1), shortest / 4))
    }
}

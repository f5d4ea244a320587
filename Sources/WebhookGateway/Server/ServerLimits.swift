/// How long and how many: what one listener grants its connections.
struct ServerLimits: Sendable {
    var http = HTTPLimits()
    var headerTimeout: Duration = .seconds(10)
    /// How long a body may take before its average rate must reach `minBodyBytesPerSecond`, and the longest pause in it.
    var bodyTimeout: Duration = .seconds(20)
    var minBodyBytesPerSecond = 500
    var idleTimeout: Duration = .seconds(75)
    var writeTimeout: Duration = .seconds(20)
    /// How long a connection that is being closed may take to read our last answer.
    var lingerTimeout: Duration = .seconds(2)
    var maxConnections = 20_000
}

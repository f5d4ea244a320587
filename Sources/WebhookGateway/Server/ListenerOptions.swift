/// What a listener does besides HTTP.
struct ListenerOptions {
    /// TLS for new connections; nil: plain.
    var tls: TLSServerContext?
    /// Whether each connection begins with a load balancer's PROXY header.
    var proxyProtocol = false
    /// Connections of one address; nil: no limit.
    var addresses: AddressQuota?
}

/// What a listener has seen, counted since it began.
struct ListenerFigures: Sendable {
    /// Why a connection was closed by us and not by its client's or our "Connection: close".
    enum Reason: Int, CaseIterable, Sendable {
        case timeout, connectionLimit, addressLimit, handshake, proxyHeader, memory

        /// The label in metrics.
        var label: String {
            switch self {
            case .timeout: "timeout"
            case .connectionLimit: "connection_limit"
            case .addressLimit: "address_limit"
            case .handshake: "tls_handshake"
            case .proxyHeader: "proxy_header"
            case .memory: "memory"
            }
        }
    }

    var accepted: UInt64 = 0
    /// How often accepting paused because the system or the limit had no room.
    var pauses: UInt64 = 0
    private(set) var closed = [UInt64](repeating: 0, count: Reason.allCases.count)

    mutating func count(_ reason: Reason) { closed[reason.rawValue] += 1 }

    mutating func merge(_ other: ListenerFigures) {
        accepted += other.accepted
        pauses += other.pauses
        for index in closed.indices { closed[index] += other.closed[index] }
    }
}

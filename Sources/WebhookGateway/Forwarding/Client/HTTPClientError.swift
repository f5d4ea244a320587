import Verifiers

/// Why a request got no answer: what happened, and what to do about it.
enum HTTPClientError: Error, Equatable, Sendable {
    /// How far a request had come.
    enum Phase: String, Sendable {
        case resolving = "looking up the host name"
        case connecting = "connecting"
        case handshaking = "the TLS handshake"
        case answering = "waiting for the answer"
    }

    /// The request itself cannot be sent.
    case invalidRequest(String)
    case unresolvable(ResolutionFailure)
    /// Every address of the host is one that requests are not sent to.
    case addressRefused(host: String, IPAddress)
    /// No address of the host took the connection.
    case unreachable(host: String, reason: String)
    /// The server is not, or cannot be proved to be, the one that was asked for.
    case tlsFailed(host: String, reason: String)
    case timedOut(Phase, after: Duration)
    /// The connection ended after the request had been sent, at least in part.
    case connectionLost(reason: String)
    /// What came back cannot be read as HTTP.
    case unreadableAnswer(ResponseError)
    /// The gateway is stopping.
    case closed

    var category: FailureCategory {
        switch self {
        case .invalidRequest: .validation
        case .addressRefused: .configuration
        case .unresolvable, .unreachable, .tlsFailed, .timedOut, .connectionLost, .unreadableAnswer, .closed: .network
        }
    }

    /// Whether trying the same request later can help.
    var isRetryable: Bool {
        switch self {
        case .invalidRequest, .addressRefused: false
        case .unresolvable, .unreachable, .tlsFailed, .timedOut, .connectionLost, .unreadableAnswer, .closed: true
        }
    }

    /// Whether the server may have carried out the request although it did not say so.
    var isOutcomeUnknown: Bool {
        switch self {
        case .connectionLost, .unreadableAnswer, .timedOut(.answering, _): true
        case .invalidRequest, .unresolvable, .addressRefused, .unreachable, .tlsFailed, .timedOut, .closed: false
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    var description: String {
        switch self {
        case .invalidRequest(let reason):
            "the request was not sent: \(reason)"
        case .unresolvable(let failure):
            "\(failure); check the name and this machine's DNS"
        case .addressRefused(let host, let address):
            "\(host) has the address \(address), which is not a public one; if that is meant, set allowPrivateAddresses: true"
        case .unreachable(let host, let reason):
            "no connection to \(host): \(reason)"
        case .tlsFailed(let host, let reason):
            "\(host) was not trusted: \(reason)"
        case .timedOut(.answering, let duration):
            "no complete answer within \(duration.milliseconds) ms; whether the request was carried out is unknown"
        case .timedOut(let phase, let duration):
            "\(phase.rawValue) took longer than \(duration.milliseconds) ms; nothing was sent"
        case .connectionLost(let reason):
            "the connection ended before the answer (\(reason)); whether the request was carried out is unknown"
        case .unreadableAnswer(let error):
            "the answer cannot be read: \(error.detail) Check that the address speaks HTTP/1.1"
        case .closed:
            "the gateway is stopping"
        }
    }
}

import Verifiers

/// Sends HTTP/1.1 requests to other servers from the control plane: keep-alive, TLS, time-outs, no redirects.
///
/// **Where requests may go.** A host is resolved here, the addresses are judged, and a connection is made to the very
/// address that was judged: a name that answers differently the second time gains nothing. Addresses that are not of
/// the public Internet are left out unless the request's options allow them.
///
/// **How often a request arrives.** Once, with one exception: a kept-alive connection that a server closes at the moment
/// a request is sent over it. If not a single byte of an answer came, the request is sent again over a new connection,
/// once. A server that carried it out and died before it answered then sees it twice, as it does when a time-out makes
/// a lane retry; receivers tell by the event's id.
@ControlPlane
final class HTTPClient {
    struct Settings: Sendable {
        /// How long one address may take for TCP and TLS.
        var connectTimeout = Duration.seconds(5)
        var idleTime = Duration.seconds(30)
        var maximumIdlePerHost = 64
        /// PEM file of trusted roots; nil: the system's (OpenSSL honours SSL_CERT_FILE).
        var caFile: String?
    }

    /// What holds for one request.
    struct Options: Sendable {
        /// From the look-up of the name to the last byte of the answer.
        var timeout = Duration.seconds(15)
        /// A longer answer is cut here (`ClientResponse.isTruncated`).
        var maxBodyBytes = 1 << 20
        var allowsPrivateAddresses = false
        /// Takes the body of a 200 as it comes; the answer has only what came last. Nil: the answer has all of it.
        var received: (@ControlPlane @Sendable ([UInt8]) -> Void)?
    }

    private let settings: Settings
    private let userAgent: String
    private let pool: ConnectionPool
    private let addresses = AddressCache()
    private var tlsContext: TLSClientContext?

    init(version: String, _ settings: Settings = Settings()) {
        self.settings = settings
        userAgent = "webhook-gateway/\(version)"
        pool = ConnectionPool(idleTime: settings.idleTime, maximumPerKey: settings.maximumIdlePerHost)
    }

    /// How many connections lie idle.
    var idleConnections: Int { pool.idleCount }

    /// Sends a request and returns the answer, whatever its status.
    func send(
        _ request: OutboundRequest, _ options: Options = Options()
    ) async throws(HTTPClientError) -> ClientResponse {
        let bytes = try request.encoded(userAgent: userAgent)
        let deadline = Deadline(after: options.timeout)
        let key = ConnectionPool.Key(
            scheme: request.url.scheme, host: request.url.host, port: request.url.port,
            allowsPrivateAddresses: options.allowsPrivateAddresses)
        let isHead = request.method == .head
        func exchange(_ connection: ClientConnection) async -> ClientConnection.Exchange {
            let exchange = await connection.exchange(
                bytes, isHead: isHead, maxBodyBytes: options.maxBodyBytes, deadline: deadline, options.received)
            if connection.isIdle { pool.put(connection, key) }
            return exchange
        }

        if let kept = pool.take(key) {
            switch await exchange(kept) {
            case .answer(let response): return response
            case .failed(let error): throw error
            case .unanswered: break
            }
        }
        guard !pool.isClosed else { throw .closed }
        switch await exchange(try await connect(key, deadline)) {
        case .answer(let response): return response
        case .failed(let error): throw error
        case .unanswered(let reason): throw .connectionLost(reason: reason)
        }
    }

    /// Closes idle connections and refuses further requests; what is under way ends as usual.
    func close() { pool.close() }

    // MARK: Connecting

    /// A new connection to the first address that takes one.
    private func connect(
        _ key: ConnectionPool.Key, _ deadline: Deadline
    ) async throws(HTTPClientError) -> ClientConnection {
        let resolved = try await addresses.addresses(of: key.host, port: key.port, deadline: deadline)
        let candidates = key.allowsPrivateAddresses ? resolved : resolved.filter(\.isPublic)
        guard !candidates.isEmpty else { throw refusal(of: key.host, resolved) }
        let tls = key.scheme == .https ? try tlsContext(for: key.host) : nil
        var failures: [HTTPClientError] = []
        for address in candidates {
            do throws(HTTPClientError) {
                return try await ClientConnection.open(
                    address, host: key.host, tls: tls,
                    deadline: deadline.sooner(Deadline(after: settings.connectTimeout)))
            } catch .tlsFailed(let host, let reason) {
                // The next address of the same service has the same certificate.
                throw .tlsFailed(host: host, reason: reason)
            } catch {
                failures.append(error)
                if Clock.monotonicNanoseconds() >= deadline.time { break }
            }
        }
        addresses.forget(key.host, port: key.port)
        guard failures.count > 1 else { throw failures[0] }
        throw .unreachable(host: key.host, reason: failures.map(\.description).joined(separator: "; "))
    }

    private func refusal(of host: String, _ addresses: [SocketAddress]) -> HTTPClientError {
        for case .ip(let address, _) in addresses { return .addressRefused(host: host, address) }
        return .unresolvable(ResolutionFailure(host: host, reason: "it has no address"))
    }

    private func tlsContext(for host: String) throws(HTTPClientError) -> TLSClientContext {
        if let tlsContext { return tlsContext }
        do throws(StreamError) {
            let context = try TLSClientContext(caFile: settings.caFile)
            tlsContext = context
            return context
        } catch {
            throw .tlsFailed(host: host, reason: error.description)
        }
    }
}

extension SocketAddress {
    /// Whether it is an ordinary address of the public Internet.
    fileprivate var isPublic: Bool {
        if case .ip(let address, _) = self { address.isGloballyRoutable } else { false }
    }
}

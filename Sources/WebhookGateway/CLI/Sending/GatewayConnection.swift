import CLinux
import Glibc

/// One kept-alive HTTP connection, plain or over TLS, with blocking calls: `send` has a thread for each.
struct GatewayConnection: ~Copyable {
    /// Why no answer came.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case unreachable(SystemError)
        case broken(SystemError)
        case badAnswer(ResponseError)
        case insecure(StreamError)

        var description: String {
            switch self {
            case .unreachable(let error): "cannot connect (\(error))"
            case .broken(let error): "the connection broke (\(error))"
            case .badAnswer(let error): "\(error.detail)"
            case .insecure(let error): "no TLS connection (\(error)); SSL_CERT_FILE names certificates to trust"
            }
        }

        /// Whether it looks like a kept-alive connection that the server had closed before the request came.
        fileprivate var isStale: Bool {
            switch self {
            case .badAnswer(.closedBeforeResponse): true
            case .broken(let error): error.code == EPIPE || error.code == ECONNRESET
            case .unreachable, .badAnswer, .insecure: false
            }
        }
    }

    private static let timeoutSeconds = 30
    private static let maximumAnswerBytes = 1_048_576

    private let addresses: [SocketAddress]
    private let target: SendTarget
    /// Of this thread; made with the first connection over TLS.
    private var context: TLSClientContext?
    private var wire: Wire?
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameters:
    ///   - addresses: where the gateway is, in order of preference; connected to at the first exchange.
    ///   - target: whose these are, and whether it speaks TLS.
    init(to addresses: [SocketAddress], of target: SendTarget) {
        self.addresses = addresses
        self.target = target
    }

    /// Sends one request and waits for its answer. A kept-alive connection that the server gave up meanwhile is
    /// replaced once.
    mutating func exchange(_ request: [UInt8]) throws(Failure) -> ClientResponse {
        if let open = wire.take() {
            do throws(Failure) {
                return try exchange(request, over: open)
            } catch  where !error.isStale {
                throw error
            } catch {
                // Below, over a new connection.
            }
        }
        return try exchange(request, over: try connect())
    }

    private mutating func exchange(
        _ request: [UInt8], over wire: consuming Wire
    ) throws(Failure) -> ClientResponse {
        try wire.write(request)
        var parser = ResponseParser(isHead: request.starts(with: "HEAD ".utf8), maxBodyBytes: Self.maximumAnswerBytes)
        while true {
            let count = try wire.read(into: &buffer)
            let response: ClientResponse?
            do throws(ResponseError) {
                response =
                    count == 0 ? try parser.receivedEnd() : try parser.received(buffer.span.extracting(0..<count))
            } catch {
                throw .badAnswer(error)
            }
            guard let response else { continue }
            if response.keepAlive { self.wire = consume wire }
            return response
        }
    }

    private mutating func connect() throws(Failure) -> Wire {
        var failure = SystemError("connect", code: EADDRNOTAVAIL)
        for address in addresses {
            let socket: FileDescriptor
            do throws(SystemError) {
                socket = try Self.connect(to: address)
            } catch {
                failure = error
                continue
            }
            return try secure(socket)
        }
        throw .unreachable(failure)
    }

    /// Greets the server as the target wishes it.
    private mutating func secure(_ socket: consuming FileDescriptor) throws(Failure) -> Wire {
        guard target.security != .plain else { return Wire(socket: socket, session: nil) }
        do throws(StreamError) {
            let context = try tlsContext()
            let session = try context.session(on: socket.raw, host: target.address.host)
            guard try session.continueHandshake() else {
                throw .system(SystemError("TLS handshake", code: ETIMEDOUT))
            }
            return Wire(socket: socket, session: session)
        } catch {
            throw .insecure(error)
        }
    }

    private mutating func tlsContext() throws(StreamError) -> TLSClientContext {
        if let context { return context }
        let context = try TLSClientContext(verifiesPeer: target.security == .tls)
        self.context = context
        return context
    }

    private static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = FileDescriptor(owning: Glibc.socket(address.family, type, 0))
        guard descriptor.raw >= 0 else { throw SystemError("socket") }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        // The time-out for sending is also the one for connecting (socket(7)).
        setsockopt(descriptor.raw, SOL_SOCKET, SO_SNDTIMEO, &timeout, length)
        setsockopt(descriptor.raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, length)
        var one: Int32 = 1
        setsockopt(descriptor.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let raw = descriptor.raw
        guard try address.withSystemAddress({ Glibc.connect(raw, $0, $1) }) == 0 else { throw SystemError("connect") }
        return descriptor
    }
}

extension GatewayConnection {
    /// A connected socket with blocking calls, and what protects it.
    private struct Wire: ~Copyable {
        let socket: FileDescriptor
        /// Nil: plain.
        let session: TLSSession?

        /// How many bytes came; 0 at the end.
        func read(into buffer: inout [UInt8]) throws(Failure) -> Int {
            guard let session else {
                while true {
                    let count = recv(socket.raw, &buffer, buffer.count, 0)
                    if count >= 0 { return count }
                    if errno != EINTR { throw .broken(SystemError("recv")) }
                }
            }
            switch buffer.withUnsafeMutableBytes({ session.read(into: $0) }) {
            case .bytes(let count): return count
            case .end: return 0
            case .wouldBlock: throw .broken(SystemError("SSL_read", code: ETIMEDOUT))
            case .failed(.system(let error)): throw .broken(error)
            case .failed(let error): throw .insecure(error)
            }
        }

        func write(_ bytes: [UInt8]) throws(Failure) {
            var written = 0
            while written < bytes.count { written += try write(bytes[written...]) }
        }

        private func write(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Int {
            guard let session else {
                while true {
                    let count = bytes.withUnsafeBytes {
                        Glibc.send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if count > 0 { return count }
                    if errno != EINTR { throw .broken(SystemError("send")) }
                }
            }
            switch bytes.withUnsafeBytes({ session.write($0) }) {
            case .bytes(let count): return count
            case .wouldBlock: throw .broken(SystemError("SSL_write", code: ETIMEDOUT))
            case .failed(.system(let error)): throw .broken(error)
            case .failed(let error): throw .insecure(error)
            }
        }
    }
}

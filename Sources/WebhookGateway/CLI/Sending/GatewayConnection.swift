import CLinux
import Glibc

/// One kept-alive HTTP connection with blocking calls: `send` has a thread for each.
struct GatewayConnection: ~Copyable {
    /// Why no answer came.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case unreachable(SystemError)
        case broken(SystemError)
        case badAnswer(ResponseError)

        var description: String {
            switch self {
            case .unreachable(let error): "cannot connect (\(error))"
            case .broken(let error): "the connection broke (\(error))"
            case .badAnswer(let error): "\(error.detail)"
            }
        }

        /// Whether it looks like a kept-alive connection that the server had closed before the request came.
        fileprivate var isStale: Bool {
            switch self {
            case .badAnswer(.closedBeforeResponse): true
            case .broken(let error): error.code == EPIPE || error.code == ECONNRESET
            case .unreachable, .badAnswer: false
            }
        }
    }

    private static let timeoutSeconds = 30
    private static let maximumAnswerBytes = 1_048_576

    private let addresses: [SocketAddress]
    private var socket: FileDescriptor?
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameter addresses: where the gateway is, in order of preference; connected to at the first exchange.
    init(to addresses: [SocketAddress]) { self.addresses = addresses }

    /// Sends one request and waits for its answer. A kept-alive connection that the server gave up meanwhile is
    /// replaced once.
    mutating func exchange(_ request: [UInt8]) throws(Failure) -> ClientResponse {
        if let open = socket.take() {
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
        _ request: [UInt8], over socket: consuming FileDescriptor
    ) throws(Failure) -> ClientResponse {
        try Self.write(request, to: socket.raw)
        var parser = ResponseParser(isHead: request.starts(with: "HEAD ".utf8), maxBodyBytes: Self.maximumAnswerBytes)
        while true {
            let count = recv(socket.raw, &buffer, buffer.count, 0)
            if count < 0 {
                if errno == EINTR { continue }
                throw .broken(SystemError("recv"))
            }
            let response: ClientResponse?
            do throws(ResponseError) {
                response =
                    count == 0 ? try parser.receivedEnd() : try parser.received(buffer.span.extracting(0..<count))
            } catch {
                throw .badAnswer(error)
            }
            guard let response else { continue }
            if response.keepAlive { self.socket = consume socket }
            return response
        }
    }

    private func connect() throws(Failure) -> FileDescriptor {
        var failure = SystemError("connect", code: EADDRNOTAVAIL)
        for address in addresses {
            do throws(SystemError) {
                return try Self.connect(to: address)
            } catch {
                failure = error
            }
        }
        throw .unreachable(failure)
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw .broken(SystemError("send"))
            }
        }
    }
}

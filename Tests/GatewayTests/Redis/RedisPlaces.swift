import Glibc
import Verifiers

@testable import WebhookGateway

extension RedisServer {
    /// A TCP port that is free now.
    static func freePort() throws -> UInt16 {
        let socket = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        guard case .ip(_, let port) = try Socket.localAddress(socket.raw) else { throw SystemError("getsockname") }
        return port
    }
}

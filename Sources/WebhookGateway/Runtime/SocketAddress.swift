import CLinux
import Glibc
import Verifiers

/// Where a socket listens or connects to: an IP address and port, or a unix socket's path.
enum SocketAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
    case ip(IPAddress, port: UInt16)
    case unix(path: String)

    /// The longest path that fits `sockaddr_un`, without its final NUL.
    static let maximumUnixPathBytes = 107

    var description: String {
        switch self {
        case .ip(let address, let port): address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): path
        }
    }

    var family: Int32 {
        switch self {
        case .ip(let address, _): address.family == .v6 ? AF_INET6 : AF_INET
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the address as the system wants it.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) throws(SystemError) -> Result
    {
        switch self {
        case .ip(let address, let port) where address.family == .v6:
            var system = sockaddr_in6()
            system.sin6_family = sa_family_t(AF_INET6)
            system.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &system.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return Self.reinterpreted(&system, body)
        case .ip(let address, let port):
            var system = sockaddr_in()
            system.sin_family = sa_family_t(AF_INET)
            system.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &system.sin_addr) { $0.copyBytes(from: address.bytes) }
            return Self.reinterpreted(&system, body)
        case .unix(let path):
            guard path.utf8.count <= Self.maximumUnixPathBytes else {
                throw SystemError("sockaddr_un", code: ENAMETOOLONG)
            }
            var system = sockaddr_un()
            system.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &system.sun_path) { $0.copyBytes(from: path.utf8) }
            return Self.reinterpreted(&system, body)
        }
    }

    private static func reinterpreted<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    /// Reads an address that the system filled in; nil for families other than IP and unix.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            let system = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            self = .ip(
                IPAddress(v4: UInt32(bigEndian: system.sin_addr.s_addr)), port: UInt16(bigEndian: system.sin_port))
        case AF_INET6:
            var system = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            let halves = withUnsafeBytes(of: &system.sin6_addr) { $0.loadUnaligned(as: (UInt64, UInt64).self) }
            let address = IPAddress(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
            self = .ip(address, port: UInt16(bigEndian: system.sin6_port))
        case AF_UNIX:
            self = .unix(path: "")
        default:
            return nil
        }
    }
}

import CLinux
import Glibc

/// Makes sockets: non-blocking, closed on exec. What they do afterwards is `ByteStream`'s.
enum Socket {
    /// The kernel's queue of connections not yet accepted; capped by net.core.somaxconn.
    private static let backlog: Int32 = 4096

    /// Binds and listens. `sharesPort` lets every worker have a listener of its own on one port (SO_REUSEPORT).
    static func listen(on address: SocketAddress, sharesPort: Bool) throws(SystemError) -> FileDescriptor {
        let descriptor = try make(address.family)
        if case .ip = address {
            try set(descriptor.raw, SOL_SOCKET, SO_REUSEADDR, 1)
            if sharesPort { try set(descriptor.raw, SOL_SOCKET, SO_REUSEPORT, 1) }
        }
        let raw = descriptor.raw
        guard try address.withSystemAddress({ bind(raw, $0, $1) }) == 0 else { throw SystemError("bind") }
        guard Glibc.listen(raw, backlog) == 0 else { throw SystemError("listen") }
        return descriptor
    }

    /// Begins a connection; it is established (or has failed) when the descriptor turns writable: see `pendingError`.
    static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let descriptor = try make(address.family)
        if case .ip = address {
            try set(descriptor.raw, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            try keepAlive(descriptor.raw)
        }
        let raw = descriptor.raw
        let result = try address.withSystemAddress { Glibc.connect(raw, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw SystemError("connect") }
        return descriptor
    }

    /// Accepts one connection and tells its peer; nil when none is waiting.
    static func accept(from listener: Int32, peer: inout SocketAddress?) throws(SystemError) -> FileDescriptor? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept4(listener, $0, &length, flags) }
        }
        guard raw >= 0 else {
            switch errno {
            case EAGAIN, EINTR, ECONNABORTED: return nil
            default: throw SystemError("accept4")
            }
        }
        var one: Int32 = 1
        setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        peer = SocketAddress(storage)
        return FileDescriptor(owning: raw)
    }

    /// The error a non-blocking connect ended with; nil when it succeeded.
    static func pendingError(_ descriptor: Int32) -> SystemError? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
            return SystemError("getsockopt")
        }
        return code == 0 ? nil : SystemError("connect", code: code)
    }

    /// The address a listener is bound to: tells the port that the system chose for port 0.
    static func localAddress(_ descriptor: Int32) throws(SystemError) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw SystemError("getsockname") }
        return SocketAddress(storage)
    }

    /// Whether a descriptor is a stream socket that listens.
    static func isListening(_ descriptor: Int32) -> Bool {
        option(descriptor, SO_ACCEPTCONN) == 1 && option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func make(_ family: Int32) throws(SystemError) -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(family, type, 0)
        guard raw >= 0 else { throw SystemError("socket") }
        return FileDescriptor(owning: raw)
    }

    /// A peer that vanished without a word is noticed within a minute.
    private static func keepAlive(_ descriptor: Int32) throws(SystemError) {
        try set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        try set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError("setsockopt")
        }
    }
}

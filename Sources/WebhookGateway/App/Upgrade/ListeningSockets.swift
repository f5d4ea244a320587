import Glibc

/// Sockets that listened before this process began: handed over by a gateway that goes, or by systemd.
///
/// A socket is used where it fits and closed where it does not; who is not served by one opens its own.
struct ListeningSockets {
    /// Who handed them over.
    enum Origin {
        /// A running gateway: a socket must have the configured address.
        case gateway
        /// systemd, whose unit says where to listen, whatever the configuration says.
        case systemd
    }

    /// What a socket is for: its name between processes and in `LISTEN_FDNAMES`.
    enum Purpose: String, CaseIterable {
        case listen, admin
    }

    private(set) var origin = Origin.gateway
    private var sockets: [(purpose: Purpose, descriptor: Int32)] = []

    init() {}

    init(_ origin: Origin, _ sockets: [(purpose: Purpose, descriptor: Int32)]) {
        self.origin = origin
        self.sockets = sockets
    }

    /// Takes the sockets of a purpose that fit an address; the others are closed.
    mutating func take(_ purpose: Purpose, at address: SocketAddress) -> [Int32] {
        var taken: [Int32] = []
        for socket in sockets where socket.purpose == purpose {
            if origin == .systemd || Self.fits(socket.descriptor, address) {
                taken.append(socket.descriptor)
            } else {
                close(socket.descriptor)
            }
        }
        sockets.removeAll { $0.purpose == purpose }
        return taken
    }

    /// Closes what nobody took.
    mutating func closeRest() {
        for socket in sockets { close(socket.descriptor) }
        sockets = []
    }

    /// Port 0 is whatever port the system chose for the process before.
    private static func fits(_ descriptor: Int32, _ address: SocketAddress) -> Bool {
        guard let bound = (try? Socket.localAddress(descriptor)).flatMap(\.self) else { return false }
        guard case .ip(let wanted, port: 0) = address, case .ip(let own, _) = bound else { return bound == address }
        return own == wanted
    }
}

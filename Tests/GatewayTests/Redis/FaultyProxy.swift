import Glibc
import Synchronization
import Verifiers

@testable import WebhookGateway

/// A TCP proxy before a Redis whose network a test can break.
final class FaultyProxy: Sendable {
    enum Mode: Int {
        case pass
        /// Nothing comes through, in either direction; connections stay, and new ones are accepted (half-open).
        case hold
        /// Commands come through, answers do not.
        case holdAnswers
        /// Connections are closed, also new ones.
        case cut
    }

    let port: UInt16
    private let mode = Atomic(Mode.pass.rawValue)
    /// The mode of the turn under way.
    private let current = Atomic(Mode.pass.rawValue)
    private let isStopped = Atomic(false)

    /// - Parameter target: the server's unix socket.
    init(to target: String) throws {
        let listener = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        guard case .ip(_, let port) = try Socket.localAddress(listener.raw) else { throw SystemError("getsockname") }
        self.port = port
        let raw = listener.release()
        try WorkerThread.start(named: "proxy") { [weak self] in
            var relay = Relay(listener: raw, target: target)
            while let self, !self.isStopped.load(ordering: .relaxed) {
                let mode = Mode(rawValue: self.mode.load(ordering: .relaxed)) ?? .pass
                self.current.store(mode.rawValue, ordering: .sequentiallyConsistent)
                relay.turn(mode)
            }
            relay.close()
        }
    }

    deinit { stop() }

    /// Changes the mode and returns when it is in force: what is sent afterwards meets it. A turn takes 5 ms at most.
    func set(_ mode: Mode) {
        self.mode.store(mode.rawValue, ordering: .sequentiallyConsistent)
        while current.load(ordering: .sequentiallyConsistent) != mode.rawValue { poll(nil, 0, 1) }
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    var settings: RedisSettings { RedisSettings(place: .tcp(host: "127.0.0.1", port: port)) }
}

/// The connections of a proxy, served by one thread that looks every few milliseconds.
private struct Relay {
    let listener: Int32
    let target: String
    private var pairs: [(client: Int32, server: Int32)] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(listener: Int32, target: String) {
        self.listener = listener
        self.target = target
    }

    mutating func turn(_ mode: FaultyProxy.Mode) {
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        if mode != .hold {
            for pair in pairs {
                for end in [pair.client, pair.server] {
                    polled.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0))
                }
            }
        }
        poll(&polled, nfds_t(polled.count), 5)
        if mode == .cut { closeAll() }
        if polled[0].revents != 0 { accept(mode) }
        guard mode == .pass || mode == .holdAnswers else { return }
        for (index, pair) in pairs.enumerated().reversed() {
            if copy(pair.client, pair.server), mode == .holdAnswers || copy(pair.server, pair.client) { continue }
            close(pair)
            pairs.remove(at: index)
        }
    }

    mutating func close() {
        closeAll()
        Glibc.close(listener)
    }

    private mutating func accept(_ mode: FaultyProxy.Mode) {
        // Closed on exec: a process that another test starts now would else keep the connection open.
        var peer: SocketAddress?
        guard let client = try? Socket.accept(from: listener, peer: &peer), mode != .cut,
            let server = try? Socket.connect(to: .unix(path: target))
        else { return }
        pairs.append((client.release(), server.release()))
    }

    /// Moves what there is; false when either end is gone.
    private mutating func copy(_ from: Int32, _ to: Int32) -> Bool {
        while true {
            let count = recv(from, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count == 0 || count < 0 && errno != EAGAIN { return false }
            if count < 0 { return true }
            var sent = 0
            while sent < count {
                let result = buffer.withUnsafeBytes {
                    send(to, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
                }
                if result > 0 {
                    sent += result
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: to, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, 100)
                } else {
                    return false
                }
            }
        }
    }

    private mutating func closeAll() {
        for pair in pairs { close(pair) }
        pairs = []
    }

    private func close(_ pair: (client: Int32, server: Int32)) {
        Glibc.close(pair.client)
        Glibc.close(pair.server)
    }
}

import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// systemd's part is played by the test: it holds the sockets, and is told when the gateway is ready.
    struct SocketActivationTests {
        @Test func `sockets that systemd holds are served, and calls between two lives wait for the second`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let (listening, publicPort) = try Self.socket()
            let (admin, adminPort) = try Self.socket()
            defer { for socket in [listening, admin] { close(socket) } }
            let notices = try Notices("\(home.path)/notify.sock")
            home.environment["NOTIFY_SOCKET"] = notices.path
            let request = try home.fixture("stripe/payment_intent.succeeded")

            let first = try start(home, [listening, admin])
            #expect(first.port == publicPort)
            #expect(first.adminPort == adminPort)
            #expect(try first.post(request).code == 200)
            #expect(try notices.next() == "READY=1\nMAINPID=\(first.program.pid)")
            #expect(try first.stop().code == 0)
            #expect(try notices.next() == "STOPPING=1")

            // Nobody serves, and nobody is refused.
            let early = try HTTPProbe(port: publicPort)
            try early.write(request)
            let second = try start(home, [listening, admin])
            #expect(try early.read().code == 200)
            #expect(try second.stop().code == 0)
        }

        @Test func `what is no listening socket is refused with what to do`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let file = FileDescriptor(owning: open("/dev/null", O_RDONLY))
            let result = try launch(home, [file.raw]).finish()
            #expect(result.code == 1)
            #expect(result.errors.contains("LISTEN_FDS: descriptor 3 is no listening stream socket"))
        }

        private static func socket() throws -> (Int32, UInt16) {
            let socket = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
            guard case .ip(_, let port) = try Socket.localAddress(socket.raw) else {
                throw SystemError("getsockname", code: EINVAL)
            }
            _ = fcntl(socket.raw, F_SETFD, 0)
            return (socket.release(), port)
        }

        private func launch(_ home: GatewayHome, _ descriptors: [Int32]) throws -> Program {
            var redirections = ""
            for (index, descriptor) in descriptors.enumerated() { redirections += " \(3 + index)<&\(descriptor)" }
            let script =
                "export LISTEN_PID=$$ LISTEN_FDS=\(descriptors.count) LISTEN_FDNAMES=listen:admin; exec \"$@\"\(redirections)"
            return try home.launch("bash", ["-c", script, "bash", GatewayHome.executable, "serve"])
        }

        private func start(_ home: GatewayHome, _ descriptors: [Int32]) throws -> GatewayProcess {
            let gateway = GatewayProcess(try launch(home, descriptors))
            try waitUntil("the start of the gateway") {
                try #require(gateway.program.isRunning)
                return gateway.logLine("gateway started") != nil
            }
            return gateway
        }
    }
}

/// Where a service tells systemd how it is.
private final class Notices {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let raw = descriptor
        guard try SocketAddress.unix(path: path).withSystemAddress({ bind(raw, $0, $1) }) == 0 else {
            throw SystemError("bind")
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func next() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SystemError("recv") }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

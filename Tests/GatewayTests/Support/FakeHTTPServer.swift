import COpenSSL
import Glibc
import Synchronization
import Verifiers

@testable import WebhookGateway

/// A server on loopback that answers as a test's script says, also in ways that no server should.
///
/// Blocking sockets, a thread a connection: nothing in it is shared with what it tests.
final class FakeHTTPServer: Sendable {
    /// One request as it arrived.
    struct Received: Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]
        /// Which connection it came over, counted from 0.
        var connection: Int
        /// Which request it is, counted from 0 over all connections.
        var number: Int

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What the server does in turn when a request has arrived.
    enum Step: Sendable {
        case text(String)
        case bytes([UInt8])
        case pause(milliseconds: UInt32)
        /// Ends the connection in good order.
        case close
        /// Ends the connection with RST.
        case reset
        /// Says nothing more until the client goes away.
        case silence

        static func answer(_ status: Int = 200, headers: [String] = [], body: String = "") -> Step {
            let fields = (headers + ["Content-Length: \(body.utf8.count)"]).map { $0 + "\r\n" }.joined()
            return .text("HTTP/1.1 \(status) X\r\n\(fields)\r\n\(body)")
        }
    }

    private struct State {
        var received: [Received] = []
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    let port: UInt16
    private let listener: Int32
    private let certificate: TestCertificate?
    private let script: @Sendable (Received) -> [Step]
    private let state = Mutex(State())

    init(
        certificate: TestCertificate? = nil, script: @escaping @Sendable (Received) -> [Step] = { _ in [.answer()] }
    ) throws {
        // As the program itself does (Signals.block): OpenSSL writes without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
        self.script = script
        self.certificate = certificate
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0, bindToLoopback(listener), listen(listener, 128) == 0 else { throw SystemError("listen") }
        guard case .ip(_, let port) = try Socket.localAddress(listener) else { throw SystemError("getsockname") }
        self.port = port
        try WorkerThread.start(named: "fake-http") { [weak self, listener] in
            var number = 0
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self, self.serve(connection, number: number) else {
                    close(connection)
                    return
                }
                number += 1
            }
        }
    }

    deinit {
        // Wakes the thread in accept, which then ends and closes it.
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { state in
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    var received: [Received] { state.withLock { $0.received } }
    var connections: Int { state.withLock { $0.connections } }

    func url(_ path: String = "/", host: String = "127.0.0.1") -> String {
        "\(certificate == nil ? "http" : "https")://\(host):\(port)\(path)"
    }

    private func record(_ request: Received) -> Int {
        state.withLock { state in
            var request = request
            request.number = state.received.count
            state.received.append(request)
            return request.number
        }
    }

    private func serve(_ connection: Int32, number: Int) -> Bool {
        state.withLock { state in
            state.connections += 1
            state.open.insert(connection)
        }
        do {
            try WorkerThread.start(named: "fake-conn") { [weak self, script, certificate] in
                let wire = Wire(connection, certificate)
                defer {
                    self?.state.withLock { _ = $0.open.remove(connection) }
                    wire?.close()
                }
                while let wire, var request = wire.readRequest() {
                    request.connection = number
                    guard let number = self?.record(request) else { return }
                    request.number = number
                    guard wire.perform(script(request)) else { return }
                }
            }
            return true
        } catch {
            return false
        }
    }
}

/// One accepted connection, plain or TLS, read and written with blocking calls.
private final class Wire {
    private let descriptor: Int32
    private var ssl: OpaquePointer?
    private var buffer: [UInt8] = []

    init?(_ descriptor: Int32, _ certificate: TestCertificate?) {
        self.descriptor = descriptor
        guard let certificate else { return }
        guard let context = SSL_CTX_new(TLS_server_method()) else { return nil }
        defer { SSL_CTX_free(context) }
        guard SSL_CTX_use_certificate_chain_file(context, certificate.certificate) == 1,
            SSL_CTX_use_PrivateKey_file(context, certificate.key, SSL_FILETYPE_PEM) == 1
        else { return nil }
        ssl = SSL_new(context)
        SSL_set_fd(ssl, descriptor)
        if SSL_accept(ssl) != 1 { return nil }
    }

    deinit {
        SSL_free(ssl)
        Glibc.close(descriptor)
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func readRequest() -> FakeHTTPServer.Received? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
                }
                let length = Int(headers["content-length"] ?? "0") ?? 0
                while buffer.count < end.upperBound + length {
                    guard fill() else { return nil }
                }
                let body = Array(buffer[end.upperBound..<end.upperBound + length])
                buffer.removeSubrange(..<(end.upperBound + length))
                let start = lines[0].split(separator: " ")
                return FakeHTTPServer.Received(
                    method: String(start[0]), target: String(start[1]), headers: headers, body: body, connection: 0,
                    number: 0)
            }
            guard fill() else { return nil }
        }
    }

    /// Performs the steps; false when the connection is over.
    func perform(_ steps: [FakeHTTPServer.Step]) -> Bool {
        for step in steps {
            switch step {
            case .text(let text): if !write(Array(text.utf8)) { return false }
            case .bytes(let bytes): if !write(bytes) { return false }
            case .pause(let milliseconds): usleep(milliseconds * 1000)
            case .close: return false
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                // SHUT_RDWR would send FIN first; a duplicate number keeps deinit's close harmless.
                let null = open("/dev/null", O_RDWR)
                dup2(null, descriptor)
                Glibc.close(null)
                return false
            case .silence:
                while fill() {}
                return false
            }
        }
        return true
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count =
            ssl == nil ? recv(descriptor, &chunk, chunk.count, 0) : Int(SSL_read(ssl, &chunk, Int32(chunk.count)))
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { raw in
                ssl == nil
                    ? send(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
                    : Int(SSL_write(ssl, raw.baseAddress, Int32(raw.count)))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private func bindToLoopback(_ descriptor: Int32) -> Bool {
    let address = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: 0)
    do {
        return try address.withSystemAddress { bind(descriptor, $0, $1) } == 0
    } catch {
        return false
    }
}

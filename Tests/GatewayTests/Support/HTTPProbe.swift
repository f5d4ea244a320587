import Glibc
import Verifiers

@testable import WebhookGateway

/// A blocking HTTP connection of a test that sends exactly the bytes it is told.
final class HTTPProbe {
    private let socket: FileDescriptor

    init(port: UInt16) throws {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        socket = FileDescriptor(owning: Glibc.socket(AF_INET, type, 0))
        let raw = socket.raw
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let address = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: port)
        guard try address.withSystemAddress({ connect(raw, $0, $1) }) == 0 else { throw SystemError("connect") }
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemError("send") }
            rest = rest.dropFirst(count)
        }
    }

    /// The next answer. Read byte by byte, so that what belongs to the one after it stays in the socket.
    func read() throws -> ClientResponse {
        var parser = ResponseParser(isHead: false, maxBodyBytes: 1 << 24)
        while true {
            var byte: [UInt8] = [0]
            let count = recv(socket.raw, &byte, 1, 0)
            guard count >= 0 else { throw SystemError("recv") }
            if count == 0 { return try parser.receivedEnd() }
            if let response = try parser.received(byte.span) { return response }
        }
    }

    /// The next byte, whatever it belongs to; nil at the end.
    func readByte() -> UInt8? {
        var byte: UInt8 = 0
        return recv(socket.raw, &byte, 1, 0) == 1 ? byte : nil
    }

    /// Whether the server closes the connection without another byte.
    func isClosed() -> Bool {
        var byte: UInt8 = 0
        return recv(socket.raw, &byte, 1, 0) <= 0
    }

    /// One request over a connection of its own.
    static func exchange(_ bytes: some Sequence<UInt8>, port: UInt16) throws -> ClientResponse {
        let probe = try HTTPProbe(port: port)
        try probe.write(bytes)
        return try probe.read()
    }

    static func get(_ target: String, port: UInt16, headers: String = "") throws -> ClientResponse {
        try exchange("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n".utf8, port: port)
    }
}

extension ClientResponse {
    var code: Int { Int(status.code) }
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: StaticString) -> String? {
        headers.first(name).map { String(decoding: $0, as: UTF8.self) }
    }
}

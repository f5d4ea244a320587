import Glibc
import Verifiers

@testable import WebhookGateway

/// A client that may do to its connection what no library would: blocking, byte for byte, from 127.0.0.1 or an
/// alias of it.
final class RawClient {
    let descriptor: Int32
    private var isOpen = true

    init(_ port: UInt16, from source: UInt32 = 0x7F00_0001, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        let raw = descriptor
        let bound = try SocketAddress.ip(IPAddress(v4: source), port: 0).withSystemAddress { bind(raw, $0, $1) }
        guard bound == 0 else { throw SystemError("bind") }
        let target = SocketAddress.ip(IPAddress(v4: 0x7F00_0001), port: port)
        guard try target.withSystemAddress({ connect(raw, $0, $1) }) == 0 else { throw SystemError("connect") }
        setTimeout(seconds: 5)
    }

    deinit { close() }

    func setTimeout(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Sends all of it; false when the other side does not take it.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends what the other side takes without waiting, and tells how much that was.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    /// What comes with one read; empty at the end, nil after a reset or when nothing comes in time.
    func receive(_ size: Int = 65_536) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return count < 0 ? nil : Array(chunk[..<count])
    }

    /// Reads until `count` heads have ended and nothing of their bodies lacks.
    func responses(_ count: Int) -> [String] {
        var bytes: [UInt8] = []
        while true {
            let whole = Self.split(bytes)
            if whole.count >= count { return whole }
            guard let chunk = receive(), !chunk.isEmpty else { return whole }
            bytes += chunk
        }
    }

    /// Everything up to the end of the connection; nil when it is reset or does not end.
    func readToEnd() -> String? {
        var bytes: [UInt8] = []
        while let chunk = receive() {
            if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk
        }
        return nil
    }

    /// Whether the other side closes or resets before the time-out.
    func endsInTime() -> Bool {
        while true {
            guard let chunk = receive() else { return errno == ECONNRESET }
            if chunk.isEmpty { return true }
        }
    }

    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    /// Closes with RST.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// The whole responses at the front of `bytes`, by their Content-Length.
    static func split(_ bytes: [UInt8]) -> [String] {
        var result: [String] = []
        var rest = bytes[...]
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
            let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = field.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
            guard rest.endIndex - end.upperBound >= length else { break }
            result.append(String(decoding: rest[..<(end.upperBound + length)], as: UTF8.self))
            rest = rest[(end.upperBound + length)...]
        }
        return result
    }
}

/// A request as text.
func get(_ path: String, _ fields: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n"
}

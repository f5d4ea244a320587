import Glibc

@testable import WebhookGateway

/// A blocking connection to a Redis, for looking at what is there.
final class RedisProbe {
    private let socket: FileDescriptor
    private let decoder: RESPDecoder

    init(_ path: String) throws {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, type, 0))
        guard let decoder = RESPDecoder() else { throw SystemError("redisReaderCreate", code: ENOMEM) }
        self.decoder = decoder
        let raw = socket.raw
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        guard try SocketAddress.unix(path: path).withSystemAddress({ connect(raw, $0, $1) }) == 0 else {
            throw SystemError("connect")
        }
    }

    @discardableResult
    func command(_ arguments: RedisArgument...) throws -> RedisReply { try command(arguments) }

    @discardableResult
    func command(_ arguments: [RedisArgument]) throws -> RedisReply {
        var encoder = RESPEncoder()
        encoder.command(arguments)
        var rest = encoder.bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemError("send") }
            rest = rest.dropFirst(count)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let reply = try decoder.next() { return reply }
            let count = recv(socket.raw, &buffer, buffer.count, 0)
            guard count > 0 else { throw SystemError("recv", code: count == 0 ? ECONNRESET : errno) }
            try feed(buffer[..<count])
        }
    }

    private func feed(_ bytes: ArraySlice<UInt8>) throws {
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(RedisFailure) in try decoder.feed(bytes) }
        }
        try outcome.get()
    }

    func list(_ key: String) throws -> [String] {
        try command("LRANGE", .text(key), 0, -1).elements?.compactMap(\.string) ?? []
    }

    func length(_ key: String) throws -> Int { Int(try command("LLEN", .text(key)).integer ?? 0) }

    /// The server's process.
    var processID: pid_t? {
        guard let info = try? command("INFO", "server").string else { return nil }
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
        return line.flatMap { pid_t($0.dropFirst("process_id:".count)) }
    }

    /// Ends the server; the connection breaks instead of an answer.
    func shutDown() { _ = try? command("SHUTDOWN", "NOSAVE") }
}

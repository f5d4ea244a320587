import CLinux
import Glibc

/// The new gateway's side of a takeover: asks the running one for its sockets, and tells it when they are served.
///
/// Blocks the calling thread; nothing else runs yet in this process.
final class Takeover {
    /// Why the running gateway cannot be replaced.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let answerSeconds = 15

    /// The running gateway's number.
    let process: pid_t
    /// Its data directory's lock, shared by both until one closes it.
    let lock: Int32
    let control: Int32
    /// Whether it has a private Redis to adopt.
    let offersRedis: Bool
    let sockets: ListeningSockets
    private let connection: FileDescriptor

    /// Asks the gateway that listens on `path`; nil when none does.
    init?(path: String) throws(Failure) {
        guard let connection = try Self.connect(path) else { return nil }
        try Self.send(ControlProtocol.request, to: connection.raw)
        let (words, descriptors) = try Self.receive(from: connection.raw)
        guard words.first != ControlProtocol.refused else {
            throw Failure(
                description:
                    "the running gateway does not hand over: \(words.dropFirst().joined(separator: " ")); try again, or stop it and start this one"
            )
        }
        var (lock, control): (Int32?, Int32?)
        var sockets: [(purpose: ListeningSockets.Purpose, descriptor: Int32)] = []
        var rest = descriptors[...]
        for word in words.dropFirst() where word != ControlProtocol.redis {
            guard let descriptor = rest.popFirst() else { break }
            switch word {
            case ControlProtocol.lock: lock = descriptor
            case ControlProtocol.control: control = descriptor
            default:
                guard let purpose = ListeningSockets.Purpose(rawValue: word) else {
                    // Something that a later version hands over, and we do not know.
                    close(descriptor)
                    continue
                }
                sockets.append((purpose, descriptor))
            }
        }
        guard let process = words.first.flatMap({ pid_t($0) }), let lock, let control else {
            throw Failure(
                description: "the running gateway answers something unknown; stop it and start this one instead")
        }
        self.process = process
        self.lock = lock
        self.control = control
        offersRedis = words.contains(ControlProtocol.redis)
        self.sockets = ListeningSockets(.gateway, sockets)
        self.connection = connection
    }

    /// This process serves: the other one accepts nothing more on the sockets of these names, and drains.
    func commit(_ names: [String]) throws(Failure) {
        try Self.send(([ControlProtocol.ready] + names).joined(separator: " "), to: connection.raw)
        let (words, _) = try Self.receive(from: connection.raw)
        guard words == [ControlProtocol.released] else {
            throw Failure(description: "the running gateway has changed its mind; it goes on")
        }
        try Self.send(ControlProtocol.done, to: connection.raw)
    }

    // MARK: System

    private static func connect(_ path: String) throws(Failure) -> FileDescriptor? {
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw Failure(description: "no socket for the takeover (\(SystemError("socket")))") }
        let connection = FileDescriptor(owning: raw)
        var limit = timeval(tv_sec: answerSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let result = try connecting { () throws(SystemError) in
            try SocketAddress.unix(path: path).withSystemAddress { Glibc.connect(raw, $0, $1) }
        }
        guard result == 0 else {
            if errno == ENOENT || errno == ECONNREFUSED { return nil }
            throw Failure(description: "\(path) cannot be reached (\(SystemError("connect")))")
        }
        guard DescriptorPassing.isOwnUser(raw) else {
            throw Failure(description: "\(path) belongs to another user's gateway; run serve --takeover as that user")
        }
        return connection
    }

    private static func send(_ line: String, to socket: Int32) throws(Failure) {
        try connecting { () throws(SystemError) in
            try DescriptorPassing.send(Array("\(line)\n".utf8), to: socket)
        }
    }

    /// The next line's words, and the descriptors that came with it.
    private static func receive(from socket: Int32) throws(Failure) -> (words: [String], descriptors: [Int32]) {
        var line: [UInt8] = []
        var descriptors: [Int32] = []
        while line.last != UInt8(ascii: "\n") {
            let (bytes, more) = try connecting { () throws(SystemError) in
                try DescriptorPassing.receive(from: socket)
            }
            guard !bytes.isEmpty, line.count <= ControlProtocol.longestLine else {
                throw Failure(description: "the running gateway broke off the takeover; its log says why")
            }
            line += bytes
            descriptors += more
        }
        let words = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ").map(String.init)
        return (words, descriptors)
    }

    private static func connecting<Value>(_ body: () throws(SystemError) -> Value) throws(Failure) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw Failure(
                description: "the running gateway does not answer (\(error)); if it hangs, stop it and start this one")
        }
    }
}

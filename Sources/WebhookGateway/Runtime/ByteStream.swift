import CLinux
import Glibc

/// What came of one read.
enum ReadResult {
    case bytes(Int)
    case wouldBlock
    /// The peer has sent all it will send.
    case end
    case failed(StreamError)
}

/// What came of one write.
enum WriteResult {
    case bytes(Int)
    case wouldBlock
    case failed(StreamError)
}

/// Why a stream is of no further use.
enum StreamError: Error, Equatable, CustomStringConvertible {
    case system(SystemError)
    case tls(String)

    var description: String {
        switch self {
        case .system(let error): error.description
        case .tls(let reason): "TLS: \(reason)"
        }
    }
}

/// One connected socket, plain or under TLS, non-blocking; closes itself when it goes away.
///
/// HTTP, Redis and outgoing requests all speak through this type, so that unix sockets, TLS and partial writes are
/// solved once.
final class ByteStream {
    let descriptor: Int32
    private var session: TLSSession?
    private var isOpen = true

    init(_ descriptor: consuming FileDescriptor, session: TLSSession? = nil) {
        self.descriptor = descriptor.release()
        self.session = session
    }

    deinit { close() }

    /// Gives the descriptor back to the system at once, whoever still holds the stream; nothing may follow.
    func close() {
        guard isOpen else { return }
        isOpen = false
        session = nil
        _ = Glibc.close(descriptor)
    }

    /// From now on everything goes through TLS.
    func secure(with session: TLSSession) { self.session = session }

    /// Looks at the bytes that have come without taking them; only before TLS begins.
    func peek(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult { receive(buffer, Int32(MSG_PEEK)) }

    /// Continues the TLS handshake; true when the stream is ready for bytes (a plain stream always is).
    func continueHandshake() throws(StreamError) -> Bool {
        guard let session else { return true }
        return try session.continueHandshake()
    }

    /// Whether the stream must turn writable before it can go on, though it has nothing of the caller's to write.
    var wantsToWrite: Bool { session?.wantsToWrite ?? false }

    /// Whether decrypted bytes lie ready that no readiness of the socket will announce.
    var hasBufferedInput: Bool { session?.hasBufferedInput ?? false }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if let session { return session.read(into: buffer) }
        return receive(buffer, 0)
    }

    private func receive(_ buffer: UnsafeMutableRawBufferPointer, _ flags: Int32) -> ReadResult {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, flags)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(.system(SystemError("recv")))
    }

    func write(_ buffer: UnsafeRawBufferPointer) -> WriteResult {
        if let session { return session.write(buffer) }
        let count = send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed(.system(SystemError("send")))
    }

    /// Tells the peer that nothing more will be sent.
    func endWriting() {
        session?.sendCloseNotify()
        shutdown(descriptor, Int32(SHUT_WR))
    }
}

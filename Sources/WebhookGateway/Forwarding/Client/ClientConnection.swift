import Glibc

/// One connection to a server: made, perhaps secured, then used for one request after the other.
///
/// Every failure closes it. A server may close it at any time, also while it lies idle; `closed` tells the pool.
@ControlPlane
final class ClientConnection: @ControlPlane EventHandler {
    private enum State {
        case connecting(Promise<HTTPClientError?>)
        case handshaking(Promise<HTTPClientError?>)
        case idle
        case exchanging(Promise<Exchange>)
        case closed
    }

    /// What came of one request.
    enum Exchange: Sendable {
        case answer(ClientResponse)
        /// The connection ended before a single byte of the answer came.
        case unanswered(reason: String)
        case failed(HTTPClientError)
    }

    /// Shared by all connections: there is one thread, and what is read is parsed before anything else happens.
    private static let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    let host: String
    /// Monotonic nanoseconds of the end of the last request.
    private(set) var idleSince: UInt64 = 0
    /// Told once, when an idle connection turns out to be closed.
    var closed: (() -> Void)?

    private let stream: ByteStream
    private var state = State.closed
    private var output = OutputBuffer()
    private var parser = ResponseParser(isHead: false, maxBodyBytes: 0)
    /// Why the request could not be sent to its end.
    private var sendFailure: StreamError?
    private var received: (@ControlPlane @Sendable ([UInt8]) -> Void)?

    private init(_ stream: ByteStream, host: String) {
        self.stream = stream
        self.host = host
    }

    /// Connects to `address` and, with a TLS context, has the peer prove that it is `host`.
    static func open(
        _ address: SocketAddress, host: String, tls: TLSClientContext?, deadline: Deadline
    ) async throws(HTTPClientError) -> ClientConnection {
        let stream: ByteStream
        do {
            let descriptor = try Socket.connect(to: address)
            let session = try tls?.session(on: descriptor.raw, host: host)
            stream = ByteStream(descriptor, session: session)
        } catch {
            throw .unreachable(host: host, reason: "\(address): \(error)")
        }
        let connection = ClientConnection(stream, host: host)
        let failure = await Promise<HTTPClientError?>.value(
            by: deadline.time, orElse: { connection.giveUpOpening(after: deadline.allowance) }
        ) { connection.begin(.connecting($0), interest: .writable) }
        if let failure {
            connection.close()
            throw failure
        }
        return connection
    }

    /// Sends one request, encoded, and reads its answer; `received` takes the body of a 200 as it comes.
    func exchange(
        _ request: [UInt8], isHead: Bool, maxBodyBytes: Int, deadline: Deadline,
        _ received: (@ControlPlane @Sendable ([UInt8]) -> Void)? = nil
    ) async -> Exchange {
        self.received = received
        defer { self.received = nil }
        let result = await Promise<Exchange>.value(
            by: deadline.time, orElse: { .failed(.timedOut(.answering, after: deadline.allowance)) }
        ) { promise in
            guard case .idle = state else { return promise.fulfil(.unanswered(reason: "it was closed")) }
            parser = ResponseParser(isHead: isHead, maxBodyBytes: maxBodyBytes)
            output.bytes = request
            state = .exchanging(promise)
            advance()
        }
        if case .answer(let response) = result, response.keepAlive, output.isEmpty, sendFailure == nil {
            idleSince = ControlPlane.loop.now
        } else {
            close()
        }
        return result
    }

    var isIdle: Bool { if case .idle = state { true } else { false } }

    func close() {
        if case .closed = state { return }
        state = .closed
        ControlPlane.loop.deregister(stream.descriptor)
        // Frees the number of the descriptor at once, whoever still holds this object.
        shutdown(stream.descriptor, Int32(SHUT_RDWR))
    }

    func ready(_ events: IOEvents) {
        switch state {
        case .connecting(let promise): connected(promise)
        case .handshaking(let promise): shakeHands(promise)
        case .idle: readIdle()
        case .exchanging: advance()
        case .closed: break
        }
    }

    // MARK: Opening

    private func begin(_ state: State, interest: IOEvents) {
        self.state = state
        do throws(SystemError) {
            try ControlPlane.loop.register(stream.descriptor, interest: interest, handler: self)
        } catch {
            self.state = .closed
            if case .connecting(let promise) = state { promise.fulfil(.unreachable(host: host, reason: "\(error)")) }
        }
    }

    private func connected(_ promise: Promise<HTTPClientError?>) {
        if let error = Socket.pendingError(stream.descriptor) {
            return promise.fulfil(.unreachable(host: host, reason: SystemError.message(error.code)))
        }
        state = .handshaking(promise)
        shakeHands(promise)
    }

    private func shakeHands(_ promise: Promise<HTTPClientError?>) {
        do {
            let isDone = try stream.continueHandshake()
            try ControlPlane.loop.update(
                stream.descriptor, interest: stream.wantsToWrite ? [.readable, .writable] : .readable)
            guard isDone else { return }
            state = .idle
            idleSince = ControlPlane.loop.now
            promise.fulfil(nil)
        } catch {
            promise.fulfil(.tlsFailed(host: host, reason: "\(error)"))
        }
    }

    private func giveUpOpening(after allowance: Duration) -> HTTPClientError {
        if case .handshaking = state { return .timedOut(.handshaking, after: allowance) }
        return .timedOut(.connecting, after: allowance)
    }

    // MARK: Exchanging

    /// Writes what can be written and reads what has come, whatever it was that the socket announced: TLS may have to
    /// read in order to write.
    private func advance() {
        guard case .exchanging(let promise) = state else { return }
        if sendFailure == nil {
            do throws(StreamError) {
                let isSent = try output.flush(to: stream)
                let wantsToWrite = !isSent || stream.wantsToWrite
                try updateInterest(wantsToWrite ? [.readable, .writable] : .readable)
            } catch {
                sendFailure = error
            }
        }
        // The answer may be there although the request could not be sent to its end (413, then reset).
        guard let result = read() else { return }
        state = .idle
        promise.fulfil(result)
    }

    private func updateInterest(_ interest: IOEvents) throws(StreamError) {
        do throws(SystemError) {
            try ControlPlane.loop.update(stream.descriptor, interest: interest)
        } catch {
            throw .system(error)
        }
    }

    /// Reads until the answer is whole or nothing more has come; nil in the latter case.
    private func read() -> Exchange? {
        do throws(ResponseError) {
            while true {
                switch stream.read(into: Self.input) {
                case .bytes(let count):
                    let bytes = UnsafeRawBufferPointer(rebasing: Self.input[..<count])
                    if let answer = try parse(bytes) { return .answer(answer) }
                    if let received {
                        let part = parser.takeBody()
                        if !part.isEmpty { received(part) }
                    }
                case .wouldBlock:
                    return sendFailure.map { lost("\($0)") }
                case .end:
                    return .answer(try parser.receivedEnd())
                case .failed(let error):
                    return lost("\(sendFailure ?? error)")
                }
            }
        } catch {
            switch error {
            case .closedBeforeResponse: return .unanswered(reason: "the server closed it")
            case .endedEarly:
                return .failed(.connectionLost(reason: "the server closed it in the middle of the answer"))
            default: return .failed(.unreadableAnswer(error))
            }
        }
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(ResponseError) -> ClientResponse? {
        let buffer = bytes.assumingMemoryBound(to: UInt8.self)
        return try parser.received(buffer.span)
    }

    private func lost(_ reason: String) -> Exchange {
        parser.hasBegun ? .failed(.connectionLost(reason: reason)) : .unanswered(reason: reason)
    }

    // MARK: Idle

    /// An idle server has nothing to say: whatever it sends, the connection is of no use any more. Under TLS it may
    /// still send session tickets, which are not data.
    private func readIdle() {
        if case .wouldBlock = stream.read(into: Self.input) { return }
        close()
        closed?()
    }
}

import Verifiers

/// One client: performs on the socket what `ConnectionState` decides, and keeps its deadlines.
final class Connection: EventHandler {
    /// The listener's place for this connection.
    var place = 0
    /// When the connection entered what it is doing now, in monotonic nanoseconds.
    private(set) var stageStartedAt: UInt64

    private let listener: Listener
    private let stream: ByteStream
    private var peer: IPAddress?
    private var state: ConnectionState
    private var output = OutputBuffer()
    private var stage = ConnectionState.Stage.idle
    /// When bytes last moved, in either direction.
    private var lastActivity: UInt64
    private var bodyBytes = 0
    /// What of `state.heldBytes` the listener has been told.
    private var reportedBytes = 0
    private var isOpen = true
    private var isProcessing = false
    private var isReading = false
    private var readsOn = true
    /// Whether requests wait until the client has read its answers.
    private var isPaused = false
    private var hasEndedWriting = false
    private var isCounted = false
    /// Whether the answer under way comes in pieces.
    private var isStreaming = false
    /// PROXY header and TLS handshake; nil once requests may come.
    private var opening: ConnectionOpening?
    /// The request being answered; its serial tells late answers from current ones.
    private var context: RequestContext?
    private var writing = ResponseWriter.Context()
    private var serial: UInt64 = 0

    init(_ stream: ByteStream, peer: SocketAddress?, listener: Listener) {
        self.stream = stream
        self.listener = listener
        if case .ip(let address, _) = peer { self.peer = address } else { self.peer = nil }
        state = ConnectionState(limits: listener.limits.http)
        lastActivity = listener.loop.now
        stageStartedAt = listener.loop.now
        opening = ConnectionOpening(proxyProtocol: listener.options.proxyProtocol, tls: listener.options.tls)
    }

    func start() {
        // Behind a load balancer the client's address comes with the PROXY header.
        if !listener.options.proxyProtocol, !countAddress() { return close(.addressLimit) }
        do throws(SystemError) {
            try listener.loop.register(stream.descriptor, interest: .readable, handler: self)
        } catch {
            close()
        }
    }

    var isIdle: Bool { stage == .idle && opening == nil && output.isEmpty }

    /// Whether the client, and not we, keeps this connection from being of use: it may go when others need the place.
    var isStalling: Bool { opening != nil || stage == .head || stage == .body || hasEndedWriting || !output.isEmpty }

    // MARK: Readiness

    func ready(_ events: IOEvents) {
        if opening != nil { return open() }
        if events.contains(.writable) { flush() }
        guard isOpen else { return }
        if isPaused, output.isEmpty { process() }
        guard isOpen else { return }
        if isWatchingInput {
            if stream.wantsToWrite || !events.isDisjoint(with: [.readable, .failed]) { read() }
        } else if events.contains(.failed) {
            // Reset while nothing is read: there is nobody left to answer.
            close()
        }
    }

    /// A client that does not read its answers is not read from either.
    private var isWatchingInput: Bool { readsOn && output.isEmpty || hasEndedWriting }

    private func open() {
        guard let opening else { return }
        do throws(OpeningFailure) {
            let isDone = try opening.advance(stream, scratch: &listener.scratch)
            if let client = opening.client { peer = client }
            guard isDone else { return watch() }
        } catch {
            switch error {
            case .proxyHeader: return close(.proxyHeader)
            case .handshake: return close(.handshake)
            case .lost: return close()
            }
        }
        self.opening = nil
        if listener.options.proxyProtocol, !countAddress() { return close(.addressLimit) }
        stageStartedAt = listener.loop.now
        watch()
        // The first request may have come with the last bytes of the handshake.
        if isOpen { read() }
    }

    private func countAddress() -> Bool {
        guard let quota = listener.options.addresses, let peer else { return true }
        isCounted = quota.enter(peer)
        return isCounted
    }

    /// Reads what has come: at most one buffer of it, so that the others get their turn, but all that TLS has taken from
    /// the socket, since no readiness will announce it.
    private func read() {
        isReading = true
        defer { isReading = false }
        repeat {
            switch listener.scratch.withUnsafeMutableBytes({ stream.read(into: $0) }) {
            case .bytes(let count):
                lastActivity = listener.loop.now
                if hasEndedWriting { continue }
                bodyBytes += count
                state.received(listener.scratch[0..<count])
                process()
            case .end:
                if hasEndedWriting || isStreaming { return close() }
                state.receivedEnd()
                readsOn = false
                process()
            case .wouldBlock: return watch()
            case .failed: return close()
            }
        } while isOpen && isWatchingInput && stream.hasBufferedInput
    }

    /// Runs the state machine until it waits for the socket or for an answer.
    private func process() {
        guard isOpen, !isProcessing else { return }
        isProcessing = true
        perform()
        isProcessing = false
        enterStage()
        flush()
        if isOpen, !isReading, isWatchingInput, stream.hasBufferedInput { read() }
    }

    private func perform() {
        isPaused = false
        while isOpen {
            if output.count >= listener.limits.maxUnwrittenBytes, !makeRoomForAnswers() { return }
            switch state.next() {
            case .head(let request): admit(request)
            case .sendContinue:
                prepareOutput()
                output.bytes.append(literal: ResponseWriter.continueLine)
            case .dispatch(let request): dispatch(request)
            case .reject(let error): refuse(Problem(error))
            case .needMore: return
            case .waiting(let readOn):
                readsOn = readOn
                return
            case .close: return
            }
        }
    }

    /// Writes what waits; false when the client does not take it, and then its further requests wait.
    private func makeRoomForAnswers() -> Bool {
        flush()
        guard isOpen, !output.isEmpty else { return isOpen }
        // Nothing received: what has not been looked at is kept, and the loop's buffer set free.
        state.received([])
        isPaused = true
        return false
    }

    private func admit(_ request: Request) {
        let context = begin(request)
        switch listener.handler.admit(request, context) {
        case .accept(let maxBodyBytes, let route):
            self.context?.route = route
            state.accept(maxBodyBytes: maxBodyBytes)
        case .refuse(let response):
            state.refuse()
            write(response, context)
            state.replied()
        }
    }

    private func dispatch(_ request: Request) {
        guard var context else { return }
        context.receivedAt = listener.loop.unixMilliseconds
        self.context = context
        listener.handler.handle(request, context, Exchange(connection: self, serial: serial))
    }

    private func begin(_ request: Request) -> RequestContext {
        let context = makeContext()
        self.context = context
        writing = ResponseWriter.Context(isHead: request.method == .head, version: request.head.version)
        if listener.isDraining { state.drain() }
        return context
    }

    private func makeContext() -> RequestContext {
        RequestContext(
            requestID: listener.nextID(), peer: peer, receivedAt: listener.loop.unixMilliseconds,
            startedAt: listener.loop.now)
    }

    /// Answers something that is no request of ours; the connection closes after it.
    private func refuse(_ problem: Problem) {
        let context = context ?? makeContext()
        writing.isHead = false
        writing.connection = .close
        prepareOutput()
        listener.write(
            problem.response(requestID: context.requestID), requestID: context.requestID, context: writing,
            to: &output.bytes)
        lastActivity = listener.loop.now
        self.context = nil
        listener.handler.rejected(status: Int(problem.status.code), detail: problem.detail, context)
    }

    // MARK: Answers

    /// The answer to the request with that serial.
    func reply(_ response: Response, serial: UInt64) {
        guard isOpen, serial == self.serial, let context else { return }
        if case .stream = response.content, !writing.isHead { return beginStream(response, context) }
        write(response, context)
        state.replied()
        process()
    }

    private func beginStream(_ response: Response, _ context: RequestContext) {
        isStreaming = true
        prepareOutput()
        writing.connection = state.connectionOption
        listener.write(response, requestID: context.requestID, context: writing, to: &output.bytes)
        lastActivity = listener.loop.now
        flush()
    }

    /// Whether somebody still takes the streamed answer.
    func takesStream(serial: UInt64) -> Bool { isOpen && isStreaming && serial == self.serial }

    /// Sends a piece of the streamed answer; false when the client has gone, or does not keep up and is dropped.
    func send(_ piece: [UInt8], serial: UInt64) -> Bool {
        guard takesStream(serial: serial) else { return false }
        guard output.count <= listener.limits.maxUnwrittenStreamBytes else {
            close()
            return false
        }
        if output.isEmpty { lastActivity = listener.loop.now }
        prepareOutput()
        ResponseWriter.appendChunk(piece.span, version: writing.version, to: &output.bytes)
        flush()
        return isOpen
    }

    /// Ends the streamed answer; an HTTP/1.0 client sees its end by the connection's.
    func endStream(serial: UInt64) {
        guard isOpen, isStreaming, serial == self.serial else { return }
        isStreaming = false
        prepareOutput()
        ResponseWriter.appendLastChunk(version: writing.version, to: &output.bytes)
        context = nil
        self.serial &+= 1
        stageStartedAt = listener.loop.now
        state.replied(close: writing.version == .http10)
        process()
    }

    private func write(_ response: Response, _ context: RequestContext) {
        if listener.isDraining { state.drain() }
        prepareOutput()
        writing.connection = state.connectionOption
        listener.write(response, requestID: context.requestID, context: writing, to: &output.bytes)
        self.context = nil
        serial &+= 1
        lastActivity = listener.loop.now
        stageStartedAt = lastActivity
    }

    private func prepareOutput() {
        if output.isEmpty { output.bytes = listener.takeBuffer() }
    }

    private func flush() {
        guard isOpen else { return }
        if !output.isEmpty {
            let before = output.count
            do throws(StreamError) {
                if try output.flush(to: stream) { listener.giveBack(&output.bytes) }
            } catch {
                return close()
            }
            if output.count < before { lastActivity = listener.loop.now }
        }
        if stage == .closing, output.isEmpty { endWriting() }
        watch()
    }

    private func watch() {
        guard isOpen else { return }
        var interest: IOEvents = output.isEmpty && !stream.wantsToWrite ? [] : .writable
        if isWatchingInput { interest.insert(.readable) }
        do throws(SystemError) {
            try listener.loop.update(stream.descriptor, interest: interest)
        } catch {
            close()
        }
    }

    // MARK: Ending

    /// Nothing more will be sent. The client may still be sending: closing now would reset the connection and could
    /// take our last answer with it (RFC 9112 §9.6), so what comes is read and dropped for a short while.
    private func endWriting() {
        guard !hasEndedWriting else { return }
        hasEndedWriting = true
        stream.endWriting()
        stageStartedAt = listener.loop.now
    }

    func close(_ reason: ListenerFigures.Reason? = nil) {
        guard isOpen else { return }
        isOpen = false
        if let reason { listener.figures.count(reason) }
        if isCounted, let peer { listener.options.addresses?.leave(peer) }
        listener.heldBytes -= reportedBytes
        listener.loop.deregister(stream.descriptor)
        // An answer may still be under way to this object; the descriptor does not wait for it.
        stream.close()
        listener.remove(self)
    }

    /// From now on every answer says "Connection: close".
    func drain() { state.drain() }

    /// Ends a connection that has nothing under way; a request that has just come is still answered.
    func closeWhenIdle() {
        if isIdle { read() }
        guard isOpen, isIdle else { return }
        stage = .closing
        endWriting()
        watch()
    }

    // MARK: Deadlines

    private func enterStage() {
        guard isOpen else { return }
        if state.stage != .answering, state.stage != .closing { readsOn = true }
        reportHeldBytes()
        guard state.stage != stage else { return }
        stage = state.stage
        stageStartedAt = listener.loop.now
        bodyBytes = 0
    }

    private func reportHeldBytes() {
        let held = state.heldBytes
        guard held != reportedBytes else { return }
        listener.heldBytes += held - reportedBytes
        reportedBytes = held
    }

    func isOverdue(_ now: UInt64) -> Bool {
        let limits = listener.limits
        if opening != nil { return now > stageStartedAt &+ limits.headerTimeout.nanoseconds }
        if hasEndedWriting { return now > stageStartedAt &+ limits.lingerTimeout.nanoseconds }
        if !output.isEmpty { return now > lastActivity &+ limits.writeTimeout.nanoseconds }
        switch stage {
        case .idle: return now > stageStartedAt &+ limits.idleTimeout.nanoseconds
        case .head: return now > stageStartedAt &+ limits.headerTimeout.nanoseconds
        case .body:
            let timeout = limits.bodyTimeout.nanoseconds
            if now > lastActivity &+ timeout { return true }
            guard now > stageStartedAt &+ timeout else { return false }
            let seconds = Double(now - stageStartedAt) / 1_000_000_000
            return Double(bodyBytes) < seconds * Double(limits.minBodyBytesPerSecond)
        case .answering, .closing: return false
        }
    }

    /// A request that does not arrive in time is answered 408; everything else just ends (RFC 9110 §15.5.9).
    func timeOut() {
        listener.figures.count(.timeout)
        // Without a context a body belongs to a request that has been answered already.
        let isReceiving = stage == .head || stage == .body && context != nil
        guard opening == nil, isReceiving, output.isEmpty else { return close() }
        refuse(Problem(.requestTimeout, "The request did not arrive in time."))
        abandonRequest()
    }

    /// The unfinished request whose bytes take the most memory makes room for the others.
    func giveUpMemory() {
        listener.figures.count(.memory)
        guard opening == nil, stage == .body, context != nil, output.isEmpty else { return close() }
        refuse(
            Problem(
                .serviceUnavailable, "Too many large requests are under way; please deliver again later.", retryAfter: 5
            ))
        abandonRequest()
    }

    private func abandonRequest() {
        stage = .closing
        readsOn = false
        state.abandon()
        reportHeldBytes()
        flush()
    }

    /// How many bytes of an unfinished request are kept.
    var heldBytes: Int { reportedBytes }
}

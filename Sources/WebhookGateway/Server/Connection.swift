import Verifiers

/// One client: performs on the socket what `ConnectionState` decides, and keeps its deadlines.
final class Connection: EventHandler {
    /// The listener's place for this connection.
    var place = 0
    private(set) var lastActivity: UInt64

    private let listener: Listener
    private let stream: ByteStream
    private let peer: IPAddress?
    private var state: ConnectionState
    private var output = OutputBuffer()
    private var stage = ConnectionState.Stage.idle
    private var stageStartedAt: UInt64
    private var bodyBytes = 0
    private var isOpen = true
    private var isProcessing = false
    private var readsOn = true
    private var hasEndedWriting = false
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
    }

    func start() {
        do throws(SystemError) {
            try listener.loop.register(stream.descriptor, interest: .readable, handler: self)
        } catch {
            close()
        }
    }

    var isIdle: Bool { stage == .idle && output.isEmpty }

    // MARK: Readiness

    func ready(_ events: IOEvents) {
        if events.contains(.writable) { flush() }
        if isOpen, !events.isDisjoint(with: [.readable, .failed]) { read() }
    }

    private func read() {
        let result = listener.scratch.withUnsafeMutableBytes { stream.read(into: $0) }
        switch result {
        case .bytes(let count):
            lastActivity = listener.loop.now
            if hasEndedWriting { return }
            bodyBytes += count
            state.received(listener.scratch[0..<count])
            process()
        case .end:
            if hasEndedWriting { return close() }
            state.receivedEnd()
            readsOn = false
            process()
        case .wouldBlock: return
        case .failed: close()
        }
    }

    /// Runs the state machine until it waits for the socket or for an answer.
    private func process() {
        guard isOpen, !isProcessing else { return }
        isProcessing = true
        defer {
            isProcessing = false
            enterStage()
            flush()
        }
        while true {
            switch state.next() {
            case .head(let request): admit(request)
            case .sendContinue:
                prepareOutput()
                output.bytes.append(literal: ResponseWriter.continueLine)
            case .dispatch(let request): dispatch(request)
            case .reject(let error): reject(error)
            case .needMore: return
            case .waiting(let readOn):
                readsOn = readOn
                return
            case .close: return
            }
        }
    }

    private func admit(_ request: Request) {
        let context = begin(request)
        switch listener.handler.admit(request, context) {
        case .accept(let maxBodyBytes): state.accept(maxBodyBytes: maxBodyBytes)
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
        serial += 1
        listener.handler.handle(request, context, Exchange(connection: self, serial: serial))
    }

    private func begin(_ request: Request) -> RequestContext {
        let context = RequestContext(
            requestID: listener.nextID(), peer: peer, receivedAt: listener.loop.unixMilliseconds,
            startedAt: listener.loop.now)
        self.context = context
        writing = ResponseWriter.Context(isHead: request.method == .head, version: request.head.version)
        if listener.isDraining { state.drain() }
        return context
    }

    private func reject(_ error: ParseError) {
        refuse(Problem(error))
    }

    /// Answers something that is no request of ours; the connection closes after it.
    private func refuse(_ problem: Problem) {
        let context =
            context
            ?? RequestContext(
                requestID: listener.nextID(), peer: peer, receivedAt: listener.loop.unixMilliseconds,
                startedAt: listener.loop.now)
        writing.isHead = false
        prepareOutput()
        var writing = writing
        writing.connection = .close
        listener.write(
            problem.response(requestID: context.requestID), requestID: context.requestID, context: writing,
            to: &output.bytes)
        listener.handler.rejected(status: Int(problem.status.code), detail: problem.detail, context)
    }

    // MARK: Answers

    /// The answer to the request with that serial.
    func reply(_ response: Response, serial: UInt64) {
        guard isOpen, serial == self.serial, let context else { return }
        write(response, context)
        state.replied()
        process()
    }

    private func write(_ response: Response, _ context: RequestContext) {
        if listener.isDraining { state.drain() }
        prepareOutput()
        writing.connection = state.connectionOption
        listener.write(response, requestID: context.requestID, context: writing, to: &output.bytes)
        self.context = nil
    }

    private func prepareOutput() {
        if output.isEmpty { output.bytes = listener.takeBuffer() }
    }

    private func flush() {
        guard isOpen else { return }
        do throws(StreamError) {
            let isDone = try output.flush(to: stream)
            if isDone {
                listener.giveBack(&output.bytes)
                if stage == .closing { endWriting() }
            }
            guard isOpen else { return }
            watch(isDone)
        } catch {
            close()
        }
    }

    private func watch(_ isDone: Bool) {
        var interest: IOEvents = isDone ? [] : .writable
        // A client that does not read its answers is not read from either.
        if readsOn && isDone || hasEndedWriting { interest.insert(.readable) }
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

    func close() {
        guard isOpen else { return }
        isOpen = false
        listener.loop.deregister(stream.descriptor)
        listener.remove(self)
    }

    /// From now on every answer says "Connection: close".
    func drain() { state.drain() }

    /// Ends a connection that has nothing under way.
    func closeWhenIdle() {
        stage = .closing
        endWriting()
        watch(true)
    }

    // MARK: Deadlines

    private func enterStage() {
        if state.stage != .answering, state.stage != .closing { readsOn = true }
        guard state.stage != stage else { return }
        stage = state.stage
        stageStartedAt = listener.loop.now
        bodyBytes = 0
    }

    func isOverdue(_ now: UInt64) -> Bool {
        let limits = listener.limits
        if !output.isEmpty { return now > max(lastActivity, stageStartedAt) &+ limits.writeTimeout.nanoseconds }
        switch stage {
        case .idle: return now > lastActivity &+ limits.idleTimeout.nanoseconds
        case .head: return now > stageStartedAt &+ limits.headerTimeout.nanoseconds
        case .body:
            let timeout = limits.bodyTimeout.nanoseconds
            if now > lastActivity &+ timeout { return true }
            guard now > stageStartedAt &+ timeout else { return false }
            let seconds = Double(now - stageStartedAt) / 1_000_000_000
            return Double(bodyBytes) < seconds * Double(limits.minBodyBytesPerSecond)
        case .answering: return false
        case .closing: return now > stageStartedAt &+ limits.lingerTimeout.nanoseconds
        }
    }

    /// A request that does not arrive in time is answered 408; an idle connection just ends (RFC 9110 §15.5.9).
    func timeOut() {
        let isReceiving = stage == .head || stage == .body
        guard isReceiving, output.isEmpty else { return close() }
        refuse(Problem(.requestTimeout, "The request did not arrive in time."))
        stage = .closing
        readsOn = false
        flush()
    }
}

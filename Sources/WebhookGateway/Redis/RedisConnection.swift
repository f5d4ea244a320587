import Glibc

/// One connection to Redis on one event loop: commands of a loop turn leave in one write, replies come back in order,
/// and a lost connection is made anew by itself.
///
/// hiredis decodes the replies; the socket, deadlines and reconnecting are ours (see `ByteStream`).
final class RedisConnection: EventHandler {
    typealias Completion = (Result<RedisReply, RedisFailure>) -> Void

    private enum State {
        case stopped
        case waiting
        case resolving
        case connecting(ByteStream)
        case securing(ByteStream)
        case greeting(ByteStream)
        case ready(ByteStream)
    }

    private struct Pending {
        var sentAt: UInt64
        var completion: Completion
    }

    private static let firstDelay = Duration.milliseconds(50)
    private static let longestDelay = Duration.seconds(2)
    private static let readSize = 64 * 1024
    /// A connection that held for less counts as a failed attempt: the next one comes after a longer delay.
    private static let shortestSuccess = Duration.seconds(2)
    private static let reasonsTold = 8

    let settings: RedisSettings
    /// Told with true when commands can be sent, with false and the reason when that ends; then once more for each new
    /// reason why it cannot be had again.
    var stateChanged: ((_ isReady: Bool, _ reason: String) -> Void)?

    /// Told what comes unasked: the messages of a channel. Nil: that ends the connection.
    var pushed: ((RedisReply) -> Void)?

    /// Called at the end of a turn, before the turn's commands are written: the last chance to add some.
    var willFlush: (() -> Void)?
    /// Whether the server syncs its log after every write, so that what can leave together should (`transact`).
    var syncsEachWrite = false

    let loop: EventLoop
    private let scripts: [RedisScript]
    private var hashes: [String: [UInt8]] = [:]
    private var state = State.stopped
    private var encoder = RESPEncoder()
    private var output = OutputBuffer()
    private var pending = FIFO<Pending>()
    private var decoder: RESPDecoder?
    /// What commands are being added to.
    private var transaction: RedisTransaction?
    /// Whether the server refused one: a login may lack the right.
    private var refusesTransactions = false
    private var delay = RedisConnection.firstDelay
    private var lastProblem = "not connected yet"
    private var readySince: UInt64?
    /// What was said since the connection was last there.
    private var told: Set<String> = []
    private var attempt = 0
    private var epoch = 0
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: RedisConnection.readSize, alignment: 16)

    /// - Parameter scripts: loaded whenever a connection is made, before anything else can be sent.
    init(_ settings: RedisSettings, scripts: [RedisScript], loop: EventLoop) {
        self.settings = settings
        self.scripts = scripts
        self.loop = loop
        loop.beforeSleep { [weak self] in
            self?.flush()
            return self != nil
        }
        watchDeadlines()
    }

    deinit { input.deallocate() }

    var isReady: Bool { if case .ready = state { true } else { false } }
    /// Why the connection is not ready, for people.
    var problem: String { lastProblem }
    /// How many commands wait for their reply.
    var pendingCount: Int { pending.count }
    /// For how long the oldest of them has been waiting.
    var oldestPendingAge: Duration {
        guard let sentAt = pending.first?.sentAt, loop.now > sentAt else { return .zero }
        return .nanoseconds(Int64(loop.now - sentAt))
    }

    // MARK: Sending

    /// Adds one or more commands to this turn's write; `encode` must write exactly the commands it has completions for.
    func send(_ completion: @escaping Completion, encode: (inout RESPEncoder) -> Void) {
        guard isReady else { return completion(.failure(.unavailable(lastProblem))) }
        encode(&encoder)
        let completion = if let transaction { transaction.completion(for: completion) } else { completion }
        pending.append(Pending(sentAt: loop.now, completion: completion))
    }

    func send(_ arguments: [RedisArgument], then completion: @escaping Completion) {
        send(completion) { $0.command(arguments) }
    }

    /// Runs a script whose key count, keys and arguments are already encoded, in parts (`argumentCount` RESP arguments).
    /// A server that lost the script is sent its source.
    func evaluate(_ script: RedisScript, argumentCount: Int, tail: [[UInt8]], then completion: @escaping Completion) {
        guard isReady else { return completion(.failure(.unavailable(lastProblem))) }
        guard let hash = hashes[script.name] else {
            return sendSource(of: script, argumentCount: argumentCount, tail: tail, then: completion)
        }
        let retrying: Completion = { [weak self] result in
            guard case .success(.error(let text)) = result, text.hasPrefix("NOSCRIPT"), let self else {
                return completion(result)
            }
            self.sendSource(of: script, argumentCount: argumentCount, tail: tail, then: completion)
        }
        send(retrying) { encoder in
            encoder.command(argumentCount + 2)
            encoder.argument("EVALSHA" as StaticString)
            encoder.argument(hash)
            for part in tail { encoder.bytes.append(contentsOf: part) }
        }
    }

    /// The call of a script that Redis does not have: it goes with its text.
    private func sendSource(
        of script: RedisScript, argumentCount: Int, tail: [[UInt8]], then completion: @escaping Completion
    ) {
        send(completion) { encoder in
            encoder.command(argumentCount + 2)
            encoder.argument("EVAL" as StaticString)
            encoder.argument(script.source)
            for part in tail { encoder.bytes.append(contentsOf: part) }
        }
    }

    /// Sends the commands that `body` sends as one transaction where the server syncs each write, and else as they are.
    /// `ended` is called after the transaction's last completion; without a transaction at once.
    ///
    /// Not for commands that block: within a transaction they answer at once, and WAIT with them.
    func transact(_ body: () -> Void, ended: @escaping () -> Void = {}) {
        guard isReady, syncsEachWrite, !refusesTransactions else {
            body()
            return ended()
        }
        let transaction = RedisTransaction()
        send(["MULTI"]) { [weak self] result in
            if case .success(.error) = result { self?.refusesTransactions = true }
        }
        self.transaction = transaction
        body()
        self.transaction = nil
        send(["EXEC"]) { result in
            transaction.end(result)
            ended()
        }
    }

    // MARK: Life

    func start() {
        guard case .stopped = state else { return }
        connect()
    }

    /// Closes the connection for good; commands without a reply fail.
    func stop() {
        close(reason: "the gateway is stopping", reconnect: false)
    }

    private func connect() {
        state = .resolving
        epoch += 1
        let epoch = epoch
        settings.resolve(on: loop) { [weak self] result in
            guard let self, self.epoch == epoch, case .resolving = self.state else { return }
            switch result {
            // A name may stand for several addresses of which one is served (localhost: ::1 and 127.0.0.1).
            case .success(let addresses): self.connect(to: addresses[self.attempt % addresses.count])
            case .failure(let failure): self.close(reason: failure.description)
            }
        }
    }

    private func connect(to address: SocketAddress) {
        attempt += 1
        do {
            let descriptor = try Socket.connect(to: address)
            // Made anew each time: a certificate that was renewed meanwhile is taken up.
            let session = try settings.tls?.session(on: descriptor.raw)
            let stream = ByteStream(descriptor, session: session)
            try loop.register(stream.descriptor, interest: [.writable], handler: self)
            state = .connecting(stream)
            let epoch = epoch
            loop.schedule(after: settings.connectDeadline) { [weak self] in
                guard let self, self.epoch == epoch, !self.isReady else { return }
                self.close(
                    reason: "no connection to \(self.settings.description) within \(self.settings.connectDeadline)")
            }
        } catch {
            close(reason: "\(settings.description): \(error)")
        }
    }

    func ready(_ events: IOEvents) {
        switch state {
        case .connecting(let stream):
            if let error = Socket.pendingError(stream.descriptor) {
                return close(reason: "\(settings.description): \(error)")
            }
            state = .securing(stream)
            secure(stream)
        case .securing(let stream): secure(stream)
        case .greeting(let stream), .ready(let stream):
            if events.contains(.writable) { write(to: stream) }
            if !events.isDisjoint(with: [.readable, .failed, .peerClosed]) { read(from: stream) }
        case .stopped, .waiting, .resolving: break
        }
    }

    private func secure(_ stream: ByteStream) {
        do {
            let isDone = try stream.continueHandshake()
            try loop.update(stream.descriptor, interest: stream.wantsToWrite ? [.readable, .writable] : .readable)
            if isDone { greet(stream) }
        } catch {
            close(reason: "\(settings.description): \(error)")
        }
    }

    /// A reply's place in the greeting: what it means, and what is wrong with it.
    private typealias Step = (command: [RedisArgument], problem: (RedisReply) -> String?)

    private func greet(_ stream: ByteStream) {
        guard let decoder = RESPDecoder() else { return close(reason: "out of memory") }
        self.decoder = decoder
        state = .greeting(stream)
        var steps: [Step] = settings.greeting.map { ($0, Self.error(in:)) }
        if settings.mustBeMaster { steps.append((["ROLE"], Self.replica(_:))) }
        for script in scripts {
            steps.append(
                (
                    ["SCRIPT", "LOAD", .text(script.source)],
                    { [weak self] in
                        self?.hashes[script.name] = $0.bytes
                        return Self.error(in: $0)
                    }
                ))
        }
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            encoder.command(step.command)
            pending.append(
                Pending(sentAt: loop.now) { [weak self] result in
                    guard let self, case .success(let reply) = result else { return }
                    if let problem = step.problem(reply) {
                        return self.close(reason: "\(self.settings.description): \(problem)")
                    }
                    if isLast { self.becomeReady(stream) }
                })
        }
        flush()
    }

    private static func error(in reply: RedisReply) -> String? {
        if case .error(let text) = reply { text } else { nil }
    }

    /// A replica would take the greeting and refuse every write. A login that may not ask is believed.
    private static func replica(_ reply: RedisReply) -> String? {
        guard let role = reply.elements?.first?.string, role != "master" else { return nil }
        return "it is a \(role), not the master"
    }

    private func becomeReady(_ stream: ByteStream) {
        guard case .greeting = state else { return }
        state = .ready(stream)
        readySince = loop.now
        attempt -= 1
        told = []
        refusesTransactions = false
        stateChanged?(true, settings.description)
    }

    /// Drops the connection: what was sent has an unknown outcome, and a new connection is made after a growing delay.
    private func close(reason: String, reconnect: Bool = true) {
        switch state {
        case .connecting(let stream), .securing(let stream), .greeting(let stream), .ready(let stream):
            loop.deregister(stream.descriptor)
        case .stopped, .waiting, .resolving: break
        }
        epoch += 1
        lastProblem = reason
        decoder = nil
        encoder.bytes.removeAll(keepingCapacity: true)
        output.removeAll()
        state = reconnect ? .waiting : .stopped
        let unanswered = pending.takeAll()
        for entry in unanswered { entry.completion(.failure(.unknownOutcome(reason))) }
        if !reconnect || told.count < Self.reasonsTold && told.insert(reason).inserted { stateChanged?(false, reason) }
        if let readySince, loop.now > readySince &+ Self.shortestSuccess.nanoseconds { delay = Self.firstDelay }
        readySince = nil
        guard reconnect, case .waiting = state else { return }
        let epoch = epoch
        loop.schedule(after: jittered(delay)) { [weak self] in
            guard let self, self.epoch == epoch, case .waiting = self.state else { return }
            self.connect()
        }
        delay = min(delay * 2, Self.longestDelay)
    }

    private func jittered(_ delay: Duration) -> Duration {
        delay / 2 + .nanoseconds(Int64.random(in: 0...Int64(delay.nanoseconds / 2)))
    }

    // MARK: Bytes

    private func flush() {
        willFlush?()
        writeCommands()
    }

    /// Writes the commands so far without waiting for the end of the turn: the server can begin with them.
    func writeCommands() {
        let stream: ByteStream
        switch state {
        case .greeting(let current), .ready(let current): stream = current
        case .stopped, .waiting, .resolving, .connecting, .securing: return
        }
        guard !encoder.bytes.isEmpty else { return }
        if output.isEmpty {
            swap(&output.bytes, &encoder.bytes)
        } else {
            output.bytes.append(contentsOf: encoder.bytes)
            encoder.bytes.removeAll(keepingCapacity: true)
        }
        write(to: stream)
    }

    private func write(to stream: ByteStream) {
        do {
            let isDone = try output.flush(to: stream)
            try loop.update(
                stream.descriptor, interest: isDone && !stream.wantsToWrite ? [.readable] : [.readable, .writable])
        } catch {
            close(reason: "\(settings.description): \(error)")
        }
    }

    private func read(from stream: ByteStream) {
        var failure: String?
        reading: while true {
            switch stream.read(into: input) {
            case .bytes(let count):
                do throws(RedisFailure) {
                    try decoder?.feed(UnsafeRawBufferPointer(rebasing: input[..<count]))
                } catch {
                    failure = error.description
                    break reading
                }
                if count < input.count, !stream.hasBufferedInput { break reading }
            case .wouldBlock: break reading
            case .end:
                failure = "\(settings.description) closed the connection"
                break reading
            case .failed(let error):
                failure = "\(settings.description): \(error)"
                break reading
            }
        }
        deliver()
        if let failure { close(reason: failure) }
    }

    private func deliver() {
        do {
            while let decoder, let reply = try decoder.next() {
                guard let entry = pending.popFirst() else {
                    if let pushed {
                        pushed(reply)
                        continue
                    }
                    return close(reason: "\(settings.description) sent an unasked reply")
                }
                entry.completion(.success(reply))
                if case .error(let text) = reply, isReady, RedisRefusal.callsForReconnect(text) {
                    return close(reason: "\(settings.description): \(text)")
                }
            }
        } catch {
            close(reason: "\(settings.description): \(error)")
        }
    }

    // MARK: Deadlines

    private func watchDeadlines() {
        guard let deadline = settings.commandDeadline else { return }
        loop.schedule(after: max(deadline / 8, .milliseconds(10))) { [weak self] in
            guard let self else { return }
            if let oldest = self.pending.first, self.loop.now > oldest.sentAt &+ deadline.nanoseconds {
                self.close(reason: "\(self.settings.description) did not answer within \(deadline)")
            }
            self.watchDeadlines()
        }
    }
}

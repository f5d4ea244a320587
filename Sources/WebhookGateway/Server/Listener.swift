import CLinux
import Glibc
import Verifiers

/// Listening sockets of one address on one event loop, and the connections that they accepted.
///
/// Usually there is one. A process that took over the sockets of one with more workers has some to spare: they stay
/// open, since closing one of several that share a port resets the connections in its queue.
final class Listener: EventHandler {
    /// Connections accepted in one turn at most, so that those already there get theirs.
    private static let acceptsPerTurn = 64
    /// How long accepting pauses when there is no room; the kernel keeps the callers waiting meanwhile.
    private static let pause = Duration.milliseconds(100)
    private static let readSize = 64 * 1024
    /// From so many connections on, memory is given back when most of them have gone.
    private static let crowdSize = 1000

    let loop: EventLoop
    let limits: ServerLimits
    let handler: any RequestHandler
    /// Where the listener is bound, with the port that the system chose for port 0.
    let address: SocketAddress
    /// TLS for connections from now on may be replaced at any time; those that are there keep theirs.
    var options: ListenerOptions
    var figures = ListenerFigures()
    /// Bytes of unfinished requests, kept by all connections together.
    var heldBytes = 0 {
        didSet { if heldBytes > limits.maxHeldBytes, !isRelieving { relieveSoon() } }
    }
    /// Shared by all connections of the loop: an idle connection holds no buffer.
    var scratch = [UInt8](repeating: 0, count: Listener.readSize)
    private var spareBuffer: [UInt8] = []
    /// The head of the answer that is being written.
    private var head = ByteBuffer()
    private var ids = ULIDGenerator()
    private var date = CachedDate()

    /// The sockets; empty once they have been closed.
    private(set) var descriptors: [Int32]
    private var connections: [Connection] = []
    /// The most connections since memory was last given back, as the sweep has seen them.
    private var crowd = 0
    private var isAccepting = false
    /// Another process accepts from the same sockets.
    private var isSuspended = false
    private var isRelieving = false
    private(set) var isDraining = false
    private var isFinishing = false
    private var emptied: (() -> Void)?

    /// Takes over a listening socket.
    init(
        _ socket: consuming FileDescriptor, handler: any RequestHandler, limits: ServerLimits,
        options: ListenerOptions = ListenerOptions(), loop: EventLoop
    ) throws(SystemError) {
        address = try Socket.localAddress(socket.raw) ?? .unix(path: "")
        descriptors = [socket.release()]
        self.handler = handler
        self.limits = limits
        self.options = options
        self.loop = loop
        try watch()
        sweep()
    }

    /// Accepts from one more socket of the same address.
    func add(_ socket: consuming FileDescriptor) throws(SystemError) {
        let descriptor = socket.release()
        descriptors.append(descriptor)
        if isAccepting { try loop.register(descriptor, interest: .readable, handler: self) }
    }

    private func watch() throws(SystemError) {
        for (index, descriptor) in descriptors.enumerated() {
            do throws(SystemError) {
                try loop.register(descriptor, interest: .readable, handler: self)
            } catch {
                for earlier in descriptors.prefix(index) { loop.deregister(earlier) }
                throw error
            }
        }
        isAccepting = true
    }

    private func stopWatching() {
        isAccepting = false
        for descriptor in descriptors { loop.deregister(descriptor) }
    }

    var connectionCount: Int { connections.count }

    func ready(_ events: IOEvents) {
        for descriptor in descriptors where isAccepting { accept(from: descriptor) }
    }

    private func accept(from descriptor: Int32) {
        for turn in 0..<Self.acceptsPerTurn where isAccepting {
            if connections.count >= limits.maxConnections {
                // Only the first is known to be waiting: nobody is closed for a caller that may not be there.
                if turn > 0 { return }
                guard makeRoom() else { return pauseAccepting() }
            }
            do {
                var peer: SocketAddress?
                guard let socket = try Socket.accept(from: descriptor, peer: &peer) else { return }
                add(Connection(ByteStream(socket), peer: peer, listener: self))
            } catch {
                // Out of descriptors or memory: the kernel keeps the callers waiting while we let some go.
                _ = makeRoom()
                return pauseAccepting()
            }
        }
    }

    private func add(_ connection: Connection) {
        figures.accepted += 1
        connection.place = connections.count
        connections.append(connection)
        connection.start()
    }

    /// Forgets a closed connection; the last one takes its place.
    func remove(_ connection: Connection) {
        let place = connection.place
        guard place < connections.count, connections[place] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[place] = last
            last.place = place
        }
        if isDraining, connections.isEmpty { finishDraining() }
    }

    /// Leaves callers in the kernel's queue until `isReady` says so, but no longer than `limit`: the first deliveries
    /// after a start are better answered a moment later than turned away.
    func hold(atMost limit: Duration, until isReady: @escaping () -> Bool) {
        guard isAccepting else { return }
        stopWatching()
        acceptAgain(when: isReady, orAt: loop.now &+ limit.nanoseconds)
    }

    private func acceptAgain(when isReady: @escaping () -> Bool, orAt deadline: UInt64) {
        loop.schedule(after: .milliseconds(2)) { [weak self] in
            guard let self, self.mayAccept else { return }
            guard isReady() || self.loop.now >= deadline else { return self.acceptAgain(when: isReady, orAt: deadline) }
            do throws(SystemError) {
                try self.watch()
            } catch {
                self.acceptAgain(when: isReady, orAt: deadline)
            }
        }
    }

    private func pauseAccepting() {
        guard isAccepting else { return }
        figures.pauses += 1
        stopWatching()
        watchLater()
    }

    private func watchLater() {
        loop.schedule(after: Self.pause) { [weak self] in
            guard let self, self.mayAccept else { return }
            do throws(SystemError) {
                try self.watch()
            } catch {
                self.watchLater()
            }
        }
    }

    /// Whether accepting that has paused may go on.
    private var mayAccept: Bool { !isAccepting && !isSuspended && !isFinishing }

    // MARK: Limits

    /// Once a second every connection's deadline is looked at: far cheaper than a timer a request.
    private func sweep() {
        loop.schedule(after: limits.sweepInterval) { [weak self] in
            guard let self else { return }
            let now = self.loop.now
            for connection in self.connections where connection.isOverdue(now) { connection.timeOut() }
            self.giveMemoryBack()
            self.sweep()
        }
    }

    /// Once a crowd has gone, what it took is returned to the system: the allocator alone keeps it, since a few
    /// connections that came last lie behind the rest.
    private func giveMemoryBack() {
        crowd = max(crowd, connections.count)
        guard crowd >= Self.crowdSize, connections.count < crowd / 4 else { return }
        crowd = connections.count
        malloc_trim(0)
    }

    /// Closes the connections that have been idle longest; without any, those that keep us waiting longest. False when
    /// all are at work.
    private func makeRoom() -> Bool {
        var candidates = connections.filter(\.isIdle)
        if candidates.isEmpty {
            let patience = limits.patience.nanoseconds
            candidates = connections.filter { $0.isStalling && loop.now > $0.stageStartedAt &+ patience }
        }
        // Several at once when there are many, since looking for them costs a pass.
        let count = max(1, limits.maxConnections / 64)
        candidates.sort { $0.stageStartedAt < $1.stageStartedAt }
        for connection in candidates.prefix(count) { connection.close(.connectionLimit) }
        return !candidates.isEmpty
    }

    private func relieveSoon() {
        isRelieving = true
        loop.schedule(after: .zero) { [weak self] in
            self?.relieve()
            self?.isRelieving = false
        }
    }

    /// Gives up the slowest of the requests that are under way until an eighth of the memory is free: an honest body
    /// comes at once.
    private func relieve() {
        let holders = connections.filter { $0.heldBytes > 0 }.sorted { $0.stageStartedAt < $1.stageStartedAt }
        for connection in holders where heldBytes > limits.maxHeldBytes / 8 * 7 { connection.giveUpMemory() }
    }

    // MARK: Draining

    /// Stops keeping connections alive; requests are still accepted and answered with "Connection: close".
    func beginDraining() {
        isDraining = true
        for connection in connections { connection.drain() }
    }

    /// Accepts nothing more for now: another process serves the same sockets, whose queues it shares.
    func suspend() {
        isSuspended = true
        stopWatching()
    }

    /// The other process has gone.
    func resume() {
        isSuspended = false
        if mayAccept { watchLater() }
    }

    /// Closes the sockets without a look at their queues: another process serves them.
    func handOver() {
        isFinishing = true
        closeSockets()
        beginDraining()
    }

    /// Stops accepting and calls `completion` when the last connection has been answered and closed.
    ///
    /// - Parameter grace: how long idle connections are kept for a next request, which a client may be sending just now.
    func finish(grace: Duration = .zero, _ completion: @escaping () -> Void) {
        beginDraining()
        isFinishing = true
        isAccepting = false
        emptied = completion
        for descriptor in descriptors { acceptWaiting(from: descriptor) }
        closeSockets()
        if connections.isEmpty { return finishDraining() }
        guard grace > .zero else { return closeIdle() }
        loop.schedule(after: grace) { [weak self] in self?.closeIdle() }
    }

    private func closeIdle() {
        for connection in connections where connection.isIdle { connection.closeWhenIdle() }
    }

    private func closeSockets() {
        stopWatching()
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
    }

    /// What is already in the accept queue has been promised a server: it is served, not reset.
    private func acceptWaiting(from descriptor: Int32) {
        do throws(SystemError) {
            var peer: SocketAddress?
            while let socket = try Socket.accept(from: descriptor, peer: &peer) {
                add(Connection(ByteStream(socket), peer: peer, listener: self))
            }
        } catch {
            // Out of descriptors: the rest of the queue finds the port closed and calls again.
            figures.pauses += 1
        }
    }

    /// Closes what is left, answered or not.
    func abort() {
        for connection in connections { connection.close() }
    }

    private func finishDraining() {
        emptied?()
        emptied = nil
    }

    // MARK: For connections

    func nextID() -> ULID { ids.next(milliseconds: loop.unixMilliseconds) }

    /// Appends an answer's head and body to a connection's output.
    func write(_ response: Response, requestID: ULID, context: ResponseWriter.Context, to output: inout [UInt8]) {
        date.update(to: loop.unixMilliseconds / 1000)
        let date = date.bytes
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ULID.textLength) { text in
            requestID.write(to: text)
            head.truncate(to: 0)
            ResponseWriter.appendHead(
                response, date: date.span, requestID: Span(_unsafeElements: UnsafeBufferPointer(text)),
                context: context, to: &head)
        }
        head.withBytes { output.append(contentsOf: $0) }
        output.append(contentsOf: ResponseWriter.body(of: response, context))
    }

    /// An output buffer with room: the one that the last connection gave back.
    func takeBuffer() -> [UInt8] {
        var buffer: [UInt8] = []
        swap(&buffer, &spareBuffer)
        return buffer
    }

    /// Takes back the buffer of a connection that has written everything.
    func giveBack(_ buffer: inout [UInt8]) {
        guard spareBuffer.capacity < buffer.capacity, buffer.capacity <= Self.readSize else {
            buffer = []
            return
        }
        buffer.removeAll(keepingCapacity: true)
        spareBuffer = []
        swap(&buffer, &spareBuffer)
    }
}

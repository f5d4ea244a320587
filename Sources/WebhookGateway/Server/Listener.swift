import Glibc
import Verifiers

/// One listening socket on one event loop, and the connections that it accepted.
final class Listener: EventHandler {
    /// Connections accepted in one turn at most, so that those already there get theirs.
    private static let acceptsPerTurn = 64
    /// Of the idle connections, how many are closed together when the limit is reached: looking for them costs a pass.
    private static let closedTogether = 16
    private static let readSize = 64 * 1024

    let loop: EventLoop
    let limits: ServerLimits
    let handler: any RequestHandler
    /// Where the listener is bound, with the port that the system chose for port 0.
    let address: SocketAddress
    /// Shared by all connections of the loop: an idle connection holds no buffer.
    var scratch = [UInt8](repeating: 0, count: Listener.readSize)
    private var spareBuffer: [UInt8] = []
    private var ids = ULIDGenerator()
    private var date = CachedDate()

    private let descriptor: Int32
    private var connections: [Connection] = []
    private var isAccepting = false
    private(set) var isDraining = false
    private var emptied: (() -> Void)?

    /// Takes over a listening socket.
    init(
        _ socket: consuming FileDescriptor, handler: any RequestHandler, limits: ServerLimits, loop: EventLoop
    ) throws(SystemError) {
        descriptor = socket.release()
        self.handler = handler
        self.limits = limits
        self.loop = loop
        address = try Socket.localAddress(descriptor) ?? .unix(path: "")
        try loop.register(descriptor, interest: .readable, handler: self)
        isAccepting = true
        sweep()
    }

    var connectionCount: Int { connections.count }

    func ready(_ events: IOEvents) {
        for _ in 0..<Self.acceptsPerTurn where isAccepting {
            do {
                var peer: SocketAddress?
                guard let socket = try Socket.accept(from: descriptor, peer: &peer) else { return }
                add(Connection(ByteStream(socket), peer: peer, listener: self))
            } catch {
                // Out of descriptors or memory: the kernel keeps the callers waiting while we let some go.
                closeIdle(Self.closedTogether)
                return pauseAccepting()
            }
        }
    }

    private func add(_ connection: Connection) {
        if connections.count >= limits.maxConnections { closeIdle(Self.closedTogether) }
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

    private func pauseAccepting() {
        guard isAccepting else { return }
        isAccepting = false
        loop.deregister(descriptor)
        loop.schedule(after: .milliseconds(100)) { [weak self] in
            guard let self, !self.isDraining else { return }
            do throws(SystemError) {
                try self.loop.register(self.descriptor, interest: .readable, handler: self)
                self.isAccepting = true
            } catch {
                self.pauseAccepting()
            }
        }
    }

    // MARK: Time-outs

    /// Once a second every connection's deadline is looked at: far cheaper than a timer a request.
    private func sweep() {
        loop.schedule(after: .seconds(1)) { [weak self] in
            guard let self else { return }
            let now = self.loop.now
            for connection in self.connections where connection.isOverdue(now) { connection.timeOut() }
            self.sweep()
        }
    }

    private func closeIdle(_ count: Int) {
        let idle = connections.filter(\.isIdle).sorted { $0.lastActivity < $1.lastActivity }
        for connection in idle.prefix(count) { connection.close() }
    }

    // MARK: Draining

    /// Stops keeping connections alive; requests are still accepted and answered with "Connection: close".
    func beginDraining() {
        isDraining = true
        for connection in connections { connection.drain() }
    }

    /// Stops accepting and calls `completion` when the last connection has been answered and closed.
    func finish(_ completion: @escaping () -> Void) {
        beginDraining()
        emptied = completion
        if isAccepting {
            isAccepting = false
            // What is already in the accept queue has been promised a server: it is served, not reset.
            var peer: SocketAddress?
            while let socket = try? Socket.accept(from: descriptor, peer: &peer) {
                add(Connection(ByteStream(socket), peer: peer, listener: self))
            }
            loop.deregister(descriptor)
        }
        _ = close(descriptor)
        for connection in connections where connection.isIdle { connection.closeWhenIdle() }
        if connections.isEmpty { finishDraining() }
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
            ResponseWriter.append(
                response, date: date.span, requestID: Span(_unsafeElements: UnsafeBufferPointer(text)),
                context: context,
                to: &output)
        }
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

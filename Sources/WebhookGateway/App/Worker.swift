import Verifiers

/// Everything that one ingest thread owns: its loop, listener, Redis connection and sources. Never leaves its thread;
/// others speak to it through a `WorkerHandle`.
final class Worker {
    let handler: IngestHandler
    let listener: Listener
    let connection: RedisConnection
    private let store: DurableStore

    /// - Parameter socket: a listening socket; the worker closes it.
    init(_ plan: WorkerPlan, socket: consuming FileDescriptor, loop: EventLoop) throws(SystemError) {
        connection = RedisConnection(plan.redis, scripts: [.accept], loop: loop)
        store = DurableStore(
            connection: connection, keys: plan.keys, archiveSeconds: plan.archiveSeconds, plan: plan.spool,
            worker: plan.index, outages: plan.outages, loop: loop, log: plan.log)
        handler = IngestHandler(
            sources: plan.makeSources(), store: store, listen: plan.listen, log: plan.log, loop: loop)
        listener = try Listener(socket, handler: handler, limits: ServerLimits(plan.listen), loop: loop)
        store.drainedEvent = { [weak handler] in handler?.drained($0, $1) }
        connection.start()
    }

    /// Whether deliveries can be accepted right now.
    var isReady: Bool { store.isReady }

    /// Ends everything at once; what waits for Redis' word goes to the spool.
    func stop() {
        listener.abort()
        store.close()
    }
}

/// Figures of one worker at one moment.
struct WorkerSnapshot: Sendable {
    var sources: [String: SourceCounters]
    /// Requests to no source, by status.
    var strangers: [Int: UInt64]
    var connections: Int
    var isRedisReady: Bool
}

/// The door to a worker from other threads.
struct WorkerHandle: Sendable {
    private let remote: EventLoopRemote

    /// Starts the worker's thread; the socket becomes the worker's.
    static func start(_ plan: WorkerPlan, socket: Int32, index: Int) throws(SystemError) -> WorkerHandle {
        let remote = try EventLoopRemote()
        var plan = plan
        plan.index = index
        let log = plan.log
        try WorkerThread.start(named: "ingest-\(index)") { [plan] in
            do throws(SystemError) {
                let loop = try EventLoop(remote: remote)
                loop.resident = try Worker(plan, socket: FileDescriptor(owning: socket), loop: loop)
                try loop.run()
            } catch {
                log.error("an ingest worker has ended", ["reason": .text(error.description)])
            }
        }
        return WorkerHandle(remote: remote)
    }

    func snapshot() async -> WorkerSnapshot? {
        await ask { worker in
            WorkerSnapshot(
                sources: worker.handler.counters, strangers: worker.handler.strangers,
                connections: worker.listener.connectionCount, isRedisReady: worker.connection.isReady)
        }
    }

    /// Whether deliveries can be accepted right now.
    func isReady() async -> Bool { await ask(\.isReady) ?? false }

    /// Takes up a new configuration's sources without dropping a connection.
    func reload(_ plan: WorkerPlan) {
        perform { $0.handler.replace(plan.makeSources()) }
    }

    /// From now on answers carry "Connection: close"; nothing is refused.
    func beginDraining() { perform { $0.listener.beginDraining() } }

    /// Stops accepting; returns when everything under way has been answered.
    func finish() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            remote.execute { loop in
                guard let worker = loop.resident as? Worker else { return continuation.resume() }
                worker.listener.finish { continuation.resume() }
            }
        }
    }

    /// Ends the thread, whatever is still under way.
    func stop() {
        remote.execute { loop in
            (loop.resident as? Worker)?.stop()
            loop.stop()
        }
    }

    private func perform(_ action: @escaping @Sendable (Worker) -> Void) {
        remote.execute { loop in
            if let worker = loop.resident as? Worker { action(worker) }
        }
    }

    private func ask<Value: Sendable>(_ question: @escaping @Sendable (Worker) -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            remote.execute { loop in
                continuation.resume(returning: (loop.resident as? Worker).map(question))
            }
        }
    }
}

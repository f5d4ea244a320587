import Glibc
import Verifiers

/// Everything that one ingest thread owns: its loop, listener, Redis connection and sources. Never leaves its thread;
/// others speak to it through a `WorkerHandle`.
final class Worker {
    let handler: IngestHandler
    let listener: Listener
    let connection: RedisConnection
    private let store: DurableStore
    private let refusals: RefusalKeeper

    /// - Parameter sockets: listening sockets, one at least; the worker closes them.
    init(
        _ plan: WorkerPlan, shares: WorkerShares, sockets: [Int32], loop: EventLoop
    ) throws(SystemError) {
        connection = RedisConnection(plan.redis, scripts: [.accept, .refusalKeep], loop: loop)
        store = DurableStore(
            connection: connection, keys: plan.keys, archiveSeconds: plan.archiveSeconds, maxDepth: plan.maxDepth,
            tally: Self.makeTally(plan, loop), examination: plan.examination, identity: plan.identity, plan: plan.spool,
            worker: plan.index, outages: plan.outages, loop: loop,
            log: plan.log)
        refusals = RefusalKeeper(connection: connection, keys: plan.keys) { [store] in store.isConnected }
        handler = IngestHandler(
            sources: plan.makeSources(), mayLackSources: plan.mayLackSources, store: store, listen: plan.listen,
            failures: shares.failures, refusals: refusals, log: plan.log, loop: loop)
        listener = try Listener(
            FileDescriptor(owning: sockets[0]), handler: handler, limits: shares.limits,
            options: ListenerOptions(
                tls: try Self.makeTLS(plan), proxyProtocol: plan.listen.proxyProtocol, addresses: shares.addresses),
            loop: loop)
        for socket in sockets.dropFirst() { try listener.add(FileDescriptor(owning: socket)) }
        store.drainedEvent = { [weak handler] in handler?.drained($0, $1) }
        connection.start()
        listener.hold(atMost: plan.redis.connectDeadline) { [store] in store.isConnected }
    }

    /// Whether deliveries can be accepted right now.
    var isReady: Bool { store.isReady }

    /// Whether there is a Redis that events may go to.
    var isConnected: Bool { store.isConnected }

    /// What became of refused deliveries.
    var refusalFigures: RefusalKeeper.Figures { refusals.figures }

    /// Ends everything at once; what waits for Redis' word goes to the spool.
    func stop() {
        listener.abort()
        store.close()
    }

    /// Takes up a new configuration's sources and certificates; connections that are there keep theirs.
    func reload(_ plan: WorkerPlan) {
        handler.replace(plan.makeSources(handler.source(named:)), mayLackSources: plan.mayLackSources)
        guard listener.options.tls != nil else { return }
        do throws(SystemError) {
            if let new = try Self.makeTLS(plan) { listener.options.tls = new }
        } catch {
            plan.log.error("the old certificates stay", ["reason": .text("\(error)")])
        }
    }

    /// Takes up what has changed of the sources; the others are not touched.
    func take(_ changes: SourceChanges) {
        handler.change(
            changes.changed.compactMap { $0.make(keys: changes.keys, limits: changes.limits, log: changes.log) },
            removing: changes.removed,
            mayLackSources: changes.mayLackSources)
    }

    /// A disk that is full at the start is no reason to turn deliveries away.
    private static func makeTally(_ plan: WorkerPlan, _ loop: EventLoop) -> StoreTally? {
        do throws(SystemError) {
            return try StoreTally(directory: plan.dataDirectory, loop: loop, log: plan.log)
        } catch {
            plan.log.warning(
                "the count of confirmed events cannot be kept; a loss of the store would go unnoticed",
                ["reason": .text(error.description)])
            return nil
        }
    }

    /// OpenSSL's objects of this thread. They were made once already when the files were read, so only memory can lack.
    private static func makeTLS(_ plan: WorkerPlan) throws(SystemError) -> TLSServerContext? {
        guard let material = plan.tls else { return nil }
        do throws(TLSMaterial.Failure) {
            return try TLSServerContext(material)
        } catch {
            plan.log.error("the certificates cannot be used", ["reason": .text("\(error)")])
            throw SystemError("TLS", code: ENOMEM)
        }
    }
}

/// What the workers of one process have in common.
struct WorkerShares: Sendable {
    /// Each worker's part.
    let limits: ServerLimits
    let failures: FailureLimiter?
    let addresses: AddressQuota?

    /// - Parameter largestBody: in bytes, the highest limit that a source has.
    init(_ listen: ListenConfiguration, largestBody: Int, workers: Int) {
        limits = ServerLimits(listen, largestBody: largestBody, workers: workers, openFiles: OpenFiles.limit)
        failures = FailureLimiter(perMinute: listen.failuresPerAddressPerMinute, exempt: listen.trustedProxies)
        addresses = AddressQuota(limit: listen.maxConnectionsPerAddress, exempt: listen.trustedProxies)
    }
}

/// Figures of one worker at one moment.
struct WorkerSnapshot: Sendable {
    var sources: [String: SourceCounters]
    /// Requests to no source, by status.
    var strangers: [Int: UInt64]
    var connections: Int
    var listener: ListenerFigures
    var droppedLines: UInt64
    var refusals: RefusalKeeper.Figures
    var isRedisReady: Bool
}

/// The door to a worker from other threads.
struct WorkerHandle: Sendable {
    private let remote: EventLoopRemote

    /// Starts the worker's thread; the sockets become the worker's.
    static func start(
        _ plan: WorkerPlan, shares: WorkerShares, sockets: [Int32], index: Int
    ) throws(SystemError) -> WorkerHandle {
        let remote = try EventLoopRemote()
        var plan = plan
        plan.index = index
        let log = plan.log
        try WorkerThread.start(named: "ingest-\(index)") { [plan] in
            do throws(SystemError) {
                let loop = try EventLoop(remote: remote)
                loop.resident = try Worker(plan, shares: shares, sockets: sockets, loop: loop)
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
                connections: worker.listener.connectionCount, listener: worker.listener.figures,
                droppedLines: worker.handler.droppedLines, refusals: worker.refusalFigures,
                isRedisReady: worker.isConnected)
        }
    }

    /// Whether deliveries can be accepted right now.
    func isReady() async -> Bool { await ask(\.isReady) ?? false }

    /// Takes up a new configuration's sources and certificates without dropping a connection.
    func reload(_ plan: WorkerPlan) {
        perform { $0.reload(plan) }
    }

    /// Takes up what has changed of the sources.
    func take(_ changes: SourceChanges) {
        perform { $0.take(changes) }
    }

    /// Seals session tickets with another key from now on.
    func replaceTicketKey(_ key: TLSTicketKey) {
        perform { $0.listener.options.tls?.replaceTicketKey(key) }
    }

    /// From now on answers carry "Connection: close"; nothing is refused.
    func beginDraining() { perform { $0.listener.beginDraining() } }

    /// The sockets that the worker listens on; they stay its own.
    func sockets() async -> [Int32] { await ask(\.listener.descriptors) ?? [] }

    /// Another process accepts from the same sockets: this one does not, until `resume`.
    func suspend() async { _ = await ask { $0.listener.suspend() } }

    func resume() { perform { $0.listener.resume() } }

    /// Leaves the sockets to the other process for good; what is under way here is finished.
    func handOver() async { _ = await ask { $0.listener.handOver() } }

    /// Stops accepting; returns when everything under way has been answered.
    ///
    /// - Parameter grace: how long idle connections are kept for a next request.
    func finish(grace: Duration = .zero) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            remote.execute { loop in
                guard let worker = loop.resident as? Worker else { return continuation.resume() }
                worker.listener.finish(grace: grace) { continuation.resume() }
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

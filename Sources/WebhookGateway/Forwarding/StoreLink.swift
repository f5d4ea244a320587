/// A connection to Redis that loops of the control plane share: they wait here while it is away, and it says so once.
@ControlPlane
final class StoreLink {
    /// After a refusal (out of memory, read-only, …) the next try waits this long.
    static let pauseAfterRefusal = Duration.milliseconds(500)

    /// After a connection broke and came back at once.
    static let pauseAfterReconnect = Duration.milliseconds(10)

    let connection: RedisConnection
    /// When the connection was last made, in monotonic nanoseconds; nil while it is away.
    private(set) var readySince: UInt64?
    private(set) var isStopped = false
    /// Nobody waits for Redis any more: what can still be sent is, the rest is left to the reaper.
    private var isDraining = false
    private let log: Log
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var refusal: String?
    /// What must hold of a server before it is worked on; nil: any is.
    private let examination: StoreExamination?
    private var isFit = false

    init(_ settings: RedisSettings, scripts: [RedisScript], log: Log, examination: StoreExamination? = nil) {
        self.log = log
        self.examination = examination
        connection = RedisConnection(settings, scripts: scripts, loop: ControlPlane.loop)
        connection.stateChanged = { [weak self] isReady, reason in self?.changed(isReady: isReady, reason: reason) }
    }

    func start() { connection.start() }

    /// Lets those go on who wait for Redis; the connection stays as it is.
    func drain() {
        isDraining = true
        resumeAll()
    }

    /// Ends the connection; whoever waits for it goes on and finds `isStopped`.
    func stop() {
        isStopped = true
        connection.stop()
        resumeAll()
    }

    /// Returns when commands can be sent, or when it is no use to wait.
    func untilReady() async {
        guard !isUsable, !isStopped, !isDraining else { return }
        await withCheckedContinuation { continuation in
            // An `await` may let others run before this does: what it waits for may have come meanwhile.
            guard !isUsable, !isStopped, !isDraining else { return continuation.resume() }
            waiters.append(continuation)
        }
    }

    /// Waits until it makes sense to try again after a failure.
    func recover(from failure: RedisFailure) async {
        guard isUsable else {
            // While it drains nobody waits for Redis. A loop that has not heard of the end yet must let others run, or it
            // never will: awaiting what does not suspend keeps the control plane to itself.
            if isDraining || isStopped { return await Signal().wait(atMost: Self.pauseAfterReconnect) }
            return await untilReady()
        }
        switch failure {
        // The connection is back already. Should a command fail without ever leaving, its loop must not spin.
        case .unavailable, .unknownOutcome: await Signal().wait(atMost: Self.pauseAfterReconnect)
        case .refused(let reason), .unexpectedReply(let reason):
            if refusal != reason {
                refusal = reason
                log.error("Redis refuses the forwarder's commands; it keeps trying", ["reason": .text(reason)])
            }
            await Signal().wait(atMost: Self.pauseAfterRefusal)
        }
    }

    /// Notes that commands succeed (again).
    func succeeded() {
        guard refusal != nil else { return }
        refusal = nil
        log.info("Redis takes the forwarder's commands again")
    }

    private var isUsable: Bool { connection.isReady && isFit }

    private func changed(isReady: Bool, reason: String) {
        isFit = false
        guard isReady else {
            readySince = nil
            if !isStopped { log.warning("the forwarder lost Redis and waits for it", ["reason": .text(reason)]) }
            return
        }
        guard let examination else { return connected(to: reason) }
        Task { await examine(examination, at: reason) }
    }

    private func connected(to place: String) {
        isFit = true
        readySince = Clock.monotonicNanoseconds()
        log.info("the forwarder is connected", ["to": .text(place)])
        resumeAll()
    }

    /// Looks at the server until it is fit or gone: one that comes back may hold data of another layout.
    private func examine(_ examination: StoreExamination, at place: String) async {
        var told: String?
        while connection.isReady, !isFit, !isStopped {
            guard let replies = try? await connection.pipeline(examination.commands) else { return }
            guard let problem = examination.verdict(replies).problem else { return connected(to: place) }
            if told != problem {
                told = problem
                log.error("the forwarder leaves Redis alone until it is mended", ["reason": .text(problem)])
            }
            await Signal().wait(atMost: StoreGuard.period)
        }
    }

    private func resumeAll() {
        let ready = waiters
        waiters = []
        for waiter in ready { waiter.resume() }
    }
}

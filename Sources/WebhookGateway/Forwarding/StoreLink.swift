/// A connection to Redis that loops of the control plane share: they wait here while it is away, and it says so once.
@ControlPlane
final class StoreLink {
    /// After a refusal (out of memory, read-only, …) the next try waits this long.
    static let pauseAfterRefusal = Duration.milliseconds(500)

    let connection: RedisConnection
    /// When the connection was last made, in monotonic nanoseconds; nil while it is away.
    private(set) var readySince: UInt64?
    private(set) var isStopped = false
    /// Nobody waits for Redis any more: what can still be sent is, the rest is left to the reaper.
    private var isDraining = false
    private let log: Log
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var refusal: String?

    init(_ settings: RedisSettings, scripts: [RedisScript], log: Log) {
        self.log = log
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
        guard !connection.isReady, !isStopped, !isDraining else { return }
        await withCheckedContinuation { continuation in
            // An `await` may let others run before this does: what it waits for may have come meanwhile.
            guard !connection.isReady, !isStopped, !isDraining else { return continuation.resume() }
            waiters.append(continuation)
        }
    }

    /// Waits until it makes sense to try again after a failure.
    func recover(from failure: RedisFailure) async {
        guard connection.isReady else { return await untilReady() }
        switch failure {
        case .unavailable, .unknownOutcome: return
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

    private func changed(isReady: Bool, reason: String) {
        if isReady {
            readySince = Clock.monotonicNanoseconds()
            log.info("the forwarder is connected", ["to": .text(reason)])
            resumeAll()
        } else {
            readySince = nil
            if !isStopped { log.warning("the forwarder lost Redis and waits for it", ["reason": .text(reason)]) }
        }
    }

    private func resumeAll() {
        let ready = waiters
        waiters = []
        for waiter in ready { waiter.resume() }
    }
}

import Synchronization

/// Says what happened to Redis once for all workers, and once an outage, not once a request.
final class OutageLog: Sendable {
    fileprivate struct State {
        var isFirst = true
        /// Workers without Redis.
        var down: Set<Int> = []
        /// What was said of the present outage.
        var told: Set<String> = []
        var minute: UInt64 = 0
        var nextWordOfFullQueue: UInt64 = 0
        /// By tenant; only those with a limit come here.
        var nextWordOfLimit: [String: UInt64] = [:]
        var linesThisMinute = 0
    }

    private static let reasonsAnOutage = 8
    fileprivate static let linesAMinute = 12

    private let state = Mutex(State())
    private let remedy: String

    /// - Parameter remedy: what becomes of deliveries meanwhile.
    init(remedy: String) { self.remedy = remedy }

    func lost(_ worker: Int, reason: String, _ log: Log) {
        let (isNews, isBeginning) = state.withLock { state in
            let isBeginning = state.told.isEmpty
            state.down.insert(worker)
            guard state.told.count < Self.reasonsAnOutage, state.told.insert(reason).inserted else {
                return (false, false)
            }
            return (state.allowsLine(), isBeginning)
        }
        guard isNews else { return }
        if isBeginning {
            log.warning("Redis lost", ["reason": .text(reason), "meanwhile": .text(remedy)])
        } else {
            log.warning("Redis is still away", ["reason": .text(reason)])
        }
    }

    func back(_ worker: Int, at place: String, _ log: Log) {
        let isNews = state.withLock { state in
            let wasDown = state.down.remove(worker) != nil
            guard state.down.isEmpty, wasDown || state.isFirst else { return false }
            state.isFirst = false
            state.told = []
            return state.allowsLine()
        }
        if isNews { log.info("Redis connected", ["at": .text(place)]) }
    }

    /// Redis is there, but not for some events.
    func refused(reason: String, _ log: Log) {
        let isNews = state.withLock { state in
            guard state.told.count < Self.reasonsAnOutage, state.told.insert(reason).inserted else { return false }
            return state.allowsLine()
        }
        if isNews { log.error("Redis refuses events", ["reason": .text(reason), "meanwhile": .text(remedy)]) }
    }

    /// Consumers are behind; said once a minute while it lasts.
    func queueFull(_ log: Log) {
        let isNews = state.withLock { state in
            let now = Clock.monotonicNanoseconds()
            guard now >= state.nextWordOfFullQueue else { return false }
            state.nextWordOfFullQueue = now &+ 60_000_000_000
            return true
        }
        if isNews {
            log.warning(
                "a queue is full; deliveries for it are answered 503. Let its consumers catch up, or raise queues.maxDepth"
            )
        }
    }

    /// A tenant's events are past its limit; said once a minute while it lasts.
    func limitReached(by tenant: String, _ log: Log) {
        let isNews = state.withLock { state in
            let now = Clock.monotonicNanoseconds()
            guard now >= state.nextWordOfLimit[tenant, default: 0] else { return false }
            state.nextWordOfLimit[tenant] = now &+ 60_000_000_000
            return state.allowsLine()
        }
        if isNews {
            log.warning(
                "a tenant is over its limit; new deliveries of its are answered 429. Raise its tenantLimits.eventsPerMinute, or hold events back by overLimit: \"queue\"",
                ["tenant": .text(tenant)])
        }
    }

    func spoolFull(_ log: Log, maxBytes: Int) {
        let isNews = state.withLock { $0.told.insert("spool full").inserted && $0.allowsLine() }
        if isNews {
            log.error(
                "the spool is full; deliveries are answered 503 until Redis is back. Mend Redis, or raise spool.maxBytes",
                ["maxBytes": .number(maxBytes)])
        }
    }
}

extension OutageLog.State {
    /// A Redis that comes and goes many times a minute must not fill the log.
    fileprivate mutating func allowsLine() -> Bool {
        let minute = Clock.monotonicNanoseconds() / 60_000_000_000
        if minute != self.minute { (self.minute, linesThisMinute) = (minute, 0) }
        linesThisMinute += 1
        return linesThisMinute <= OutageLog.linesAMinute
    }
}

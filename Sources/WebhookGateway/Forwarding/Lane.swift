import Verifiers

/// One destination's loop: take, batch, send, settle.
///
/// It claims only what can be sent now, wakes when the dispatcher feeds the lane, and asks now and then besides, since
/// other forwarders may feed it, too. What ends in one turn is settled in one call, together with the next claim. While
/// the lane's gate is shut (paused, the circuit open) events wait in Redis, none in here.
@ControlPlane
final class Lane {
    /// What the lane has done since it was started.
    struct Counts: Equatable, Sendable {
        var requests = 0
        var delivered = 0
        var retried = 0
        var dead = 0
        /// Settlements that came after the claim had ended.
        var late = 0
    }

    private static let shortestPoll = Duration.milliseconds(10)
    private static let longestPoll = Duration.milliseconds(500)
    /// How much one claim may weigh, whatever the concurrency.
    private static let mostBytes = 16 << 20

    let name: String
    private(set) var counts = Counts()
    /// How long requests took.
    private(set) var durations = Histogram()
    /// What the last requests came to.
    private(set) var news = LaneNews()
    private let store: LaneStore
    private let destination: any Destination
    private let link: StoreLink
    private let log: Log
    private let policy: RetryPolicy
    private let renewal: Duration
    private let isWatched: Bool
    private let signal = Signal()
    private let owner = String(UInt64.random(in: 0 ... .max), radix: 36)

    private var batcher: Batcher
    private var ramp: Ramp
    private var circuit: CircuitWatch
    private var underWay: [Int: (claims: [Claim], task: Task<Void, Never>)] = [:]
    private var settlements: [Settlement] = []
    /// Settlements sent once without an answer: "too late" may then mean "done already".
    private var areResent = false
    private var lostTokens: [String] = []
    private var serial = 0
    private var poll = Lane.shortestPoll
    private var renewedAt: UInt64 = 0
    private var stopDeadline: UInt64?
    /// Whether it has nothing to do before it is woken.
    private(set) var isIdle = false
    private var task: Task<Void, Never>?

    /// - Parameter isWatched: whether somebody looks after the lane in Redis while it is idle, and wakes it.
    init(
        _ configuration: DestinationConfiguration, destination: any Destination, store: LaneStore, link: StoreLink,
        log: Log, isWatched: Bool = false,
        renewal: Duration = LaneStore.claimLength / 3
    ) {
        name = configuration.name
        self.destination = destination
        self.store = store
        self.link = link
        self.log = log
        self.renewal = renewal
        self.isWatched = isWatched
        policy = RetryPolicy(configuration.retry)
        ramp = Ramp(limit: configuration.concurrency)
        circuit = CircuitWatch(limit: store.rules.failures)
        let limits = BatchLimits(
            events: max(1, min(configuration.batch.maxEvents ?? .max, destination.limits.events)),
            bytes: min(configuration.batch.maxBytes, destination.limits.bytes))
        batcher = Batcher(limits: limits, linger: .milliseconds(configuration.batch.lingerMilliseconds))
    }

    func start() {
        guard task == nil else { return }
        // Of thousands of lanes most have nothing: whoever watches finds those that have.
        if isWatched { isIdle = true } else { run() }
    }

    /// There may be events: asks at once.
    func wake() {
        poll = Self.shortestPoll
        isIdle = false
        if task == nil { run() }
        signal.raise()
    }

    private func run() {
        guard !isStopping else { return }
        task = Task { @ControlPlane in await self.work() }
    }

    /// Claims no more, lets requests under way end within the limit, gives the rest back to the head of the lane.
    func stop(within limit: Duration) async {
        stopDeadline = Clock.monotonicNanoseconds() &+ limit.nanoseconds
        signal.raise()
        guard let task else { return await destination.close() }
        await task.value
    }

    private var isStopping: Bool { stopDeadline != nil }

    private func work() async {
        while !isStopping {
            await link.untilReady()
            guard !isStopping else { break }
            do throws(RedisFailure) {
                let pause = try await turn()
                link.succeeded()
                if isIdle {
                    await signal.wait()
                    isIdle = false
                } else if pause > .zero {
                    await signal.wait(atMost: pause)
                }
            } catch {
                await link.recover(from: error)
            }
        }
        await drain()
    }

    /// Settles, claims and sends; returns how long there is nothing more to do.
    private func turn() async throws(RedisFailure) -> Duration {
        let free = max(0, ramp.width - underWay.count)
        let wanted = max(0, min(free * batcher.limits.events - batcher.count, LaneStore.eventsPerCall))
        let needsPermit = store.rules.rate != nil
        let answer = try await exchange(
            events: wanted, bytes: min(free * batcher.limits.bytes, Self.mostBytes),
            permits: needsPermit && free > 0 && isReady(Clock.monotonicNanoseconds()) ? 1 : 0)
        let now = Clock.monotonicNanoseconds()
        for claimed in answer.claimed { take(claimed, now: now) }
        guard !isStopping else { return .zero }
        if !circuit.isOpen {
            ramp.restart()
            settlements += batcher.takeAll().map { Settlement(claim: $0.claimed.claim, verdict: Verdict(.return)) }
        }
        var permits = needsPermit ? answer.permits : .max
        while permits > 0, underWay.count < ramp.width, let batch = nextBatch(now) {
            send(batch)
            permits -= 1
        }
        if settlements.count > 0 { return .zero }
        return pause(after: answer, wanted: wanted, now: now)
    }

    /// A probe does not linger: it has no company.
    private func isReady(_ now: UInt64) -> Bool { batcher.isReady(now: now, lingers: !circuit.isProbing) }

    private func nextBatch(_ now: UInt64) -> [Batcher.Item]? {
        batcher.next(now: now, lingers: !circuit.isProbing)
    }

    private func pause(after answer: LaneStore.Answer, wanted: Int, now: UInt64) -> Duration {
        var pause = renewal
        if underWay.count < ramp.width, let deadline = batcher.deadline {
            if store.rules.rate != nil, isReady(now) {
                // It has not asked for a permit yet, or there was none.
                pause = min(answer.wait, Self.longestPoll)
            } else {
                pause = min(pause, .nanoseconds(Int64(deadline > now ? deadline - now : 1)), Self.longestPoll)
            }
        }
        guard wanted > 0 else { return pause }
        if !answer.claimed.isEmpty {
            poll = Self.shortestPoll
            if answer.claimed.count == wanted || batcher.count == 0 { return .zero }
            return min(pause, poll)
        }
        pause = min(pause, poll)
        if poll == Self.longestPoll { isIdle = isWatched && isEmpty && answer.nextDue == nil }
        poll = min(poll * 2, Self.longestPoll)
        if let due = answer.nextDue { pause = min(pause, max(due, .milliseconds(1))) }
        return pause
    }

    /// Whether nothing is under way or to be told.
    private var isEmpty: Bool {
        underWay.isEmpty && batcher.count == 0 && settlements.isEmpty && lostTokens.isEmpty && circuit.isAtRest
    }

    private func take(_ claimed: ClaimedEvent, now: UInt64) {
        do throws(MalformedBody) {
            guard !claimed.json.isEmpty else { throw MalformedBody("its record is missing from the store") }
            batcher.add(
                Batcher.Item(claimed: claimed, event: try Event(json: claimed.json, forced: claimed.forced)), now: now)
        } catch {
            let verdict = Verdict(.dead, category: .dataError, reason: error.reason, attempt: claimed.attempts)
            settle([(claimed.claim, verdict)])
            if circuit.isProbing { circuit.probeWasNotSent() }
        }
    }

    // MARK: Sending

    private func send(_ batch: [Batcher.Item]) {
        serial += 1
        let number = serial
        let isProbe = circuit.isProbing
        let task = Task { @ControlPlane in
            let start = Clock.monotonicNanoseconds()
            let result = await destination.send(batch.map(\.event))
            let nanoseconds = Clock.monotonicNanoseconds() &- start
            ended(number, batch, result, nanoseconds: nanoseconds, wasProbe: isProbe)
        }
        underWay[number] = (batch.map(\.claimed.claim), task)
    }

    private func ended(
        _ number: Int, _ batch: [Batcher.Item], _ result: AttemptResult, nanoseconds: UInt64, wasProbe: Bool
    ) {
        // Nil when the lane has stopped meanwhile and given the events back.
        guard underWay.removeValue(forKey: number) != nil else { return }
        counts.requests += 1
        durations.record(nanoseconds: nanoseconds)
        let milliseconds = Int64(nanoseconds / 1_000_000)
        let failure = CircuitWatch.failure(result.outcomes)
        if failure == nil { ramp.succeeded() } else { ramp.failed() }
        let deaths = circuit.ended(failure, count: batch.count, wasProbe: wasProbe)
        var verdicts = Verdicts(
            destination: name, policy: policy, result: result, milliseconds: milliseconds, mostDeaths: deaths,
            tenants: Self.tenants(of: batch), random: .random(in: 0...1))
        settle(batch.enumerated().map { ($1.claimed.claim, verdicts.verdict($0, of: $1.claimed)) })
        note(result, verdicts.firstFailure)
        if let failure = verdicts.firstFailure {
            log.warning(
                "a delivery failed",
                [
                    "destination": .text(name), "category": .text(failure.category.rawValue),
                    "reason": .text(failure.reason),
                    "status": result.status.map { .number($0) } ?? .absent, "milliseconds": .number(milliseconds),
                    "events": .number(batch.count), "event": .text(batch[0].event.id),
                ])
        } else {
            log.debug(
                "delivered",
                [
                    "destination": .text(name), "events": .number(batch.count), "milliseconds": .number(milliseconds),
                    "event": .text(batch[0].event.id),
                ])
        }
    }

    /// How many tenants the events belong to.
    private static func tenants(of batch: [Batcher.Item]) -> Int {
        // Mostly one, which takes no set to know.
        let isOne = batch.allSatisfy { $0.event.tenant == batch[0].event.tenant }
        return isOne ? 1 : Set(batch.map(\.event.tenant)).count
    }

    private func note(_ result: AttemptResult, _ failure: (category: FailureCategory, reason: String)?) {
        let now = Clock.unixMilliseconds()
        if result.outcomes.contains(.delivered) { news.deliveredAt = now }
        guard let failure else { return }
        news.failedAt = now
        news.category = failure.category
        news.reason = failure.reason
    }

    private func settle(_ ended: [(Claim, Verdict)]) {
        for (claim, verdict) in ended {
            settlements.append(Settlement(claim: claim, verdict: verdict))
            switch verdict.kind {
            case .done: counts.delivered += 1
            case .retry: counts.retried += 1
            case .dead: counts.dead += 1
            case .return: break
            }
        }
        signal.raise()
    }

    // MARK: Store

    /// Tells the store what ended, renews what takes longer, and claims up to `events` more.
    private func exchange(events: Int = 0, bytes: Int = 0, permits: Int = 0) async throws(RedisFailure)
        -> LaneStore.Answer
    {
        var request = LaneStore.Exchange()
        request.settlements = Array(settlements.prefix(LaneStore.eventsPerCall))
        settlements.removeFirst(request.settlements.count)
        let now = Clock.monotonicNanoseconds()
        let isRenewing = now >= renewedAt &+ renewal.nanoseconds
        if isRenewing { request.renewals = underWay.values.flatMap(\.claims) + batcher.claims }
        request.lostTokens = lostTokens
        request.report = circuit.takeReport()
        request.asksGate = !isStopping
        request.permits = permits
        if events > 0 {
            serial += 1
            request.token = "\(owner)-\(serial)"
            request.events = events
            request.bytes = bytes
        }
        do throws(RedisFailure) {
            let answer = try await store.exchange(request)
            lostTokens.removeAll { request.lostTokens.contains($0) }
            if isRenewing { renewedAt = now }
            report(stale: answer.stale)
            areResent = false
            if let report = request.report { tell(answer.circuit, report) }
            if request.asksGate { circuit.heard(answer.gate, failures: answer.failures) }
            return answer
        } catch {
            settlements = request.settlements + settlements
            circuit.giveBack(request.report)
            areResent = true
            if events > 0 { lostTokens.append(request.token) }
            throw error
        }
    }

    private func tell(_ change: CircuitChange, _ report: CircuitReport) {
        switch change {
        case .none: break
        case .opened:
            log.warning(
                "the circuit of a destination is open: its events wait until it answers again",
                [
                    "destination": .text(name), "category": .text(report.category.rawValue),
                    "reason": .text(report.reason),
                ])
        case .closed:
            ramp.restart()
            log.info("the circuit of a destination is closed again", ["destination": .text(name)])
        }
    }

    private func report(stale: [String]) {
        guard let first = stale.first, !areResent else { return }
        counts.late += stale.count
        log.warning(
            "events were settled after their claim had ended; another forwarder has them and may deliver them again",
            ["destination": .text(name), "events": .number(stale.count), "event": .text(first)])
    }

    // MARK: Stopping

    private func drain() async {
        if circuit.isProbing, batcher.count > 0 { circuit.probeWasNotSent() }
        settlements += batcher.takeAll().map { Settlement(claim: $0.claimed.claim, verdict: Verdict(.return)) }
        await flush()
        while !underWay.isEmpty, let left = timeLeft {
            await signal.wait(atMost: min(left, renewal))
            await flush()
        }
        let isQuiet = underWay.isEmpty
        for (claims, task) in underWay.values {
            task.cancel()
            settlements += claims.map { Settlement(claim: $0, verdict: Verdict(.return)) }
        }
        underWay = [:]
        await flush()
        if !settlements.isEmpty {
            log.warning(
                "Redis is away: events that were under way are delivered again when their claim ends",
                ["destination": .text(name), "events": .number(settlements.count)])
        }
        // A request may still be using the destination otherwise.
        if isQuiet { await destination.close() }
    }

    private var timeLeft: Duration? {
        let now = Clock.monotonicNanoseconds()
        guard let stopDeadline, stopDeadline > now else { return nil }
        return .nanoseconds(Int64(clamping: stopDeadline - now))
    }

    /// Settles all that ended, if Redis takes it.
    private func flush() async {
        do throws(RedisFailure) {
            repeat { _ = try await exchange() } while !settlements.isEmpty
        } catch {
            // What could not be told is still in `settlements`; the next flush, or the end of the claims, sees to it.
            log.debug("a settlement failed", ["destination": .text(name), "reason": .text(error.description)])
        }
    }
}

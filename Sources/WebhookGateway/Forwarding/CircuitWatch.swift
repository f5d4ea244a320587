/// A lane's side of its circuit breaker: what a request's end says of the destination as a whole, how many of its events
/// may die of that, and what is to be told to the circuit in Redis.
///
/// Failures in a row open the circuit. A refusal that would meet every event (a wrong credential, a missing permission,
/// a wrong address), or that tells nothing of the events (402, 409, …), counts once for each event that dies of it: so
/// many die that people see it, the others wait.
struct CircuitWatch: Sendable {
    /// What a destination as a whole failed of.
    struct Failure: Equatable, Sendable {
        var category: FailureCategory
        var reason: String
        var retryAfter = Duration.zero
        /// Whether the events of the request would die of it.
        var isFinal = false
        /// Whether it may be the events' own fault after all.
        var isDoubtful: Bool { category == .unknown }
    }

    private let limit: Int
    /// Failures in a row that the circuit knew of when it was last asked.
    private var known = 0
    private var untold: CircuitReport?
    private(set) var gate = LaneGate.flowing

    /// - Parameter limit: failures in a row that open the circuit.
    init(limit: Int) { self.limit = limit }

    /// Whether the next request tries if the circuit can be closed.
    var isProbing: Bool { gate == .probe }

    /// Whether requests may leave.
    var isOpen: Bool { gate == .flowing || gate == .probe }

    /// Whether the circuit is closed and knows all there is to know.
    var isAtRest: Bool { gate == .flowing && untold == nil }

    mutating func heard(_ gate: LaneGate, failures: Int) {
        self.gate = gate
        known = failures
    }

    /// What the end of a request says of the destination; nil when it took or judged events, and so is well.
    static func failure(_ outcomes: [DeliveryOutcome]) -> Failure? {
        var failure: Failure?
        for outcome in outcomes {
            switch outcome {
            case .delivered, .dead(.dataError, _), .dead(.validation, _), .retry(.dataError, _, _),
                .retry(.validation, _, _):
                return nil
            case .retry(let category, let reason, let after):
                failure = failure ?? Failure(category: category, reason: reason, retryAfter: after ?? .zero)
            case .dead(let category, let reason):
                failure = failure ?? Failure(category: category, reason: reason, isFinal: true)
            }
        }
        return failure
    }

    /// Notes the end of a request of `count` events; returns how many of them may die.
    mutating func ended(_ failure: Failure?, count: Int, wasProbe: Bool) -> Int {
        guard let failure else {
            untold = CircuitReport()
            return count
        }
        var deaths = count
        if failure.isFinal {
            // A probe kills nothing, unless the event itself may be what is refused: it would be the next probe, for ever.
            let most = wasProbe ? (failure.isDoubtful ? 1 : 0) : limit - known - (untold?.failures ?? 0)
            deaths = min(count, max(0, most))
        }
        var report = CircuitReport(
            failures: failure.isFinal ? max(1, deaths) : 1, category: failure.category, reason: failure.reason,
            retryAfter: failure.retryAfter)
        if let untold {
            report.failures += untold.failures
            report.retryAfter = max(report.retryAfter, untold.retryAfter)
        }
        untold = report
        return deaths
    }

    /// The event that was to try whether the circuit can be closed was not sent: another may be.
    mutating func probeWasNotSent() {
        if untold == nil { untold = CircuitReport(isUntried: true) }
    }

    /// What the circuit is to be told; nothing when all is well and it knows.
    mutating func takeReport() -> CircuitReport? {
        defer { untold = nil }
        guard let untold, untold.failures > 0 || known > 0 || gate != .flowing else { return nil }
        return untold
    }

    /// A report did not get through: it is told again, unless there is newer news.
    mutating func giveBack(_ report: CircuitReport?) {
        if untold == nil { untold = report }
    }
}

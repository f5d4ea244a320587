/// Turns the outcomes of one request into what becomes of its events; events that end alike share one verdict.
struct Verdicts {
    private struct Known {
        var outcome: DeliveryOutcome
        var attempt: Int
        var isTooOld: Bool
        var verdict: Verdict
    }

    /// What the request's first event that was not delivered failed of, for the log.
    private(set) var firstFailure: (category: FailureCategory, reason: String)?
    private let destination: String
    private let policy: RetryPolicy
    private let result: AttemptResult
    private let milliseconds: Int64
    private let tenants: Int
    private let random: Double
    private let mostDeaths: Int
    private var deaths = 0
    private var known: [Known] = []
    private static let spared = Verdict(.return)

    /// - Parameters:
    ///   - mostDeaths: how many events may be given up; others that would be go back to the lane as if not sent.
    ///   - tenants: how many tenants the events belong to.
    ///   - random: from 0 to 1; the events of a request come due together, so that they can share one again.
    init(
        destination: String, policy: RetryPolicy, result: AttemptResult, milliseconds: Int64, mostDeaths: Int = .max,
        tenants: Int = 1, random: Double
    ) {
        self.destination = destination
        self.policy = policy
        self.result = result
        self.milliseconds = milliseconds
        self.tenants = tenants
        self.random = random
        self.mostDeaths = mostDeaths
    }

    /// The verdict on the event at `index` of the request.
    mutating func verdict(_ index: Int, of claimed: ClaimedEvent) -> Verdict {
        let outcome =
            index < result.outcomes.count
            ? result.outcomes[index]
            : .retry(.unknown, reason: "the destination did not tell what came of it", after: nil)
        if case .dead(let category, let reason) = outcome {
            guard deaths < mostDeaths else {
                note(category, reason)
                return Self.spared
            }
            deaths += 1
        }
        let isTooOld = claimed.age >= policy.maximumAge
        let attempt = claimed.attempts + 1
        for entry in known.reversed()
        where entry.attempt == attempt && entry.isTooOld == isTooOld && entry.outcome == outcome {
            return entry.verdict
        }
        let verdict = make(outcome, attempt: attempt, age: claimed.age)
        known.append(Known(outcome: outcome, attempt: attempt, isTooOld: isTooOld, verdict: verdict))
        return verdict
    }

    private mutating func make(_ outcome: DeliveryOutcome, attempt: Int, age: Duration) -> Verdict {
        let record = AttemptRecord.json(
            destination: destination, attempt: attempt, milliseconds: milliseconds, outcome: outcome, result: result,
            tenants: tenants)
        // What the gateway itself says of a request that was never answered names no event.
        let isShared = tenants > 1 && (result.status != nil || result.answer != nil)
        switch outcome {
        case .delivered: return Verdict(.done, status: result.status, attempt: attempt, record: record)
        case .dead(let category, let reason):
            note(category, reason)
            return Verdict(
                .dead, category: category, reason: reason, isReasonShared: isShared, status: result.status,
                attempt: attempt, record: record)
        case .retry(let category, let reason, let after):
            note(category, reason)
            switch policy.decide(attempt: attempt, age: age, retryAfter: after, random: random) {
            case .retry(let delay):
                return Verdict(
                    .retry, delay: delay, category: category, reason: reason, isReasonShared: isShared,
                    status: result.status, attempt: attempt, record: record)
            case .giveUp:
                let hours = Double(age.milliseconds / 36_000) / 100
                return Verdict(
                    .dead, category: category, reason: "given up after \(attempt) attempts in \(hours) h: \(reason)",
                    isReasonShared: isShared, status: result.status, attempt: attempt, record: record)
            }
        }
    }

    private mutating func note(_ category: FailureCategory, _ reason: String) {
        if firstFailure == nil { firstFailure = (category, reason) }
    }
}

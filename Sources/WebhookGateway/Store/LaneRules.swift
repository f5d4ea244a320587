/// What the scripts of a lane go by: its circuit breaker, its rate and whether it keeps order.
struct LaneRules: Equatable, Sendable {
    /// At most so many requests in any span of that length, by all forwarders together.
    struct Rate: Equatable, Sendable {
        var requests: Int
        var period: Duration

        /// Requests that may leave at once: a tenth of those allowed.
        private var burst: Int { max(1, requests / 10) }

        /// Microseconds between requests. A burst, and what follows it one by one for a period, is what is allowed.
        var interval: Int64 {
            let requests = Int64(requests - burst + 1)
            // Rounded up: a microsecond less would let one more through.
            return (period.microseconds + requests - 1) / requests
        }
        /// How many microseconds ahead of its time a request may leave.
        var tolerance: Int64 { Int64(burst - 1) * interval }
    }

    var rate: Rate?
    /// Failures in a row that open the circuit.
    var failures = 10
    /// How long it stays open.
    var openTime = Duration.seconds(30)
    /// How long the request that tries whether it can be closed may take.
    var probeTime = LaneStore.claimLength
    /// Whether events of one subject are kept in order.
    var isOrdered = false
}

/// Whether a lane may send, as its store says.
enum LaneGate: String, Sendable {
    case flowing
    /// An operator has it wait.
    case paused
    /// An operator has disabled the destination.
    case disabled
    /// The circuit is open.
    case open
    /// One request may try whether the circuit can be closed.
    case probe
}

/// How a lane's requests have ended since it last told its circuit.
struct CircuitReport: Equatable, Sendable {
    /// Failures in a row, since the last success; 0 when the last one succeeded.
    var failures = 0
    var category = FailureCategory.unknown
    var reason = ""
    /// No request was made: the event that was to try whether the circuit can be closed was not sent.
    var isUntried = false
    /// What the destination asked for by `Retry-After`.
    var retryAfter = Duration.zero
}

/// What a report did to the circuit.
enum CircuitChange: Int64, Sendable {
    case none = 0
    case opened = 1
    case closed = 2
}

extension Duration {
    fileprivate var microseconds: Int64 { Int64(clamping: nanoseconds / 1000) }
}

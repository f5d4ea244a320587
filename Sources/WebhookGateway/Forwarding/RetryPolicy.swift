/// When an event that could not be delivered is tried again, and when it is given up.
///
/// Exponential back-off with full jitter: the n-th pause is drawn from 0 to base · 2^(n-1), at most the maximum
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). An event is given up by age, counted from
/// its first attempt: an outage of the gateway or a long queue uses nothing up.
struct RetryPolicy: Sendable, Equatable {
    enum Decision: Equatable, Sendable {
        case retry(after: Duration)
        case giveUp
    }

    /// Below this a pause is none: the answer to the last request may still be under way.
    static let shortestPause = Duration.milliseconds(50)
    /// A destination that asks for more than a day is asked again after a day.
    static let longestRetryAfter = Duration.seconds(86_400)

    var maximumAge: Duration
    var base: Duration
    var maximum: Duration

    init(maximumAge: Duration, base: Duration, maximum: Duration) {
        self.maximumAge = maximumAge
        self.base = base
        self.maximum = maximum
    }

    init(_ configuration: RetryConfiguration) {
        self.init(
            maximumAge: .seconds(configuration.maxAgeSeconds), base: .seconds(configuration.baseSeconds),
            maximum: .seconds(configuration.maxSeconds))
    }

    /// - Parameters:
    ///   - attempt: how many attempts have failed, this one included.
    ///   - age: the time since the first attempt.
    ///   - retryAfter: what the destination asked for; the pause is never shorter, only longer by jitter.
    ///   - random: from 0 to 1.
    func decide(attempt: Int, age: Duration, retryAfter: Duration? = nil, random: Double) -> Decision {
        guard age < maximumAge else { return .giveUp }
        var pause = ceiling(attempt: attempt) * random
        // The last attempt is made when the age is reached, not long before.
        pause = min(pause, maximumAge - age)
        if let retryAfter { pause = min(retryAfter, Self.longestRetryAfter) + min(pause, base) }
        return .retry(after: max(pause, Self.shortestPause))
    }

    /// The upper end of the n-th pause.
    func ceiling(attempt: Int) -> Duration {
        // 2^32 seconds are past every maximum; the shift must not overflow.
        min(maximum, base * (1 << min(max(attempt - 1, 0), 32)))
    }
}

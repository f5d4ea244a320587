/// The right to settle an event: the token must be current when it is used.
struct Claim: Equatable, Sendable {
    var id: String
    var token: String
}

/// An event taken from a lane for sending.
struct ClaimedEvent: Sendable {
    var claim: Claim
    /// The event's JSON; empty when its record is missing.
    var json: [UInt8]
    /// How many attempts were made before.
    var attempts: Int
    /// How long ago the first attempt was made, by Redis' clock.
    var age: Duration
    /// Which forced replay of the event this is; 0: none.
    var forced = 0
}

/// What becomes of claimed events; one object is shared by all events of a request that end alike.
final class Verdict: Sendable {
    enum Kind: String, Sendable {
        /// Delivered.
        case done
        /// To be sent again after `delay`.
        case retry
        /// Given up.
        case dead
        /// Not sent: back to the head of the lane, no attempt is counted.
        case `return`
    }

    let kind: Kind
    let delay: Duration
    let category: FailureCategory?
    let reason: String
    /// Whether the reason may quote an answer to a request that carried several tenants' events.
    let isReasonShared: Bool
    let status: Int?
    /// The number of the attempt that ended so.
    let attempt: Int
    /// The attempt as JSON; empty when none was made.
    let record: [UInt8]

    init(
        _ kind: Kind, delay: Duration = .zero, category: FailureCategory? = nil, reason: String = "",
        isReasonShared: Bool = false, status: Int? = nil, attempt: Int = 0, record: [UInt8] = []
    ) {
        self.kind = kind
        self.delay = delay
        self.category = category
        self.reason = reason
        self.isReasonShared = isReasonShared
        self.status = status
        self.attempt = attempt
        self.record = record
    }
}

/// The end of one claim.
struct Settlement: Sendable {
    var claim: Claim
    var verdict: Verdict
}

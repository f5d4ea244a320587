/// One event as it goes into a request.
struct BatchEntry: Sendable {
    /// Where the event stands in the batch that was handed over; set by the sender.
    var place = 0
    /// What the API's answer names it by.
    var key: String
    /// The event in the API's words, as an element of the request's list.
    var json: [UInt8]
    /// Entries of one such key never share a request; nil: they may.
    var isolation: String?

    init(key: String, json: [UInt8], isolation: String? = nil) {
        self.key = key
        self.json = json
        self.isolation = isolation
    }
}

/// An event that a destination would refuse: not sent at all.
struct RefusedEvent: Error, Equatable, Sendable {
    var category: FailureCategory
    var reason: String

    static func dataError(_ reason: String) -> RefusedEvent { RefusedEvent(category: .dataError, reason: reason) }
}

/// What an API's answer means for the entries of the request.
enum BatchVerdict: Equatable, Sendable {
    /// The same for all; unless delivered, further requests would meet the same and are not made.
    case whole(DeliveryOutcome)
    /// One outcome an entry, in the request's order.
    case each([DeliveryOutcome])
    /// The request was refused for the sake of some entry that the answer does not name, and nothing was taken: its
    /// halves are sent; for a single entry this is the outcome.
    case split(DeliveryOutcome)
    /// The named entries (places in the request) are settled, nothing was taken of the others: these are sent again.
    case resend(except: [Int: DeliveryOutcome])
}

extension BatchVerdict {
    /// What it says of the request as a whole; nil where it tells entries apart.
    var outcome: DeliveryOutcome? {
        switch self {
        case .whole(let outcome), .split(let outcome): outcome
        case .each, .resend: nil
        }
    }
}

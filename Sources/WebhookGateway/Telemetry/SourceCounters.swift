/// What became of a request, as the label `outcome` of `webhook_requests_total`.
enum RequestOutcome: String, CaseIterable, Sendable {
    case accepted, duplicate, quarantined, spooled, handshake
    case missing, malformed, mismatch, expired
    case addressNotAllowed = "address_not_allowed"
    case tooLarge = "too_large"
    case unavailable
    case methodNotAllowed = "method_not_allowed"
}

/// The figures of one source on one worker; plain values, copied out when somebody asks.
struct SourceCounters: Sendable {
    /// A provider may invent types; past this many the rest counts as "other".
    private static let typesCounted = 200

    private(set) var requests = [UInt64](repeating: 0, count: RequestOutcome.allCases.count)
    private(set) var events: [String: UInt64] = [:]
    private(set) var duplicates: UInt64 = 0
    private(set) var duration = Histogram()

    mutating func count(_ outcome: RequestOutcome, nanoseconds: UInt64) {
        for (index, other) in RequestOutcome.allCases.enumerated() where other == outcome { requests[index] += 1 }
        duration.record(nanoseconds: nanoseconds)
    }

    mutating func countEvent(_ type: String) {
        if events[type] == nil, events.count >= Self.typesCounted {
            events["other", default: 0] += 1
        } else {
            events[type, default: 0] += 1
        }
    }

    mutating func countDuplicate() { duplicates += 1 }

    mutating func merge(_ other: SourceCounters) {
        for index in requests.indices { requests[index] += other.requests[index] }
        events.merge(other.events, uniquingKeysWith: +)
        duplicates += other.duplicates
        duration.merge(other.duration)
    }
}

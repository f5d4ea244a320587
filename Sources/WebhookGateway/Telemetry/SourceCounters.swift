/// What became of a request, as the label `outcome` of `webhook_requests_total`.
enum RequestOutcome: Int, CaseIterable, Sendable {
    case accepted, duplicate, quarantined, spooled, handshake
    case missing, malformed, mismatch, expired, addressNotAllowed
    case tooLarge, badRequest, timeout, methodNotAllowed
    case rateLimited, addressLimited, tenantLimited
    case unavailable, queueFull

    /// The label in metrics and logs.
    var label: StaticString {
        switch self {
        case .accepted: "accepted"
        case .duplicate: "duplicate"
        case .quarantined: "quarantined"
        case .spooled: "spooled"
        case .handshake: "handshake"
        case .missing: "missing"
        case .malformed: "malformed"
        case .mismatch: "mismatch"
        case .expired: "expired"
        case .addressNotAllowed: "address_not_allowed"
        case .tooLarge: "too_large"
        case .badRequest: "bad_request"
        case .timeout: "timeout"
        case .methodNotAllowed: "method_not_allowed"
        case .rateLimited: "rate_limited"
        case .addressLimited: "address_limited"
        case .tenantLimited: "tenant_limited"
        case .unavailable: "unavailable"
        case .queueFull: "queue_full"
        }
    }
}

/// The figures of one source on one worker; plain values, copied out when somebody asks.
struct SourceCounters: Sendable {
    /// A provider may invent types; past this many the rest counts as "other".
    static let typesCounted = 200
    /// Providers' names of types are a fraction of this, in bytes.
    static let longestType = 128
    private static let other = "other"

    /// What all share that have counted nothing yet.
    private static let nothing = [UInt64](repeating: 0, count: RequestOutcome.allCases.count)

    private(set) var requests = SourceCounters.nothing
    /// Events by type, but for those of `recent`.
    private var counted: [String: UInt64] = [:]
    /// Deliveries of one type come in rows: the last type is counted without looking it up.
    private var recent: (type: String, count: UInt64) = ("", 0)
    private(set) var duplicates: UInt64 = 0
    /// Authentic deliveries by the secret that proved them: the first place is the first secret's.
    private(set) var proofs: [UInt64] = []
    private(set) var duration = Histogram()

    func count(of outcome: RequestOutcome) -> UInt64 { requests[outcome.rawValue] }

    mutating func count(_ outcome: RequestOutcome, nanoseconds: UInt64) {
        requests[outcome.rawValue] += 1
        duration.record(nanoseconds: nanoseconds)
    }

    /// Counts an event; a name of more than `longestType` bytes counts as "other", since metrics would carry it.
    mutating func countEvent(_ type: String) {
        if type == recent.type {
            recent.count += 1
            return
        }
        if recent.count > 0 { add(recent.count, to: recent.type) }
        recent = (type.utf8.count <= Self.longestType ? type : Self.other, 1)
    }

    /// Events by type.
    var events: [String: UInt64] {
        guard recent.count > 0 else { return counted }
        var all = self
        all.add(recent.count, to: recent.type)
        return all.counted
    }

    mutating func countDuplicate() { duplicates += 1 }

    /// - Parameter secret: its place among the source's, from 1; 0: the delivery needed none.
    mutating func countProof(secret: Int) {
        guard secret > 0 else { return }
        if secret > proofs.count { proofs += [UInt64](repeating: 0, count: secret - proofs.count) }
        proofs[secret - 1] += 1
    }

    mutating func merge(_ other: SourceCounters) {
        for index in requests.indices { requests[index] += other.requests[index] }
        for (type, count) in other.events { add(count, to: type) }
        duplicates += other.duplicates
        if other.proofs.count > proofs.count {
            proofs += [UInt64](repeating: 0, count: other.proofs.count - proofs.count)
        }
        for (index, count) in other.proofs.enumerated() { proofs[index] += count }
        duration.merge(other.duration)
    }

    private mutating func add(_ count: UInt64, to type: String) {
        if counted.count < Self.typesCounted || counted[type] != nil {
            counted[type, default: 0] += count
        } else {
            counted[Self.other, default: 0] += count
        }
    }
}

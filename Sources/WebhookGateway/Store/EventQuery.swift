/// What has become of an event as a whole.
enum EventStatus: String, CaseIterable, Sendable {
    /// On its queues; no lane has heard of it yet. Workers of other queues do not tell more.
    case queued
    /// Some lane owes it.
    case forwarding
    case delivered
    /// Delivered to some destinations, dead or discarded at others.
    case partly
    case dead
    case discarded
    /// No destination wanted it.
    case skipped
    /// An authentic delivery that could not be made an event.
    case quarantined
}

/// Which events are meant; what is nil does not restrict.
struct EventQuery: Sendable {
    var sources: Set<String>?
    var type: TypePattern?
    var status: EventStatus?
    var tenant: String?
    /// A destination that has had to do with it, in whatever way.
    var destination: String?
    /// Text in the event or in the raw body, in either case.
    var text: String?
    /// When it was received, in Unix milliseconds, both inclusive.
    var from: Int64?
    var to: Int64?

    func matches(_ event: EventSummary) -> Bool {
        if let type, !type.matches(event.type) { return false }
        if let status, event.status != status { return false }
        if let tenant, event.tenant != tenant { return false }
        return true
    }
}

/// One line of a list of events.
struct EventSummary: Equatable, Sendable {
    var id: String
    /// Unix milliseconds.
    var receivedAt: Int64
    var source: String
    var type: String
    var tenant: String
    var subject: String?
    var providerType: String?
    /// The idempotency key.
    var providerID: String?
    var status: EventStatus
    /// Of the record, where it was measured: envelope, headers and raw body.
    var recordBytes = 0
}

/// A stretch of the events, newest first.
struct EventPage: Sendable {
    var events: [EventSummary] = []
    /// Where the next page begins; nil at the end.
    var next: EventCursor?
}

/// A position among the events: the last one seen. Text form: `<ms>-<event id>`.
struct EventCursor: Equatable, Sendable, CustomStringConvertible {
    var receivedAt: Int64
    var id: String

    init(receivedAt: Int64, id: String) {
        self.receivedAt = receivedAt
        self.id = id
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let receivedAt = Int64(parts[0]), !parts[1].isEmpty else { return nil }
        self.init(receivedAt: receivedAt, id: String(parts[1]))
    }

    var description: String { "\(receivedAt)-\(id)" }
}

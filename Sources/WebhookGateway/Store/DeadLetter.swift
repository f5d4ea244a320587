import Verifiers

/// Where an event lies that was given up.
enum DeadPlace: Hashable, Sendable, CustomStringConvertible, Comparable {
    /// A destination's lane: the forwarder gave up sending it there.
    case lane(String)
    /// A queue's dead list: a worker gave it up, or it could not be made an event (a quarantined delivery).
    case queue(String)

    /// `<destination>` or `queue:<queue>`.
    var description: String {
        switch self {
        case .lane(let destination): destination
        case .queue(let queue): "queue:\(queue)"
        }
    }

    init(_ text: some StringProtocol) {
        self = text.hasPrefix("queue:") ? .queue(String(text.dropFirst(6))) : .lane(String(text))
    }

    static func < (left: DeadPlace, right: DeadPlace) -> Bool { left.description < right.description }
}

/// One event that was given up at one place.
struct DeadLetter: Sendable {
    /// Names a dead letter: `<place>/<event id>`; what has no event id goes by the SHA-256 of its bytes.
    struct ID: Hashable, Sendable, CustomStringConvertible {
        var place: DeadPlace
        var event: String

        init(_ place: DeadPlace, _ event: String) {
            self.place = place
            self.event = event
        }

        /// Reads the text form.
        init?(_ text: String) {
            guard let slash = text.lastIndex(of: "/"), slash > text.startIndex else { return nil }
            event = String(text[text.index(after: slash)...])
            guard !event.isEmpty else { return nil }
            place = DeadPlace(text[..<slash])
        }

        var description: String { "\(place)/\(event)" }
    }

    var id: ID
    var type: String?
    var source: String?
    var tenant: String?
    var category: String
    var reason: String
    /// The HTTP status of the last answer.
    var status: Int?
    /// Attempts made; 0 on a queue.
    var attempts = 0
    /// Unix milliseconds; nil when a worker did not say.
    var deadAt: Int64?
    /// An authentic delivery that could not be made an event.
    var isQuarantined = false
    /// The event's JSON, or what there is in its stead; empty when the record is gone.
    var json: [UInt8]
    /// The list's entry as it stands, for those on a queue.
    var entry: [UInt8]?
}

/// Which dead letters are meant; what is nil does not restrict.
struct DeadFilter: Sendable {
    /// Destinations and queues.
    var places: Set<DeadPlace>?
    var category: String?
    var type: TypePattern?
    var source: String?
    var tenant: String?
    /// A group's fingerprint.
    var group: String?
    /// Unix milliseconds, both inclusive.
    var from: Int64?
    var to: Int64?

    func matches(_ letter: DeadLetter) -> Bool {
        if let category, letter.category != category { return false }
        if let source, letter.source != source { return false }
        if let tenant, letter.tenant != tenant { return false }
        if let group, letter.fingerprint != group { return false }
        if let type { guard let own = letter.type, type.matches(own) else { return false } }
        if let from { guard let at = letter.deadAt, at >= from else { return false } }
        if let to, let at = letter.deadAt, at > to { return false }
        return true
    }
}

/// A stretch of the dead letters: by place, oldest first.
struct DeadPage: Sendable {
    var letters: [DeadLetter] = []
    /// Where the next page begins; nil at the end.
    var next: DeadCursor?
}

/// A position among the dead letters. Text form: `<place>/<position>`.
struct DeadCursor: Equatable, Sendable, CustomStringConvertible {
    var place: DeadPlace
    /// In a lane `<ms>-<event id>` of the last one seen; on a queue the index of the next entry.
    var position: String

    init(_ place: DeadPlace, _ position: String = "") {
        self.place = place
        self.position = position
    }

    init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/"), slash > text.startIndex else { return nil }
        place = DeadPlace(text[..<slash])
        position = String(text[text.index(after: slash)...])
    }

    var description: String { "\(place)/\(position)" }
}

/// What a change to dead letters came to.
struct DeadChange: Sendable {
    var changed = 0
    /// Quarantined deliveries among those to be taken up again.
    var quarantined: [DeadLetter] = []
    /// Dead letters that were left alone, and why.
    var refused: [(id: DeadLetter.ID, reason: String)] = []
}

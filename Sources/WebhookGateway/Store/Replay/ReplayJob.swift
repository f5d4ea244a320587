import Verifiers

/// A replay of many events: what was asked for, and how far it has come.
struct ReplayJob: Sendable {
    enum State: String, Sendable, CaseIterable {
        /// The events are being looked for.
        case planning
        case running, paused, cancelled, done
    }

    /// What was asked for.
    struct Order: Sendable {
        var query = EventQuery()
        /// The text that `query` was read from, as JSON.
        var filter: [UInt8] = Array("{}".utf8)
        /// Empty: to the queue, for every destination that wants it.
        var destinations: [String] = []
        var queue = Keys.eventsQueue
        /// Mapped anew by the mapping in force; else as they are archived.
        var isMappedAnew = false
        /// Whether destinations get a new deduplication key.
        var isForced = false
        /// Events a second.
        var rate = 100
        /// So many failures pause it.
        var errorBudget = 100

        /// Whether the same is asked for. The query of a filter by age is another one at each reading.
        func isSame(as other: Order) -> Bool {
            filter == other.filter && destinations == other.destinations && queue == other.queue
                && isMappedAnew == other.isMappedAnew && isForced == other.isForced && rate == other.rate
                && errorBudget == other.errorBudget
        }
    }

    var id: String
    var order: Order
    var state: State
    /// Who asked for it, by the audit log's names.
    var who: String
    var tenant: String?
    /// Unix milliseconds.
    var createdAt: Int64
    var endedAt: Int64?
    /// What was found so far.
    var plan = ReplayPlan()
    /// Deliveries to be made: events, each once for every destination named.
    var total = 0
    var done = 0
    /// Still waiting there, so not sent twice.
    var skipped = 0
    /// Expired meanwhile, or not to be mapped.
    var failed = 0
    /// Of these, those before it was last resumed: the error budget begins anew.
    var forgiven = 0
    /// Why it paused by itself, or what failed last.
    var reason: String?
    /// Where planning goes on.
    var cursor: EventCursor?

    /// Where one event of it goes.
    var targets: [String] { order.destinations.isEmpty ? ["queue:\(order.queue)"] : order.destinations }

    static func target(_ text: some StringProtocol) -> EventReplay.Target {
        text.hasPrefix("queue:") ? .queue(String(text.dropFirst(6))) : .destination(String(text))
    }
}

/// What a replay would send.
struct ReplayPlan: Equatable, Sendable {
    var events = 0
    /// Of the records: envelopes and raw bodies.
    var bytes = 0
    /// Unix milliseconds.
    var oldest: Int64?
    var newest: Int64?

    /// Adds an event whose record was measured.
    mutating func add(_ event: EventSummary) {
        events += 1
        bytes += event.recordBytes
        oldest = min(oldest ?? event.receivedAt, event.receivedAt)
        newest = max(newest ?? event.receivedAt, event.receivedAt)
    }
}

extension ReplayPlan {
    func add(to line: inout JSONLine) {
        line.add("events", events)
        line.add("bytes", bytes)
        line.add("oldest", oldest.map(Timestamp.text))
        line.add("newest", newest.map(Timestamp.text))
    }
}

extension ReplayJob {
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("state", state.rawValue)
        line.add("who", who)
        line.add("tenant", tenant)
        line.add("createdAt", Timestamp.text(createdAt))
        line.add("endedAt", endedAt.map(Timestamp.text))
        line.add("filter", json: order.filter)
        line.add("destinations", list: order.destinations.map(\.quotedJSON))
        line.add("queue", order.destinations.isEmpty ? order.queue : nil)
        line.add("mapping", order.isMappedAnew ? "current" : "original")
        line.add("force", order.isForced)
        line.add("rate", order.rate)
        line.add("errorBudget", order.errorBudget)
        plan.add(to: &line)
        line.add("total", total)
        line.add("done", done)
        line.add("skipped", skipped)
        line.add("failed", failed)
        line.add("reason", reason)
        return line
    }
}

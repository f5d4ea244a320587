/// Puts claimed events together into requests: full ones at once, others when the oldest has lingered long enough.
struct Batcher {
    /// An event that could be read, with its claim.
    struct Item: Sendable {
        var claimed: ClaimedEvent
        var event: Event
    }

    let limits: BatchLimits
    let linger: Duration
    private var waiting: [Item] = []
    private var bytes = 0
    /// When the oldest waiting event came, in monotonic nanoseconds.
    private var oldest: UInt64 = 0

    /// Single events never linger: there is nothing to wait for.
    init(limits: BatchLimits, linger: Duration) {
        self.limits = limits
        self.linger = limits.events > 1 ? linger : .zero
    }

    var count: Int { waiting.count }
    var claims: [Claim] { waiting.map(\.claimed.claim) }

    /// When the next incomplete batch is to be sent; nil when nothing waits.
    var deadline: UInt64? { waiting.isEmpty ? nil : oldest &+ linger.nanoseconds }

    mutating func add(_ item: Item, now: UInt64) {
        if waiting.isEmpty { oldest = now }
        waiting.append(item)
        bytes += item.event.json.count
    }

    /// Whether there is a batch to be sent now.
    ///
    /// - Parameter lingers: whether one that is not full waits for company.
    func isReady(now: UInt64, lingers: Bool = true) -> Bool {
        guard let deadline else { return false }
        guard lingers, now < deadline else { return true }
        let size = fullSize()
        return size == limits.events || size < waiting.count || bytes >= limits.bytes
    }

    /// The next batch that is to be sent now, oldest events first; nil when there is none.
    mutating func next(now: UInt64, lingers: Bool = true) -> [Item]? {
        guard isReady(now: now, lingers: lingers) else { return nil }
        let size = fullSize()
        let batch = Array(waiting[..<size])
        waiting.removeFirst(size)
        for item in batch { bytes -= item.event.json.count }
        oldest = now
        return batch
    }

    /// Empties the batcher.
    mutating func takeAll() -> [Item] {
        defer {
            waiting = []
            bytes = 0
        }
        return waiting
    }

    /// How many of the waiting events fit into one request; one always does, however large.
    private func fullSize() -> Int {
        var total = 0
        for (index, item) in waiting.prefix(limits.events).enumerated() {
            total += item.event.json.count
            if total > limits.bytes, index > 0 { return index }
        }
        return min(waiting.count, limits.events)
    }
}

import Verifiers

/// Where one source's events go in the store.
struct SourceKeys: Sendable {
    let source: String
    let queues: [String]
    let dedupeWindowSeconds: Int
    let dedupePrefix: [UInt8]
    /// `token:<source>:` + SHA-256 of the token.
    let tokenPrefix: String
    /// Ledger, index, dead list, queues: what every call of the accept script begins with.
    let fixed: [String]
    /// Of the tenants that have one and that events of the source may belong to (`NewEvent.limit`).
    let limits: [TenantLimit]

    init(source: String, queues: [String], dedupeWindowSeconds: Int, limits: [TenantLimit] = [], keys: Keys) {
        self.source = source
        self.limits = limits
        self.queues = queues
        self.dedupeWindowSeconds = dedupeWindowSeconds
        dedupePrefix = Array(keys.dedupePrefix(source).utf8)
        tokenPrefix = keys.tokenPrefix(source)
        fixed =
            [keys.ledger, keys.index(source), keys.dead(queues.first ?? Keys.eventsQueue)]
            + queues.map { keys.queue($0) }
    }
}

/// What the store says to one event.
enum StoredEvent: Equatable, Sendable {
    case new
    /// It was known; the id of its first delivery.
    case duplicate(of: String)
    /// The spool has it; whether it is new will show when Redis is back.
    case spooled
}

/// Puts a worker's events into Redis: the records of a turn as plain SETs, then one call of the accept script a source,
/// all in the turn's one write. Answers come back a turn later, a delivery at a time.
final class EventStore {
    typealias Completion = (Result<[StoredEvent], RedisFailure>) -> Void

    /// How many events are gathered for one call: a script holds up everybody else on the server while it runs.
    private static let eventsPerCall = 500

    /// Is told what the store says to a delivery's events before the delivery's completion, and in place of it.
    typealias Settlement = (
        Result<[StoredEvent], RedisFailure>, [NewEvent], SourceKeys, @escaping Completion
    ) -> Void

    private struct Delivery {
        var events: [NewEvent]
        var completion: Completion
        var settlement: Settlement?
    }

    /// The call in the making for one source.
    private final class Batch {
        var keys: SourceKeys
        var dedupeKeys = RESPEncoder()
        var events = RESPEncoder()
        var count = 0
        var deliveries: [Delivery] = []
        /// The tenants with a limit that have events in this call.
        private(set) var limits: [TenantLimit] = []
        /// Of each event, where in `limits` its tenant's stands, from 1; shorter than `count` where the last have none.
        private var places: [Int] = []

        init(keys: SourceKeys) { self.keys = keys }

        /// Notes whose event that with this number in the call is.
        func add(_ limit: TenantLimit, ofEvent number: Int) {
            let place = limits.firstIndex { $0.tenant == limit.tenant } ?? limits.endIndex
            if place == limits.endIndex { limits.append(limit) }
            while places.count < number { places.append(0) }
            places.append(place + 1)
        }

        /// Appends what the script wants to know of the limits; returns how many arguments that took.
        func appendLimits(to tail: inout RESPEncoder) -> Int {
            guard !limits.isEmpty else { return 0 }
            for limit in limits {
                tail.argument(limit.tenant)
                tail.argument(Int64(limit.perMinute))
                tail.argument(limit.holds ? "queue" as StaticString : "reject")
                tail.argument(Int64(limit.maxHeld))
            }
            for number in 0..<count { tail.argument(Int64(number < places.count ? places[number] : 0)) }
            return 4 * limits.count + count
        }

        /// Gives away what has been gathered; the next call will hardly need more room.
        func takeAll() -> (dedupeKeys: [UInt8], events: [UInt8], deliveries: [Delivery]) {
            var taken = (dedupeKeys: [UInt8](), events: [UInt8](), deliveries: [Delivery]())
            taken.dedupeKeys.reserveCapacity(Self.room(after: dedupeKeys))
            taken.events.reserveCapacity(Self.room(after: events))
            taken.deliveries.reserveCapacity(deliveries.count)
            swap(&taken.dedupeKeys, &dedupeKeys.bytes)
            swap(&taken.events, &events.bytes)
            swap(&taken.deliveries, &deliveries)
            limits.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
            count = 0
            return taken
        }

        /// An eighth more, and what an encoder makes room for beyond what it writes.
        private static func room(after encoder: RESPEncoder) -> Int {
            encoder.bytes.count + encoder.bytes.count / 8 + 512
        }
    }

    private let connection: RedisConnection
    private let eventPrefix: String
    private let aliasPrefix: String
    private let maxDepth: Int
    private let tally: StoreTally?
    private var batches: [Batch] = []
    /// How many events have been added since the last `flush`.
    private(set) var gathered = 0
    /// This turn's calls, if their answers wait for replicas.
    private var replicas: ReplicaWait?
    /// The command that writes a record, up to the id that ends its key, and from after the record on.
    private let recordHead: [UInt8]
    private let recordEnd: [UInt8]

    /// - Parameters:
    ///   - makesAliases: whether the id of an event that proves a duplicate shall lead to the first one. For events whose
    ///     providers were told the id without being told that.
    ///   - maxDepth: how many entries a queue may hold before new events are refused; 0: no limit.
    ///   - tally: keeps what the store has confirmed; nil: nobody does.
    init(
        connection: RedisConnection, keys: Keys, archiveSeconds: Int, makesAliases: Bool = false, maxDepth: Int = 0,
        tally: StoreTally? = nil
    ) {
        self.connection = connection
        eventPrefix = keys.eventPrefix
        var record = RESPEncoder()
        record.command(6)
        record.argument("SET" as StaticString)
        record.beginArgument(keys.eventPrefix.utf8.count + ULID.textLength)
        record.bytes.append(contentsOf: keys.eventPrefix.utf8)
        recordHead = record.bytes
        record.bytes = []
        // A second attempt must not give an expiry to a record that somebody already relies on.
        record.argument("NX" as StaticString)
        record.argument("EX" as StaticString)
        record.argument(Int64(archiveSeconds))
        recordEnd = record.bytes
        aliasPrefix = makesAliases ? keys.aliasPrefix : ""
        self.maxDepth = maxDepth
        self.tally = tally
    }

    /// Adds a delivery's events to this turn's call; `completion` is told what the store says to each, in order.
    ///
    /// - Parameter settlement: made once and given with each delivery, it costs a delivery nothing, as a closure of its
    ///   own would.
    func accept(
        _ events: [NewEvent], of source: SourceKeys, through settlement: Settlement? = nil,
        then completion: @escaping Completion
    ) {
        let delivery = Delivery(events: events, completion: completion, settlement: settlement)
        guard connection.isReady else {
            return Self.tell(.failure(.unavailable(connection.problem)), to: delivery, of: source)
        }
        let batch = batch(for: source, adding: events.count)
        for (index, event) in events.enumerated() {
            archive(event)
            if event.limit > 0 { batch.add(source.limits[event.limit - 1], ofEvent: batch.count + index) }
            appendDedupeKey(of: event, source, to: &batch.dedupeKeys)
            // An id is as old as its delivery, which may have spent hours in the spool.
            batch.events.arguments(
                event.id, kind: UInt8(ascii: event.isQuarantined ? "q" : "e"), event.id.unixMilliseconds, event.json)
        }
        batch.count += events.count
        gathered += events.count
        batch.deliveries.append(delivery)
    }

    /// Hands the calls so far to the connection; run it before the connection writes.
    func flush() {
        gathered = 0
        for batch in batches where batch.count > 0 { send(batch) }
        replicas?.ask()
        replicas = nil
    }

    /// The end of an event's dedupe key: its idempotency key, or the hash of one that is too long.
    static func appendDedupeName(_ key: String, to output: inout [UInt8]) {
        guard key.utf8.count > Keys.longestIdempotencyKey else { return output.append(contentsOf: key.utf8) }
        output.append(contentsOf: "sha256:".utf8)
        output.append(contentsOf: SHA256Hash.hex(of: Array(key.utf8)[...]).utf8)
    }

    private func appendDedupeKey(of event: NewEvent, _ source: SourceKeys, to encoder: inout RESPEncoder) {
        if event.key.utf8.count <= Keys.longestIdempotencyKey {
            encoder.argument(source.dedupePrefix, event.key)
        } else {
            var key = source.dedupePrefix
            Self.appendDedupeName(event.key, to: &key)
            encoder.argument(key)
        }
    }

    private func batch(for source: SourceKeys, adding count: Int) -> Batch {
        guard let batch = batches.first(where: { $0.keys.source == source.source }) else {
            let batch = Batch(keys: source)
            batches.append(batch)
            return batch
        }
        if batch.count > 0, batch.count + count > Self.eventsPerCall { send(batch) }
        if batch.count == 0 { batch.keys = source }
        return batch
    }

    /// The raw delivery goes past the script, which would have to carry it through Lua; the script removes it again
    /// should the event prove a duplicate. A record that could not be written is made anew from the queue's event.
    private func archive(_ event: NewEvent) {
        connection.send({ _ in }) { $0.command(recordHead, event.id, event.record, recordEnd) }
    }

    private func send(_ batch: Batch) {
        let keys = batch.keys
        let count = batch.count
        var head = RESPEncoder()
        head.argument(Int64(keys.fixed.count + count + 2 * batch.limits.count))
        for key in keys.fixed { head.argument(key) }
        var tail = RESPEncoder()
        for limit in batch.limits { for key in limit.keys { tail.argument(key) } }
        tail.argument(keys.source)
        tail.argument(Int64(keys.queues.count))
        tail.argument(Int64(keys.dedupeWindowSeconds))
        tail.argument(eventPrefix)
        tail.argument(aliasPrefix)
        tail.argument(Int64(maxDepth))
        tail.argument(tally?.field ?? "")
        tail.argument(Int64(batch.limits.count))
        for queue in keys.queues { tail.argument(queue) }
        var end = RESPEncoder()
        let limits = 2 * batch.limits.count + batch.appendLimits(to: &end)
        let (dedupeKeys, events, deliveries) = batch.takeAll()
        let arguments = 1 + keys.fixed.count + count + 8 + keys.queues.count + 4 * count + limits
        if connection.settings.waitReplicas > 0, replicas == nil { replicas = ReplicaWait(connection) }
        replicas?.began()
        let parts = [head.bytes, dedupeKeys, tail.bytes, events, end.bytes]
        connection.evaluate(.accept, argumentCount: arguments, tail: parts) { [replicas, tally] result in
            if let tally, case .success(.array(let answers)) = result, answers.count == count + 2 {
                tally.note(total: answers[count].integer, fresh: answers[count + 1].integer)
            }
            guard let replicas else { return Self.distribute(result, of: count, keys, to: deliveries) }
            replicas.answered { shortage in
                Self.distribute(shortage.map { .failure($0) } ?? result, of: count, keys, to: deliveries)
            }
        }
    }

    private static func distribute(
        _ result: Result<RedisReply, RedisFailure>, of count: Int, _ source: SourceKeys, to deliveries: [Delivery]
    ) {
        let outcome: Result<[RedisReply], RedisFailure> = result.flatMap { reply in
            switch reply {
            case .array(let answers) where answers.count >= count: .success(answers)
            case .error(let text): .failure(.refused(text))
            default: .failure(.unexpectedReply("\(count) answers were due"))
            }
        }
        var start = 0
        for delivery in deliveries {
            let range = start..<start + delivery.events.count
            start = range.upperBound
            tell(outcome.flatMap { read($0[range]) }, to: delivery, of: source)
        }
    }

    private static func tell(
        _ result: Result<[StoredEvent], RedisFailure>, to delivery: Delivery, of source: SourceKeys
    ) {
        if let settlement = delivery.settlement {
            settlement(result, delivery.events, source, delivery.completion)
        } else {
            delivery.completion(result)
        }
    }

    /// Most deliveries are one event that is new.
    private static let oneNew: [StoredEvent] = [.new]

    /// What the script says to a delivery's events. One that found a queue full, or was past its tenant's limit, fails the
    /// delivery: the others are stored, and will prove duplicates when it comes again.
    private static func read(_ answers: ArraySlice<RedisReply>) -> Result<[StoredEvent], RedisFailure> {
        if answers.count == 1, case .bytes(let first)? = answers.first, first.isEmpty { return .success(oneNew) }
        var events: [StoredEvent] = []
        // The longest wait there is: when that is over all may come in.
        var limit: TenantLimit.Refusal?
        events.reserveCapacity(answers.count)
        for answer in answers {
            guard case .bytes(let first) = answer, !first.isEmpty else {
                events.append(.new)
                continue
            }
            if first[0] == UInt8(ascii: "!") {
                if first.count == 1 { return .failure(.refused(RedisRefusal.queueFull)) }
                if let refusal = TenantLimit.Refusal(answer: first), refusal.seconds >= limit?.seconds ?? 0 {
                    limit = refusal
                }
                continue
            }
            events.append(.duplicate(of: String(decoding: first, as: UTF8.self)))
        }
        if let limit { return .failure(.refused(limit.text)) }
        return .success(events)
    }
}

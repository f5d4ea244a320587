/// The books of one partition at one moment: for every event that was accepted, where it is or what became of it.
///
/// `ledger` holds counters that never expire and move in the same scripts as the events; what is there now is counted
/// where it lies. An event that vanished, or came from nowhere, shows as a difference.
struct Ledger: Equatable, Sendable {
    /// What came of a source's events. An event counts once, whatever the number of its queues.
    struct Source: Equatable, Sendable {
        var name: String
        var accepted = 0
        var queued = 0
        var duplicate = 0
        var discarded = 0
        var quarantined = 0
        /// In the spool of a gateway, not in Redis yet.
        var spooled = 0

        /// Accepted and nowhere to be found; negative: more than were accepted.
        var unaccounted: Int { accepted - queued - duplicate - discarded - quarantined - spooled }
    }

    /// What came of the entries of a queue or a lane.
    struct Flow: Equatable, Sendable {
        var entered = 0
        var done = 0
        var discarded = 0
        var dead = 0
        var waiting = 0
        var inFlight = 0
        var delayed = 0

        /// What is still here.
        var present: Int { dead + waiting + inFlight + delayed }
        var unaccounted: Int { entered - done - discarded - present }
    }

    struct Queue: Equatable, Sendable {
        var name: String
        var flow = Flow()
        /// Quarantined deliveries on its dead list; they never entered the queue.
        var quarantined = 0
        /// Consumers whose lease holds.
        var consumers = 0
        /// Since when it is paused, in Unix milliseconds.
        var pausedSince: Int64?

        /// Only the forwarder says what it has done; other workers take an entry away and that is their word.
        var isByWorkersWord: Bool { name != Keys.eventsQueue }
    }

    struct Lane: Equatable, Sendable {
        var name: String
        var flow = Flow()
        /// Events that its destination would have got, had it been enabled.
        var skipped = 0
    }

    /// How many events died in a lane of a category, ever.
    struct Deaths: Equatable, Sendable {
        var lane: String
        var category: String
        var count: Int
    }

    /// Each ordered by name.
    var sources: [Source] = []
    var queues: [Queue] = []
    var lanes: [Lane] = []
    var deaths: [Deaths] = []
    /// New events that the store had confirmed to this gateway and does not know any more: it was restarted or replaced
    /// without its last writes, and its books with them, so that those balance.
    var lostByStore = 0

    /// Lanes whose destination has left the configuration while they owe events.
    func orphans(_ configuration: Configuration) -> [Lane] {
        lanes.filter { $0.flow.present > 0 && configuration.destination(named: $0.name) == nil }
    }

    /// The sum of all differences, whatever their sign; 0 when the books balance.
    var unaccounted: Int {
        lostByStore + sources.reduce(0) { $0 + abs($1.unaccounted) }
            + queues.reduce(0) { $0 + abs($1.flow.unaccounted) }
            + lanes.reduce(0) { $0 + abs($1.flow.unaccounted) }
    }
}

extension Ledger {
    /// Reads the books; sources, queues and destinations named are listed even if nothing was counted there yet.
    ///
    /// - Parameter dataDirectory: a gateway's, whose own count the store's is compared with.
    @ControlPlane
    static func read(
        _ connection: RedisConnection, _ keys: Keys, sources: [String] = [], queues: Set<String> = [],
        destinations: [String] = [], dataDirectory: String? = nil
    ) async throws(RedisFailure) -> Ledger {
        // Before the store is asked: it cannot know less than what it has confirmed before.
        let tallies = dataDirectory.map { StoreTally.records(in: $0) } ?? []
        var call = ScriptCall(.ledger, keys: [keys.ledger, keys.queues])
        call.add(keys.prefix)
        let names =
            sources.map { ("source", $0) } + queues.union([Keys.eventsQueue]).map { ("queue", $0) }
            + destinations.map { ("lane", $0) }
        for (kind, name) in names {
            call.add(kind)
            call.add(name)
        }
        let parts = try await connection.evaluate(call).elements ?? []
        guard parts.count == 4 else { throw .unexpectedReply("the ledger has four parts") }
        var ledger = Ledger()
        for row in rows(parts[0], columns: 6) {
            ledger.sources.append(
                Source(
                    name: row.name, accepted: row.numbers[0], queued: row.numbers[1], duplicate: row.numbers[2],
                    discarded: row.numbers[3], quarantined: row.numbers[4]))
        }
        for row in rows(parts[1], columns: 11) {
            var queue = Queue(
                name: row.name, flow: Flow(row.numbers), quarantined: row.numbers[7], consumers: row.numbers[8],
                pausedSince: row.numbers[9] > 0 ? Int64(row.numbers[9]) : nil)
            if queue.isByWorkersWord { queue.flow.done = max(0, queue.flow.unaccounted) }
            ledger.queues.append(queue)
        }
        for row in rows(parts[2], columns: 9) {
            ledger.lanes.append(Lane(name: row.name, flow: Flow(row.numbers), skipped: row.numbers[7]))
        }
        for row in parts[3].elements ?? [] {
            guard let values = row.elements, values.count == 3, let lane = values[0].string,
                let category = values[1].string, let count = values[2].integer
            else { continue }
            ledger.deaths.append(Deaths(lane: lane, category: category, count: Int(count)))
        }
        ledger.lostByStore = try await lost(tallies, connection, keys)
        ledger.sources.sort { $0.name < $1.name }
        ledger.queues.sort { $0.name < $1.name }
        ledger.lanes.sort { $0.name < $1.name }
        ledger.deaths.sort { ($0.lane, $0.category) < ($1.lane, $1.category) }
        return ledger
    }

    @ControlPlane
    private static func lost(
        _ tallies: [StoreTally.Record], _ connection: RedisConnection, _ keys: Keys
    ) async throws(RedisFailure) -> Int {
        guard !tallies.isEmpty else { return 0 }
        let reply = try await connection.command(["HMGET", .text(keys.ledger)] + tallies.map { .text($0.field) })
        guard let counts = reply.elements, counts.count == tallies.count else { return 0 }
        return zip(tallies, counts).reduce(0) { $0 + $1.0.missing(present: $1.1.integer) }
    }

    private static func rows(_ reply: RedisReply, columns: Int) -> [(name: String, numbers: [Int])] {
        (reply.elements ?? []).compactMap { row in
            guard let values = row.elements, values.count == columns, let name = values[0].string else { return nil }
            let numbers = values.dropFirst().compactMap { $0.integer.map(Int.init) }
            return numbers.count == columns - 1 ? (name, numbers) : nil
        }
    }
}

extension Ledger.Flow {
    /// Entered, done, discarded, dead, waiting, in flight, delayed: the order in which the script tells them.
    fileprivate init(_ numbers: [Int]) {
        self.init(
            entered: numbers[0], done: numbers[1], discarded: numbers[2], dead: numbers[3], waiting: numbers[4],
            inFlight: numbers[5], delayed: numbers[6])
    }
}

import Verifiers

/// What a search found in the time it had.
struct EventScan: Sendable {
    var events: [EventSummary] = []
    /// Where to go on; nil at the end.
    var next: EventCursor?
    /// How far back the search has come, in Unix milliseconds; nil: to the end.
    var scannedTo: Int64?
}

/// Searches for somebody who waits: what was found so far, and where to go on.
extension EventSearch {
    /// The first bytes of a record that are searched for a text.
    private static let searchedPrefix = 131_072

    /// How many events are looked at first, where each must be read; then as many as the time that is left allows.
    private static let firstLook = 100
    private static let smallestLook = 20
    private static let largestLook = 1000

    /// The next `limit` events that the query means, newest first; fewer at the end, or when the time is up.
    ///
    /// Sources and times are found by the indexes; everything else by looking at each event.
    ///
    /// - Parameter measures: whether the size of each record is wanted, for which its status may be left out.
    func scan(
        _ query: EventQuery, limit: Int, after cursor: EventCursor?, within time: Duration, measures: Bool = false
    ) async throws(RedisFailure) -> EventScan {
        let deadline = ContinuousClock.now + time
        let sources = try await allSources(query)
        var count = query.isByIndex ? limit + 1 : Self.firstLook
        var scan = EventScan()
        var position = cursor
        while true {
            let start = ContinuousClock.now
            let places = try await next(query, in: sources, after: position, count: count)
            for (index, summary) in try await found(query, places, measures: measures) {
                scan.events.append(summary)
                guard scan.events.count == limit else { continue }
                if index + 1 < places.count || places.count == count { scan.stop(at: summary.cursor) }
                return scan
            }
            guard let last = places.last, places.count == count else { return scan }
            position = EventCursor(receivedAt: last.receivedAt, id: last.id)
            let now = ContinuousClock.now
            guard let look = Self.look(after: count, took: now - start, left: deadline - now) else {
                scan.stop(at: position)
                return scan
            }
            count = look
        }
    }

    /// How many events can be looked at in the time that is left, if so many took so long; nil: no more.
    static func look(after count: Int, took: Duration, left: Duration) -> Int? {
        // A fifth is kept back: the next ones may be larger.
        let most = Double(left.nanoseconds) * 0.8 / max(1, Double(took.nanoseconds) / Double(count))
        guard left > .zero, most >= Double(smallestLook) else { return nil }
        return Int(min(most, Double(largestLook)))
    }

    /// Those of the places that the query means, with their position among them.
    private func found(
        _ query: EventQuery, _ places: [Place], measures: Bool
    ) async throws(RedisFailure) -> [(Int, EventSummary)] {
        var candidates: [(index: Int, place: Place, status: String?)] = []
        if measures, query.status == nil, query.destination == nil {
            candidates = places.enumerated().map { ($0, $1, nil) }
        } else {
            let destination: RedisArgument = query.destination.map { .text("to:\($0)") } ?? "status"
            let states = try await connection.pipeline(
                places.map { ["HMGET", .text(keys.state($0.id)), "status", destination] })
            for (index, place) in places.enumerated() {
                let state = states[index].elements ?? []
                guard state.count == 2, query.destination == nil || state[1] != .null,
                    query.mayHave(status: state[0].string)
                else { continue }
                candidates.append((index, place, state[0].string))
            }
        }
        let prefix = query.text == nil ? Self.recordPrefix : Self.searchedPrefix
        let replies = try await connection.pipeline(
            candidates.map { ["GETRANGE", .text(keys.event($0.place.id)), 0, .integer(Int64(prefix - 1))] })
        let wanted = query.text.map { SearchText($0) }
        var result: [(Int, EventSummary)] = []
        for ((index, place, status), reply) in zip(candidates, replies) {
            var bytes = reply.bytes ?? []
            var size = bytes.count
            if size == prefix {
                let key = RedisArgument.text(keys.event(place.id))
                if EventRecord(bytes) == nil { bytes = try await connection.command(["GET", key]).bytes ?? [] }
                if measures { size = Int(try await connection.command(["STRLEN", key]).integer ?? 0) }
            }
            // The index may still name what has expired.
            guard let record = EventRecord(bytes), let event = try? Event(json: Array(record.json)) else { continue }
            var summary = EventSummary(event, receivedAt: place.receivedAt, status: status)
            if measures { summary.recordBytes = size }
            guard query.matches(summary), wanted.map({ $0.isIn(record) }) ?? true else { continue }
            result.append((index, summary))
        }
        return result
    }
}

extension EventScan {
    fileprivate mutating func stop(at position: EventCursor?) {
        next = position
        scannedTo = position?.receivedAt
    }
}

extension EventSummary {
    var cursor: EventCursor { EventCursor(receivedAt: receivedAt, id: id) }
}

extension EventQuery {
    /// Whether the indexes alone answer it.
    fileprivate var isByIndex: Bool {
        type == nil && status == nil && tenant == nil && destination == nil && text == nil
    }

    /// Whether an event whose state says this can be meant. What no lane has heard of is queued or quarantined.
    fileprivate func mayHave(status known: String?) -> Bool {
        guard let status else { return true }
        return known.map { $0 == status.rawValue } ?? (status == .queued || status == .quarantined)
    }
}

/// A text that is sought among bytes, ASCII letters in either case.
struct SearchText: Sendable {
    private let lowered: [UInt8]

    init(_ text: String) { lowered = text.utf8.map(Self.lowered) }

    /// Whether it stands in the event or in the raw body.
    func isIn(_ record: EventRecord) -> Bool { isIn(record.json) || isIn(record.body) }

    func isIn(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = lowered.first else { return true }
        guard bytes.count >= lowered.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            for start in 0...bytes.count - lowered.count where Self.lowered(bytes[start]) == first {
                var length = 1
                while length < lowered.count, Self.lowered(bytes[start + length]) == lowered[length] { length += 1 }
                if length == lowered.count { return true }
            }
            return false
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}

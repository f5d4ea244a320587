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

    /// The next `limit` events that the query means, newest first; fewer at the end, or when the time is up.
    ///
    /// Sources and times are found by the indexes; everything else by looking at each event.
    func scan(
        _ query: EventQuery, limit: Int, after cursor: EventCursor?, within time: Duration
    ) async throws(RedisFailure) -> EventScan {
        let deadline = ContinuousClock.now + time
        let sources = try await allSources(query)
        let count = query.isByIndex ? limit + 1 : max(Self.eventsPerCall, limit)
        var scan = EventScan()
        var position = cursor
        while true {
            let places = try await next(query, in: sources, after: position, count: count)
            for (index, summary) in try await found(query, places) {
                scan.events.append(summary)
                guard scan.events.count == limit else { continue }
                if index + 1 < places.count || places.count == count { scan.stop(at: summary.cursor) }
                return scan
            }
            guard let last = places.last, places.count == count else { return scan }
            position = EventCursor(receivedAt: last.receivedAt, id: last.id)
            if ContinuousClock.now >= deadline {
                scan.stop(at: position)
                return scan
            }
        }
    }

    /// Those of the places that the query means, with their position among them.
    private func found(_ query: EventQuery, _ places: [Place]) async throws(RedisFailure) -> [(Int, EventSummary)] {
        let prefix = query.text == nil ? Self.recordPrefix : Self.searchedPrefix
        let destination: RedisArgument = query.destination.map { .text("to:\($0)") } ?? "status"
        var commands: [[RedisArgument]] = []
        for place in places {
            commands.append(["HMGET", .text(keys.state(place.id)), "status", destination])
            commands.append(["GETRANGE", .text(keys.event(place.id)), 0, .integer(Int64(prefix - 1))])
        }
        let replies = try await connection.pipeline(commands)
        let wanted = query.text.map { SearchText($0) }
        var result: [(Int, EventSummary)] = []
        for (index, place) in places.enumerated() {
            let state = replies[2 * index].elements ?? []
            guard state.count == 2, query.destination == nil || state[1] != .null else { continue }
            var bytes = replies[2 * index + 1].bytes ?? []
            if bytes.count == prefix, EventRecord(bytes) == nil {
                bytes = try await connection.command(["GET", .text(keys.event(place.id))]).bytes ?? []
            }
            // The index may still name what has expired.
            guard let record = EventRecord(bytes), let event = try? Event(json: Array(record.json)) else { continue }
            let summary = EventSummary(event, receivedAt: place.receivedAt, status: state[0].string)
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

import Verifiers

/// Everything that is kept of one event.
struct EventDetail: Sendable {
    /// How an event stands with one destination.
    struct Destination: Equatable, Sendable {
        var name: String
        /// `waiting`, `retrying`, `delivered`, `dead`, `discarded` or `skipped`.
        var status: String
        var attempts: Int
        /// Of the last failure.
        var category: String?
        var reason: String?
        var httpStatus: Int?
    }

    let id: String
    let record: EventRecord
    /// As the scripts keep it: `status`, `pending`, `to:<destination>`, `attempts:<destination>`, …
    let state: [String: String]
    /// Each a JSON object, oldest first.
    let attempts: [[UInt8]]

    /// By name.
    var destinations: [Destination] {
        state.keys.filter { $0.hasPrefix("to:") }.sorted().map { key in
            let name = String(key.dropFirst(3))
            func field(_ kind: String) -> String? {
                state["\(kind):\(name)"].flatMap { $0.isEmpty ? nil : $0 }
            }
            return Destination(
                name: name, status: state[key] ?? "", attempts: field("attempts").flatMap { Int($0) } ?? 0,
                category: field("category"), reason: field("reason"), httpStatus: field("status").flatMap { Int($0) })
        }
    }

    /// What a list would say of it; nil when the record holds no event.
    var summary: EventSummary? {
        guard let event = try? Event(json: Array(record.json)) else { return nil }
        return EventSummary(
            event, receivedAt: event.receivedAt ?? ULID(id)?.unixMilliseconds ?? 0, status: state["status"])
    }

    /// One line of JSON: the list's members, then `metadata`, `event`, `destinations`, `attempts` and `bodyBytes`.
    var line: JSONLine {
        var line = summary?.line ?? JSONLine()
        line.add("bodyBytes", record.body.count)
        line.add("metadata", json: record.metadata)
        line.add("event", json: record.json)
        line.add(
            "destinations",
            list: destinations.map { destination in
                var line = JSONLine()
                line.add("destination", destination.name)
                line.add("status", destination.status)
                line.add("attempts", destination.attempts)
                line.add("category", destination.category)
                line.add("reason", destination.reason)
                line.add("httpStatus", destination.httpStatus)
                return line.json
            })
        line.add("attempts", list: attempts)
        return line
    }
}

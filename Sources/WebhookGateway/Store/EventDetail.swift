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
        /// Whether it is `delivered` to a destination whose yes proves nothing.
        var isUnverifiable = false
    }

    let id: String
    let record: EventRecord
    /// As the scripts keep it: `status`, `pending`, `to:<destination>`, `attempts:<destination>`, …
    let state: [String: String]
    /// Each a JSON object, oldest first.
    let attempts: [[UInt8]]

    /// By name.
    var destinations: [Destination] {
        let unverifiable = unverifiableDestinations
        return state.keys.filter { $0.hasPrefix("to:") }.sorted().map { key in
            let name = String(key.dropFirst(3))
            func field(_ kind: String) -> String? {
                state["\(kind):\(name)"].flatMap { $0.isEmpty ? nil : $0 }
            }
            return Destination(
                name: name, status: state[key] ?? "", attempts: field("attempts").flatMap { Int($0) } ?? 0,
                category: field("category"), reason: field("reason"), httpStatus: field("status").flatMap { Int($0) },
                isUnverifiable: state[key] == "delivered" && unverifiable.contains(name))
        }
    }

    /// Those whose last attempt says so.
    private var unverifiableDestinations: Set<String> {
        var names: Set<String> = []
        for attempt in attempts {
            var document = JSONDocument()
            guard (try? document.read(attempt[...])) != nil,
                let name = document.string(of: document.member("destination"))
            else { continue }
            if document.boolean(of: document.member("unverifiable")) == true {
                names.insert(name)
            } else {
                names.remove(name)
            }
        }
        return names
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
                if destination.isUnverifiable { line.add("unverifiable", true) }
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

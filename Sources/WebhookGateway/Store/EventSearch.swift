import Verifiers

/// Finds events in the archive: by time over the sources' indexes, by their id, or by the provider's.
@ControlPlane
struct EventSearch {
    /// The first bytes of a record are read, which hold all but the largest events.
    static let recordPrefix = 16_384
    /// How many events are looked at in one exchange.
    static let eventsPerCall = 200

    let connection: RedisConnection
    let keys: Keys
    /// The sources of the configuration; those that have left it are searched, too.
    let sources: [String]

    /// The next `limit` events that the query means, newest first; fewer only at the end.
    func list(_ query: EventQuery, limit: Int, after cursor: EventCursor? = nil) async throws(RedisFailure) -> EventPage
    {
        var page = EventPage()
        let sources = try await allSources(query)
        var cursor = cursor
        while true {
            let found = try await next(query, in: sources, after: cursor)
            for summary in try await summaries(found) where query.matches(summary) {
                page.events.append(summary)
                guard page.events.count < limit else {
                    page.next = EventCursor(receivedAt: summary.receivedAt, id: summary.id)
                    return page
                }
            }
            guard let last = found.last, found.count == Self.eventsPerCall else { return page }
            cursor = EventCursor(receivedAt: last.receivedAt, id: last.id)
        }
    }

    /// The ids of the events that go by a name: an event id, or the provider's id (within the dedupe window).
    func ids(named name: String, source: String? = nil) async throws(RedisFailure) -> [String] {
        if try await connection.command(["EXISTS", .text(keys.event(name))]).integer == 1 { return [name] }
        var ids: [String] = []
        for source in try await allSources(EventQuery(sources: source.map { [$0] })) {
            var key = Array(keys.dedupePrefix(source).utf8)
            EventStore.appendDedupeName(name, to: &key)
            if let id = try await connection.command(["GET", .bytes(key)]).string { ids.append(id) }
        }
        return ids
    }

    /// Everything that is known of an event; nil when its record is gone.
    func detail(_ id: String) async throws(RedisFailure) -> EventDetail? {
        let replies = try await connection.pipeline([
            ["GET", .text(keys.event(id))], ["HGETALL", .text(keys.state(id))],
            ["LRANGE", .text(keys.attempts(id)), 0, -1],
        ])
        guard let bytes = replies[0].bytes, let record = EventRecord(bytes) else { return nil }
        let values = replies[1].elements?.compactMap(\.string) ?? []
        var state: [String: String] = [:]
        for index in stride(from: 0, to: values.count - 1, by: 2) { state[values[index]] = values[index + 1] }
        return EventDetail(
            id: id, record: record, state: state, attempts: replies[2].elements?.compactMap(\.bytes) ?? [])
    }

    // MARK: Steps

    func allSources(_ query: EventQuery) async throws(RedisFailure) -> [String] {
        if let sources = query.sources { return sources.sorted() }
        var names = Set(sources)
        for field in try await connection.command(["HKEYS", .text(keys.ledger)]).elements?.compactMap(\.string) ?? [] {
            let parts = field.split(separator: ":")
            if parts.count == 3, parts[0] == "source" { names.insert(String(parts[1])) }
        }
        return names.sorted()
    }

    typealias Place = (receivedAt: Int64, id: String)

    /// The ids that follow a position, over all sources: each gives its own next ones, of which the newest count.
    func next(
        _ query: EventQuery, in sources: [String], after cursor: EventCursor?, count: Int = eventsPerCall
    ) async throws(RedisFailure) -> [Place] {
        var places: [Place] = []
        for source in sources { places += try await next(query, source, after: cursor, count: count) }
        places.sort { ($0.receivedAt, $0.id) > ($1.receivedAt, $1.id) }
        return Array(places.prefix(count))
    }

    private func next(
        _ query: EventQuery, _ source: String, after cursor: EventCursor?, count: Int
    ) async throws(RedisFailure) -> [Place] {
        let newest = min(query.to ?? .max, cursor?.receivedAt ?? .max)
        var places: [Place] = []
        var offset = 0
        while true {
            let values =
                try await connection.command([
                    "ZREVRANGEBYSCORE", .text(keys.index(source)), newest == .max ? "+inf" : .integer(newest),
                    query.from.map { .integer($0) } ?? "-inf", "WITHSCORES", "LIMIT", .integer(Int64(offset)),
                    .integer(Int64(count)),
                ]).elements ?? []
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                guard let id = values[index].string, let receivedAt = values[index + 1].integer else { continue }
                // Events of one millisecond come in the order of their ids: those seen before are skipped.
                if let cursor, receivedAt == cursor.receivedAt, id >= cursor.id { continue }
                places.append((receivedAt, id))
            }
            // A page may be all of them seen before: one delivery can hold thousands of events of one millisecond.
            guard places.count < count, values.count == 2 * count else { return places }
            offset += count
        }
    }

    private func summaries(_ places: [Place]) async throws(RedisFailure) -> [EventSummary] {
        var commands: [[RedisArgument]] = []
        for place in places {
            commands.append(["HGET", .text(keys.state(place.id)), "status"])
            commands.append(["GETRANGE", .text(keys.event(place.id)), 0, .integer(Int64(Self.recordPrefix - 1))])
        }
        let replies = try await connection.pipeline(commands)
        var summaries: [EventSummary] = []
        for (index, place) in places.enumerated() {
            var bytes = replies[2 * index + 1].bytes ?? []
            if bytes.count == Self.recordPrefix, EventRecord(bytes) == nil {
                bytes = try await connection.command(["GET", .text(keys.event(place.id))]).bytes ?? []
            }
            // The index may still name what has expired.
            guard let record = EventRecord(bytes), let event = try? Event(json: Array(record.json)) else { continue }
            summaries.append(
                EventSummary(event, receivedAt: place.receivedAt, status: replies[2 * index].string))
        }
        return summaries
    }
}

extension EventSummary {
    /// - Parameter status: what the event's state says; nil when no lane has heard of it.
    init(_ event: Event, receivedAt: Int64, status: String?) {
        func text(_ name: StaticString) -> String? { event.document.string(of: event.document.member(name)) }
        let isQuarantined = event.document.boolean(of: event.document.member("quarantined")) ?? false
        self.init(
            id: event.id, receivedAt: receivedAt, source: event.source, type: event.type, tenant: event.tenant,
            subject: event.subject, providerType: text("providertype"), providerID: text("providerid"),
            status: status.flatMap { EventStatus(rawValue: $0) } ?? (isQuarantined ? .quarantined : .queued))
    }

    /// One line of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id)
        line.add("receivedAt", Timestamp(unixMilliseconds: receivedAt).formatted(.milliseconds))
        line.add("source", source)
        line.add("type", type)
        line.add("status", status.rawValue)
        line.add("tenant", tenant)
        line.add("subject", subject)
        line.add("providerType", providerType)
        line.add("providerId", providerID)
        return line
    }
}

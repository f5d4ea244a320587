import Verifiers

/// How dead letters are read: lanes by time of death, queues by position.
extension DeadStore {
    /// The first bytes of a record are read, which hold all but the largest events.
    private static let recordPrefix = 65_536

    /// All places that may have dead letters: every lane and queue that the ledger knows, in or out of the configuration.
    func places(_ filter: DeadFilter) async throws(RedisFailure) -> [DeadPlace] {
        if let places = filter.places { return places.sorted() }
        var places: Set<DeadPlace> = [.queue(Keys.eventsQueue)]
        for field in try await connection.command(["HKEYS", .text(keys.ledger)]).elements?.compactMap(\.string) ?? [] {
            let parts = field.split(separator: ":")
            guard parts.count == 3 else { continue }
            if parts[0] == "lane" { places.insert(.lane(String(parts[1]))) }
            if parts[0] == "queue" { places.insert(.queue(String(parts[1]))) }
        }
        for queue in try await connection.command(["SMEMBERS", .text(keys.queues)]).elements?.compactMap(\.string) ?? []
        {
            places.insert(.queue(queue))
        }
        return places.sorted()
    }

    /// Up to `limit` dead letters of one place.
    func page(from cursor: DeadCursor, limit: Int) async throws(RedisFailure) -> DeadPage {
        guard cursor.position != "end" else { return DeadPage() }
        switch cursor.place {
        case .lane(let destination): return try await lanePage(destination, after: cursor.position, limit: limit)
        case .queue(let queue): return try await queuePage(queue, from: Int(cursor.position) ?? 0, limit: limit)
        }
    }

    // MARK: Lanes

    private func lanePage(_ destination: String, after position: String, limit: Int) async throws(RedisFailure)
        -> DeadPage
    {
        let parts = position.split(separator: "-", maxSplits: 1)
        let (score, last) = parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("-inf", "")
        var found: [(id: String, deadAt: Int64)] = []
        var offset = 0
        reading: while found.count < limit {
            let reply = try await connection.command([
                "ZRANGEBYSCORE", .text(keys.laneDead(destination)), .text(score), "+inf", "WITHSCORES",
                "LIMIT", .integer(Int64(offset)), .integer(Int64(limit)),
            ])
            let values = reply.elements ?? []
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                guard let id = values[index].string, let deadAt = values[index + 1].integer else { continue }
                // Ids of one millisecond come in their own order: those up to the last one were on the page before.
                if String(deadAt) == score, id <= last { continue }
                found.append((id, deadAt))
                if found.count == limit { break reading }
            }
            if values.count < 2 * limit { break }
            offset += limit
        }
        var page = DeadPage(letters: try await laneLetters(destination, found))
        if let end = found.last, found.count == limit {
            page.next = DeadCursor(.lane(destination), "\(end.deadAt)-\(end.id)")
        }
        return page
    }

    /// Reads what is known of dead letters of a lane.
    func laneLetters(_ destination: String, _ found: [(id: String, deadAt: Int64)]) async throws(RedisFailure)
        -> [DeadLetter]
    {
        var commands: [[RedisArgument]] = []
        for (id, _) in found {
            commands.append(
                ["HMGET", .text(keys.state(id))]
                    + ["category", "reason", "status", "attempts", "shared"].map { .text("\($0):\(destination)") })
            commands.append(["GETRANGE", .text(keys.event(id)), 0, .integer(Int64(Self.recordPrefix - 1))])
        }
        let replies = try await connection.pipeline(commands)
        var letters: [DeadLetter] = []
        for (index, (id, deadAt)) in found.enumerated() {
            let state = replies[2 * index].elements ?? []
            func field(_ place: Int) -> String? { state.count == 5 ? state[place].string : nil }
            var letter = DeadLetter(
                id: DeadLetter.ID(.lane(destination), id), category: field(0) ?? FailureCategory.unknown.rawValue,
                reason: field(1) ?? "", status: field(2).flatMap { Int($0) },
                attempts: field(3).flatMap { Int($0) } ?? 0,
                deadAt: deadAt, json: try await envelope(id, prefix: replies[2 * index + 1].bytes ?? []))
            if hidesSharedReasons, field(4) == "1" {
                letter.reason = SharedAnswer.reason(category: letter.category, status: letter.status)
            }
            if let event = try? Event(json: letter.json) { letter.describe(event) }
            letters.append(letter)
        }
        return letters
    }

    private func envelope(_ id: String, prefix: [UInt8]) async throws(RedisFailure) -> [UInt8] {
        if let record = EventRecord(prefix) { return Array(record.json) }
        guard prefix.count == Self.recordPrefix else { return [] }
        let whole = try await connection.command(["GET", .text(keys.event(id))]).bytes ?? []
        return EventRecord(whole).map { Array($0.json) } ?? []
    }

    // MARK: Queues

    private func queuePage(_ queue: String, from start: Int, limit: Int) async throws(RedisFailure) -> DeadPage {
        let reply = try await connection.command([
            "LRANGE", .text(keys.dead(queue)), .integer(Int64(start)), .integer(Int64(start + limit - 1)),
        ])
        let entries = reply.elements?.compactMap(\.bytes) ?? []
        var page = DeadPage(letters: entries.map { Self.letter($0, on: queue) })
        if entries.count == limit { page.next = DeadCursor(.queue(queue), String(start + limit)) }
        return page
    }

    /// The entries of a dead list that go by these ids.
    func find(_ ids: Set<String>, on queue: String) async throws(RedisFailure) -> [String: DeadLetter] {
        var found: [String: DeadLetter] = [:]
        var cursor: DeadCursor? = DeadCursor(.queue(queue))
        while let current = cursor, found.count < ids.count {
            let page = try await page(from: current, limit: 100)
            for letter in page.letters where ids.contains(letter.id.event) { found[letter.id.event] = letter }
            cursor = page.next
        }
        return found
    }

    /// Reads an entry of a dead list, whoever wrote it.
    static nonisolated func letter(_ entry: [UInt8], on queue: String) -> DeadLetter {
        var document = JSONDocument()
        // What is not JSON leaves the document null: every attribute is then missing.
        try? document.read(entry[...])
        func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }
        let deadAt = text("deadat").flatMap { Timestamp(rfc3339: Array($0.utf8)[...]) }
        var letter = DeadLetter(
            id: DeadLetter.ID(.queue(queue), text("id") ?? "sha256:\(SHA256Hash.hex(of: entry[...]))"),
            category: text("deadcategory") ?? FailureCategory.unknown.rawValue,
            reason: text("deadreason") ?? "a worker gave it up without saying why",
            deadAt: deadAt.map { $0.seconds * 1000 + Int64($0.nanoseconds) / 1_000_000 },
            isQuarantined: document.boolean(of: document.member("quarantined")) ?? false, json: entry, entry: entry)
        if document.kind(of: .root) == .object {
            letter.json = DeadEntry.restored(document)
            if let event = try? Event(json: letter.json) { letter.describe(event) }
        }
        if letter.source == nil, let source = text("source") {
            letter.source =
                source.hasPrefix(Event.sourcePrefix) ? String(source.dropFirst(Event.sourcePrefix.count)) : source
        }
        return letter
    }
}

extension DeadLetter {
    fileprivate mutating func describe(_ event: Event) {
        type = event.type
        source = event.source
        tenant = event.tenant
    }
}

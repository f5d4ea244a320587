import Verifiers

/// All dead letters, of lanes and of queues, under one kind of id: list, show, take up again, discard.
@ControlPlane
final class DeadStore {
    static nonisolated let scripts: [RedisScript] = [.laneDead, .queueDead]

    let connection: RedisConnection
    let keys: Keys
    private let archiveSeconds: Int
    /// Whether who reads is a tenant, who is not told of others' events.
    let hidesSharedReasons: Bool

    init(connection: RedisConnection, keys: Keys, archiveSeconds: Int, hidesSharedReasons: Bool = false) {
        self.connection = connection
        self.keys = keys
        self.archiveSeconds = archiveSeconds
        self.hidesSharedReasons = hidesSharedReasons
    }

    // MARK: Reading

    /// The next `limit` dead letters that the filter means; fewer only at the end.
    func list(_ filter: DeadFilter = DeadFilter(), limit: Int, after cursor: DeadCursor? = nil)
        async throws(RedisFailure)
        -> DeadPage
    {
        var page = DeadPage()
        for place in try await places(filter) where cursor.map({ place >= $0.place }) ?? true {
            var position: DeadCursor? = cursor?.place == place ? cursor : DeadCursor(place)
            while let current = position {
                let part = try await self.page(from: current, limit: limit - page.letters.count)
                page.letters += part.letters.filter(filter.matches)
                position = part.next
                if page.letters.count >= limit {
                    page.next = position ?? DeadCursor(place, "end")
                    return page
                }
            }
        }
        return page
    }

    /// One dead letter; nil when it is none, or none any more.
    func letter(_ id: DeadLetter.ID) async throws(RedisFailure) -> DeadLetter? {
        switch id.place {
        case .lane(let destination):
            let score = try await connection.command(["ZSCORE", .text(keys.laneDead(destination)), .text(id.event)])
            guard let deadAt = score.integer else { return nil }
            return try await laneLetters(destination, [(id.event, deadAt)]).first
        case .queue(let queue): return try await find([id.event], on: queue)[id.event]
        }
    }

    /// The attempts made to deliver an event, as JSON, oldest first; of all destinations.
    func attempts(of event: String) async throws(RedisFailure) -> [[UInt8]] {
        try await connection.command(["LRANGE", .text(keys.attempts(event)), 0, -1]).elements?.compactMap(\.bytes) ?? []
    }

    // MARK: Changing

    /// Takes dead letters up again: they go to the tail of their lane or queue. Quarantined deliveries are left alone
    /// and told: they must be mapped anew (`QuarantineRelease`).
    func retry(_ ids: [DeadLetter.ID]) async throws(RedisFailure) -> DeadChange { try await change(ids, isRetry: true) }

    /// Gives dead letters up for good; the ledger counts them as discarded.
    func discard(_ ids: [DeadLetter.ID]) async throws(RedisFailure) -> DeadChange {
        try await change(ids, isRetry: false)
    }

    func retry(_ filter: DeadFilter) async throws(RedisFailure) -> DeadChange {
        try await change(filter, isRetry: true)
    }

    func discard(_ filter: DeadFilter) async throws(RedisFailure) -> DeadChange {
        try await change(filter, isRetry: false)
    }

    private func change(_ filter: DeadFilter, isRetry: Bool) async throws(RedisFailure) -> DeadChange {
        // What dies again meanwhile is not meant.
        var filter = filter
        filter.to = min(filter.to ?? .max, Clock.unixMilliseconds())
        var total = DeadChange()
        for place in try await places(filter) {
            // A list's entries move up when some are taken out, so its positions are collected first, changed then.
            var ids: [DeadLetter.ID] = []
            var position: DeadCursor? = DeadCursor(place)
            while let current = position {
                let part = try await page(from: current, limit: Self.idsPerCall)
                ids += part.letters.filter(filter.matches).map(\.id)
                position = part.next
            }
            let change = try await change(ids, isRetry: isRetry)
            total.changed += change.changed
            total.refused += change.refused
            total.quarantined += change.quarantined
        }
        return total
    }

    private static let idsPerCall = 100

    private func change(_ ids: [DeadLetter.ID], isRetry: Bool) async throws(RedisFailure) -> DeadChange {
        var total = DeadChange()
        var places: [DeadPlace: [String]] = [:]
        for id in ids { places[id.place, default: []].append(id.event) }
        for (place, events) in places.sorted(by: { $0.key < $1.key }) {
            switch place {
            case .lane(let destination): try await changeLane(destination, events, isRetry: isRetry, in: &total)
            case .queue(let queue): try await changeQueue(queue, events, isRetry: isRetry, in: &total)
            }
        }
        return total
    }

    private func changeLane(
        _ destination: String, _ events: [String], isRetry: Bool, in total: inout DeadChange
    ) async throws(RedisFailure) {
        var rest = events[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.idsPerCall)
            rest = rest.dropFirst(part.count)
            var call = ScriptCall(.laneDead, keys: [keys.lane(destination), keys.laneDead(destination), keys.ledger])
            call.add(keys.prefix)
            call.add(destination)
            call.add(Int64(archiveSeconds))
            call.add(isRetry ? "retry" as StaticString : "discard")
            for event in part { call.add(event) }
            let moved = Set(try await connection.evaluate(call).elements?.compactMap(\.string) ?? [])
            total.changed += moved.count
            for event in part where !moved.contains(event) {
                total.refused.append((DeadLetter.ID(.lane(destination), event), Self.gone))
            }
        }
    }

    static nonisolated let gone = "it is not on the dead list (any more)"

    private func changeQueue(
        _ queue: String, _ events: [String], isRetry: Bool, in total: inout DeadChange
    ) async throws(RedisFailure) {
        let letters = try await find(Set(events), on: queue)
        for event in events {
            let id = DeadLetter.ID(.queue(queue), event)
            guard let letter = letters[event], let entry = letter.entry else {
                total.refused.append((id, Self.gone))
                continue
            }
            var call = ScriptCall(
                .queueDead,
                keys: [keys.queue(queue), keys.dead(queue), keys.ledger, keys.event(event), keys.state(event)])
            call.add(entry)
            call.add(keys.prefix)
            call.add(Int64(archiveSeconds))
            call.add(queue)
            call.add(event)
            if isRetry {
                if letter.isQuarantined {
                    total.quarantined.append(letter)
                    continue
                }
                guard letter.type != nil else {
                    total.refused.append((id, "it is not an event: retrying it would change nothing"))
                    continue
                }
                call.add("retry" as StaticString)
                call.add(letter.json)
            } else {
                call.add("discard" as StaticString)
                call.add(letter.isQuarantined ? letter.source ?? "" : "")
            }
            if try await connection.evaluate(call).integer == 1 {
                total.changed += 1
            } else {
                total.refused.append((id, Self.gone))
            }
        }
    }
}

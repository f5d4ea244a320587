import Verifiers

/// Maps quarantined deliveries anew, by the configuration of now; those that can be made events go to their queues with
/// the ids they were acknowledged with, the others stay where they are with the reason of now.
@ControlPlane
final class QuarantineRelease {
    private let configuration: Configuration
    private let connection: RedisConnection
    private let keys: Keys
    private var sources: [String: Source] = [:]
    private var ids = ULIDGenerator()

    init(_ configuration: Configuration, connection: RedisConnection, keys: Keys) {
        self.configuration = configuration
        self.connection = connection
        self.keys = keys
    }

    /// Releases what can be released of what a retry left alone.
    func release(_ letters: [DeadLetter]) async throws -> DeadChange {
        var change = DeadChange()
        for letter in letters {
            if let refusal = try await release(letter) {
                change.refused.append((letter.id, refusal))
            } else {
                change.changed += 1
            }
        }
        return change
    }

    /// Why it stays; nil when it was released.
    private func release(_ letter: DeadLetter) async throws -> String? {
        guard case .queue(let queue) = letter.id.place, let entry = letter.entry, let name = letter.source else {
            return "it is no quarantined delivery"
        }
        guard let source = try source(named: name) else {
            return
                "there is no source \(TextRule.quoted(name)) in the configuration any more, which would say how to map it"
        }
        let bytes = try await connection.command(["GET", .text(keys.event(letter.id.event))]).bytes ?? []
        guard let record = EventRecord(bytes) else {
            return "its record is gone, and with it the raw delivery; discard it"
        }
        let delivery: QuarantinedDelivery
        do throws(QuarantinedDelivery.Unmappable) {
            delivery = try QuarantinedDelivery(id: letter.id.event, record: record)
        } catch {
            return "it stays quarantined: \(error.reason)"
        }
        let events: [QuarantinedDelivery.Remapped]
        do throws(QuarantinedDelivery.Unmappable) {
            events = try delivery.remapped(by: source, ids: &ids)
        } catch {
            let (newEntry, newRecord) = delivery.quarantined(because: error.reason)
            try await stay(entry, as: newEntry, newRecord, letter.id.event, on: queue)
            return "it stays quarantined: \(error.reason)"
        }
        let arrival = delivery.receivedAt.seconds * 1000 + Int64(delivery.receivedAt.nanoseconds) / 1_000_000
        return try await queueUp(events, entry, on: queue, source.keys, arrival: arrival)
    }

    private func source(named name: String) throws -> Source? {
        if let known = sources[name] { return known }
        guard let own = configuration.source(named: name) else { return nil }
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: own.mapping)
        let source = try Source(own, mapper: Mapper(provider: own.provider, rules: rules), keys: keys)
        sources[name] = source
        return source
    }

    /// Why nothing was done; nil when it was.
    private func queueUp(
        _ events: [QuarantinedDelivery.Remapped], _ entry: [UInt8], on queue: String, _ source: SourceKeys,
        arrival: Int64
    ) async throws(RedisFailure) -> String? {
        var dedupeKeys: [String] = []
        for event in events {
            var key = source.dedupePrefix
            EventStore.appendDedupeName(event.key, to: &key)
            dedupeKeys.append(String(decoding: key, as: UTF8.self))
        }
        var call = ScriptCall(
            .quarantineRelease,
            keys: [keys.dead(queue), keys.ledger, keys.index(source.source)] + source.queues.map { keys.queue($0) }
                + dedupeKeys)
        call.add(entry)
        call.add(queue)
        call.add(source.source)
        call.add(Int64(source.queues.count))
        call.add(Int64(source.dedupeWindowSeconds))
        call.add(keys.eventPrefix)
        call.add(Int64(configuration.archive.ttlSeconds))
        call.add(arrival)
        for queue in source.queues { call.add(queue) }
        for event in events {
            call.add(event.id)
            call.add(event.json)
            call.add(event.record)
        }
        let answers = try await connection.evaluate(call).elements ?? []
        return answers.isEmpty ? DeadStore.gone : nil
    }

    private func stay(
        _ entry: [UInt8], as newEntry: [UInt8], _ record: [UInt8], _ id: String, on queue: String
    ) async throws(RedisFailure) {
        guard newEntry != entry else { return }
        var call = ScriptCall(.quarantineStay, keys: [keys.dead(queue), keys.event(id)])
        call.add(entry)
        call.add(newEntry)
        call.add(record)
        _ = try await connection.evaluate(call)
    }
}

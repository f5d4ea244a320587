import Verifiers

/// Sends one archived event once more, with the same id and the replay's id as the attribute `replay`.
@ControlPlane
struct EventReplay {
    /// Where it goes.
    enum Target: Equatable, Sendable {
        /// To a queue: the forwarder's (`events`) routes it to every destination that wants it.
        case queue(String)
        /// To one destination, whatever its filter says.
        case destination(String)

        /// The queue's or the destination's.
        var name: String {
            switch self {
            case .queue(let name), .destination(let name): name
            }
        }
    }

    enum Outcome: Equatable, Sendable {
        /// Under this replay id.
        case replayed(String)
        case refused(String)
        /// The caller's key has made a replay before: its id, and whether it was the same one.
        case known(String, isSame: Bool)
    }

    let connection: RedisConnection
    let keys: Keys

    /// How long the count of an event's forced replays is remembered after the last: longer than any destination
    /// remembers a key. A warehouse that merges by the event's id remembers for ever.
    private static let countSeconds: Int64 = 400 * 86_400

    /// - Parameters:
    ///   - json: the event as another mapping makes it; nil: as it was.
    ///   - isForced: whether the destination gets a new deduplication key, so that it does not drop the event as one
    ///     that it knows.
    ///   - once: the Redis key of the caller's `Idempotency-Key`: what it has sent is not sent again, for a day.
    func replay(
        _ detail: EventDetail, to target: Target, as json: [UInt8]? = nil, isForced: Bool = false, once: String? = nil
    ) async throws(RedisFailure) -> Outcome {
        var ids = ULIDGenerator()
        let replay = ids.next(milliseconds: Clock.unixMilliseconds()).description
        let forced = isForced ? try await forcedNumbers([detail.id])[0] : 0
        var call: ScriptCall
        do throws(Refusal) {
            call = try makeCall(
                detail.id, detail.record, to: target, as: json, replay: replay, forced: forced,
                and: once.map { [$0] } ?? [])
        } catch {
            return .refused(error.reason)
        }
        let what = Self.description(detail.id, target, isMappedAnew: json != nil, isForced: isForced)
        if once != nil {
            call.add("\(replay) \(what)")
            call.add(ReplayStore.keySeconds)
        }
        let reply = try await connection.evaluate(call)
        if let known = reply.string {
            let parts = known.split(separator: " ", maxSplits: 1)
            return .known(parts.first.map(String.init) ?? known, isSame: parts.last.map { $0 == what } ?? false)
        }
        switch reply.integer {
        case 1: return .replayed(replay)
        case -1: return .refused("it still waits to be delivered to \(target.name)")
        default: return .refused("its record has expired")
        }
    }

    /// What tells a repeated request from another one under the same key.
    private static func description(_ id: String, _ target: Target, isMappedAnew: Bool, isForced: Bool) -> String {
        let kind =
            switch target {
            case .queue: "queue"
            case .destination: "destination"
            }
        return "\(id) \(kind) \(target.name)\(isMappedAnew ? " current" : "")\(isForced ? " forced" : "")"
    }

    /// The next numbers for forced replays of events; each is given once, some may never be used.
    func forcedNumbers(_ ids: [String]) async throws(RedisFailure) -> [Int] {
        var commands: [[RedisArgument]] = []
        for id in ids {
            let key = keys.forced(id)
            // So it never lacks an expiry.
            commands.append(["SET", .text(key), 0, "NX", "EX", .integer(Self.countSeconds)])
            commands.append(["INCR", .text(key)])
            commands.append(["EXPIRE", .text(key), .integer(Self.countSeconds)])
        }
        let replies = try await connection.pipeline(commands)
        var numbers: [Int] = []
        for index in ids.indices {
            guard let number = replies[3 * index + 1].integer else { throw .unexpectedReply("a count is a number") }
            numbers.append(Int(number))
        }
        return numbers
    }

    /// Why an event cannot be replayed.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    /// The script's call for one event. A replay of many passes its own keys and script, which takes the same arguments.
    ///
    /// - Parameter forced: what `forcedNumbers` gave; 0: destinations may drop the event as one that they know.
    func makeCall(
        _ id: String, _ record: EventRecord, to target: Target, as json: [UInt8]?, replay: String, forced: Int,
        script: RedisScript = .replay, and more: [String] = []
    ) throws(Refusal) -> ScriptCall {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(json.map { $0[...] } ?? record.json)
        } catch {
            throw Refusal(reason: "its record holds no event (\(error))")
        }
        guard document.boolean(of: document.member("quarantined")) != true else {
            throw Refusal(reason: "it is quarantined; `dead retry` maps it anew")
        }
        // In a lane the number stands in the event's state: the record is also what other destinations get.
        var key: String?
        if forced > 0, case .queue = target { key = Event.forcedKey(id, forced) }
        let event = Self.marked(document, replay, key)
        let line = UInt8(ascii: "\n")
        let record = Array(record.metadata) + [line] + event + [line] + Array(record.body)
        let (kind, list): (StaticString, String) =
            switch target {
            case .queue(let queue): ("queue", keys.queue(queue))
            case .destination(let destination): ("lane", keys.lane(destination))
            }
        var call = ScriptCall(
            script,
            keys: [
                keys.event(id), keys.state(id), keys.attempts(id), keys.ledger, list, keys.laneDead(target.name),
            ] + more)
        call.add(kind)
        call.add(target.name)
        call.add(id)
        call.add(record)
        call.add(event)
        call.add(Int64(forced))
        return call
    }

    /// The event with the replay's id, and its new deduplication key, before its data.
    private static func marked(_ document: JSONDocument, _ replay: String, _ key: String?) -> [UInt8] {
        var line = JSONLine()
        var data: [UInt8] = []
        for member in document.children(of: .root) {
            guard let name = document.name(of: member), !["replay", "dedupekey"].contains(name) else { continue }
            var value: [UInt8] = []
            document.appendMinified(member, to: &value)
            if name == "data" { data = value } else { line.add(name, json: value) }
        }
        line.add("replay", replay)
        if let key { line.add("dedupekey", key) }
        if !data.isEmpty { line.add("data", json: data) }
        return line.json
    }
}

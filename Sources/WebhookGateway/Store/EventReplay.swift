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
    }

    let connection: RedisConnection
    let keys: Keys

    /// - Parameter json: the event as another mapping makes it; nil: as it was.
    func replay(
        _ detail: EventDetail, to target: Target, as json: [UInt8]? = nil
    ) async throws(RedisFailure) -> Outcome {
        var ids = ULIDGenerator()
        let replay = ids.next(milliseconds: Clock.unixMilliseconds()).description
        let call: ScriptCall
        do throws(Refusal) {
            call = try makeCall(detail.id, detail.record, to: target, as: json, replay: replay)
        } catch {
            return .refused(error.reason)
        }
        switch try await connection.evaluate(call).integer {
        case 1: return .replayed(replay)
        case -1: return .refused("it still waits to be delivered to \(target.name)")
        default: return .refused("its record has expired")
        }
    }

    /// Why an event cannot be replayed.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    /// The script's call for one event. A replay of many passes its own keys and script, which takes the same arguments.
    func makeCall(
        _ id: String, _ record: EventRecord, to target: Target, as json: [UInt8]?, replay: String,
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
        let event = Self.marked(document, replay)
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
        return call
    }

    /// The event with the replay's id before its data.
    private static func marked(_ document: JSONDocument, _ replay: String) -> [UInt8] {
        var line = JSONLine()
        var data: [UInt8] = []
        for member in document.children(of: .root) {
            guard let name = document.name(of: member), name != "replay" else { continue }
            var value: [UInt8] = []
            document.appendMinified(member, to: &value)
            if name == "data" { data = value } else { line.add(name, json: value) }
        }
        line.add("replay", replay)
        if !data.isEmpty { line.add("data", json: data) }
        return line.json
    }
}

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
    }

    enum Outcome: Equatable, Sendable {
        /// Under this replay id.
        case replayed(String)
        case refused(String)
    }

    let connection: RedisConnection
    let keys: Keys

    func replay(_ detail: EventDetail, to target: Target) async throws(RedisFailure) -> Outcome {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(detail.record.json)
        } catch {
            return .refused("its record holds no event (\(error))")
        }
        guard document.boolean(of: document.member("quarantined")) != true else {
            return .refused("it is quarantined; `dead retry` maps it anew")
        }
        var ids = ULIDGenerator()
        let replay = ids.next(milliseconds: Clock.unixMilliseconds()).description
        let event = Self.marked(document, replay)
        let line = UInt8(ascii: "\n")
        let record = Array(detail.record.metadata) + [line] + event + [line] + Array(detail.record.body)

        let (kind, name, list): (StaticString, String, String) =
            switch target {
            case .queue(let queue): ("queue", queue, keys.queue(queue))
            case .destination(let destination): ("lane", destination, keys.lane(destination))
            }
        var call = ScriptCall(
            .replay,
            keys: [
                keys.event(detail.id), keys.state(detail.id), keys.attempts(detail.id), keys.ledger, list,
                keys.laneDead(name),
            ])
        call.add(kind)
        call.add(name)
        call.add(detail.id)
        call.add(record)
        call.add(event)
        switch try await connection.evaluate(call).integer {
        case 1: return .replayed(replay)
        case -1: return .refused("it still waits to be delivered to \(name)")
        default: return .refused("its record has expired")
        }
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

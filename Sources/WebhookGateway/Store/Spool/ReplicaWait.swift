/// Holds back the answers of a turn's calls until replicas have what the calls wrote (`redis.waitReplicas`).
///
/// WAIT leaves in the same write as the calls and is answered after them, so that it costs no round trip of its own.
/// Too few replicas count as a refusal: the event is in the master, and it goes to the spool as well, which keeps it
/// until a later attempt finds enough of them; its own id tells the script then that it is there.
final class ReplicaWait {
    private let connection: RedisConnection
    /// Calls without an answer.
    private var missing = 0
    private var held: [(RedisFailure?) -> Void] = []
    private var isAsking = false

    init(_ connection: RedisConnection) { self.connection = connection }

    func began() { missing += 1 }

    /// A call was answered: `release` is called when the replicas have been heard.
    func answered(_ release: @escaping (RedisFailure?) -> Void) {
        missing -= 1
        held.append(release)
        // A script that had to be sent again is answered after the WAIT: it has a WAIT of its own.
        if missing == 0, !isAsking { ask() }
    }

    /// All calls of the turn have been handed over.
    func ask() {
        isAsking = true
        let settings = connection.settings
        connection.send(["WAIT", .integer(Int64(settings.waitReplicas)), .integer(settings.waitLimit.milliseconds)]) {
            [self] result in
            isAsking = false
            guard missing == 0 else { return }
            let all = held
            held = []
            for release in all { release(Self.failure(result, settings.waitReplicas)) }
        }
    }

    private static func failure(_ result: Result<RedisReply, RedisFailure>, _ wanted: Int) -> RedisFailure? {
        switch result {
        case .success(.integer(let count)) where count >= wanted: nil
        case .success(.integer(let count)): .refused("NOREPLICAS \(count) of \(wanted) replicas have the events")
        case .success(.error(let text)): .refused(text)
        case .success: .unexpectedReply("WAIT answers a number")
        case .failure(let failure): failure
        }
    }
}

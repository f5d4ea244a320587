import Verifiers

/// One destination's lane in Redis: claim, settle, renew, give back.
///
/// Every claim carries a token, and every later step acts only while that token is current: a forwarder that slept
/// through its claim changes nothing any more. Scripts/Lane*.swift hold the rules.
@ControlPlane
final class LaneStore {
    /// How long a claim holds without being renewed.
    static let claimLength = Duration.seconds(30)
    /// How many events one script call carries: Lua's `unpack` and Redis' other clients bound it.
    static let eventsPerCall = 500
    /// How many attempts are kept of an event.
    static let attemptsKept = 50

    static nonisolated let scripts: [RedisScript] = [.laneClaim, .laneSettle, .laneRenew, .laneReap]

    /// What one exchange with Redis asks for; the parts are executed in this order, in one write.
    struct Exchange {
        var settlements: [Settlement] = []
        var renewals: [Claim] = []
        /// Claims whose answer never came: what they took comes back.
        var lostTokens: [String] = []
        /// No claim when 0.
        var events = 0
        var bytes = 0
        var token = ""
    }

    struct Answer {
        /// Settlements that came too late: another has the event.
        var stale: [String] = []
        var claimed: [ClaimedEvent] = []
        /// When the next retry is due.
        var nextDue: Duration?
    }

    let destination: String
    private let connection: RedisConnection
    private let keys: Keys
    private let archiveSeconds: Int
    private let claimLength: Duration

    init(
        _ destination: String, connection: RedisConnection, keys: Keys, archiveSeconds: Int,
        claimLength: Duration = LaneStore.claimLength
    ) {
        self.destination = destination
        self.connection = connection
        self.keys = keys
        self.archiveSeconds = archiveSeconds
        self.claimLength = claimLength
    }

    /// Settles, renews and claims in one write; at most `eventsPerCall` events are settled and claimed.
    func exchange(_ request: Exchange) async throws(RedisFailure) -> Answer {
        var calls: [ScriptCall] = []
        if !request.settlements.isEmpty { calls.append(settleCall(request.settlements)) }
        if !request.renewals.isEmpty { calls.append(renewCall(request.renewals)) }
        for token in request.lostTokens { calls.append(reapCall(token: token)) }
        if request.events > 0 { calls.append(claimCall(request)) }
        let replies = try await connection.evaluate(calls)
        var answer = Answer()
        if !request.settlements.isEmpty { answer.stale = replies[0].elements?.compactMap(\.string) ?? [] }
        if request.events > 0, let reply = replies.last { try read(reply, token: request.token, into: &answer) }
        return answer
    }

    /// Gives back what ended claims held; returns how many.
    func reap() async throws(RedisFailure) -> Int {
        Int(try await connection.evaluate(reapCall(token: "")).integer ?? 0)
    }

    private func read(_ reply: RedisReply, token: String, into answer: inout Answer) throws(RedisFailure) {
        guard let values = reply.elements, let due = values.first?.integer, values.count % 4 == 1 else {
            throw .unexpectedReply("a claim is a list of events")
        }
        answer.nextDue = due < 0 ? nil : .milliseconds(due)
        answer.claimed.reserveCapacity(values.count / 4)
        for start in stride(from: 1, to: values.count, by: 4) {
            guard let id = values[start].string, let json = values[start + 1].bytes,
                let attempts = values[start + 2].integer,
                let age = values[start + 3].integer
            else { throw .unexpectedReply("a claimed event has an id, an envelope and two numbers") }
            answer.claimed.append(
                ClaimedEvent(
                    claim: Claim(id: id, token: token), json: json, attempts: Int(attempts), age: .milliseconds(age)))
        }
    }

    // MARK: Calls

    private func claimCall(_ request: Exchange) -> ScriptCall {
        var call = ScriptCall(
            .laneClaim,
            keys: [
                keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination),
                keys.laneDelayed(destination),
            ])
        call.add(keys.prefix)
        call.add(destination)
        call.add(Int64(min(request.events, Self.eventsPerCall)))
        call.add(Int64(request.bytes))
        call.add(claimLength.milliseconds)
        call.add(request.token)
        return call
    }

    private func settleCall(_ settlements: [Settlement]) -> ScriptCall {
        var call = ScriptCall(
            .laneSettle,
            keys: [
                keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination),
                keys.laneDelayed(destination), keys.laneDead(destination), keys.ledger,
            ])
        call.add(keys.prefix)
        call.add(destination)
        call.add(Int64(archiveSeconds))
        call.add(Int64(Self.attemptsKept))
        // Events of one request mostly share their verdict object: it is sent once.
        var numbers: [ObjectIdentifier: Int] = [:]
        var verdicts: [Verdict] = []
        for settlement in settlements where numbers[ObjectIdentifier(settlement.verdict)] == nil {
            verdicts.append(settlement.verdict)
            numbers[ObjectIdentifier(settlement.verdict)] = verdicts.count
        }
        call.add(Int64(verdicts.count))
        for verdict in verdicts {
            call.add(verdict.kind.rawValue)
            call.add(verdict.delay.milliseconds)
            call.add(verdict.category?.rawValue ?? "")
            call.add(verdict.reason)
            call.add(verdict.status.map { String($0) } ?? "")
            call.add(Int64(verdict.attempt))
            call.add(verdict.record)
        }
        for settlement in settlements {
            call.add(settlement.claim.id)
            call.add(settlement.claim.token)
            call.add(Int64(numbers[ObjectIdentifier(settlement.verdict)] ?? 0))
        }
        return call
    }

    private func renewCall(_ claims: [Claim]) -> ScriptCall {
        var call = ScriptCall(.laneRenew, keys: [keys.laneInflight(destination), keys.laneTokens(destination)])
        call.add(claimLength.milliseconds)
        for claim in claims {
            call.add(claim.id)
            call.add(claim.token)
        }
        return call
    }

    private func reapCall(token: String) -> ScriptCall {
        var call = ScriptCall(
            .laneReap, keys: [keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination)])
        call.add(token)
        return call
    }
}

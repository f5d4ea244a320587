import Verifiers

/// One destination's lane in Redis: claim, settle, renew, give back.
///
/// Every claim carries a token, and every later step acts only while that token is current: a forwarder that slept
/// through its claim changes nothing any more. Scripts/Lane*.swift hold the rules.
@ControlPlane
final class LaneStore {
    /// How long a claim holds without being renewed.
    static nonisolated let claimLength = Duration.seconds(30)
    /// How many events one script call carries: Lua's `unpack` and Redis' other clients bound it.
    static let eventsPerCall = 500
    /// How many attempts are kept of an event.
    static let attemptsKept = 50

    /// A destination that asks for more by `Retry-After` is tried again after this.
    static let longestOpenTime = Duration.seconds(3600)

    static nonisolated let scripts: [RedisScript] = [.laneClaim, .laneSettle, .laneRenew, .laneReap, .laneCircuit]

    /// What one exchange with Redis asks for; the parts are executed in this order, in one write.
    struct Exchange {
        var settlements: [Settlement] = []
        var renewals: [Claim] = []
        /// Claims whose answer never came: what they took comes back.
        var lostTokens: [String] = []
        var report: CircuitReport?
        /// Whether the gate is asked even if nothing is to go through it.
        var asksGate = false
        var events = 0
        var bytes = 0
        var token = ""
        /// Requests that could be sent now, where there is a rate.
        var permits = 0

        fileprivate var needsGate: Bool { asksGate || events > 0 || permits > 0 }
    }

    struct Answer {
        /// Settlements that came too late: another has the event.
        var stale: [String] = []
        var claimed: [ClaimedEvent] = []
        /// When the next retry is due.
        var nextDue: Duration?
        var gate = LaneGate.flowing
        /// When it makes sense to ask for what was not given.
        var wait = Duration.zero
        var permits = 0
        /// Failures in a row that the circuit knows of.
        var failures = 0
        var circuit = CircuitChange.none
    }

    let destination: String
    private let connection: RedisConnection
    private let keys: Keys
    private let archiveSeconds: Int
    let rules: LaneRules
    /// One life of one lane, for its circuit.
    private let owner = String(UInt64.random(in: 0 ... .max), radix: 36)

    init(
        _ destination: String, connection: RedisConnection, keys: Keys, archiveSeconds: Int,
        rules: LaneRules = LaneRules()
    ) {
        self.destination = destination
        self.connection = connection
        self.keys = keys
        self.archiveSeconds = archiveSeconds
        self.rules = rules
    }

    /// Settles, renews and claims in one write; at most `eventsPerCall` events are settled and claimed.
    func exchange(_ request: Exchange) async throws(RedisFailure) -> Answer {
        var calls: [ScriptCall] = []
        if !request.settlements.isEmpty { calls.append(settleCall(request.settlements)) }
        if !request.renewals.isEmpty { calls.append(renewCall(request.renewals)) }
        for token in request.lostTokens { calls.append(reapCall(token: token)) }
        if let report = request.report { calls.append(circuitCall(report)) }
        if request.needsGate { calls.append(claimCall(request)) }
        var replies = try await connection.evaluate(calls)
        var answer = Answer()
        if !request.settlements.isEmpty { answer.stale = replies[0].elements?.compactMap(\.string) ?? [] }
        if request.needsGate, let reply = replies.popLast() { try read(reply, token: request.token, into: &answer) }
        if request.report != nil {
            answer.circuit = replies.last?.integer.flatMap { CircuitChange(rawValue: $0) } ?? .none
        }
        return answer
    }

    /// Those of some lanes that have events in flight, in one command where there are none.
    static func inFlight(
        among lanes: some Collection<LaneStore>, on connection: RedisConnection
    ) async throws(RedisFailure) -> [LaneStore] {
        guard !lanes.isEmpty else { return [] }
        let places = lanes.map { RedisArgument.text($0.keys.laneInflight($0.destination)) }
        guard try await connection.command(["EXISTS"] + places).integer ?? 0 > 0 else { return [] }
        let counts = try await connection.pipeline(places.map { ["EXISTS", $0] })
        return zip(lanes, counts).filter { $1.integer ?? 0 > 0 }.map(\.0)
    }

    /// Gives back what ended claims held; returns how many.
    func reap() async throws(RedisFailure) -> Int {
        Int(try await connection.evaluate(reapCall(token: "")).integer ?? 0)
    }

    private func read(_ reply: RedisReply, token: String, into answer: inout Answer) throws(RedisFailure) {
        guard let values = reply.elements, values.count % 5 == 0, values.count >= 5, let due = values[0].integer,
            let gate = values[1].string.flatMap(LaneGate.init(rawValue:)), let wait = values[2].integer,
            let failures = values[3].integer, let permits = values[4].integer
        else { throw .unexpectedReply("a claim is a gate and a list of events") }
        answer.nextDue = due < 0 ? nil : .milliseconds(due)
        answer.gate = gate
        answer.wait = .milliseconds(wait)
        answer.failures = Int(failures)
        answer.permits = Int(permits)
        answer.claimed.reserveCapacity(values.count / 5)
        for start in stride(from: 5, to: values.count, by: 5) {
            guard let id = values[start].string, let json = values[start + 1].bytes,
                let attempts = values[start + 2].integer,
                let age = values[start + 3].integer, let forced = values[start + 4].integer
            else { throw .unexpectedReply("a claimed event has an id, an envelope and three numbers") }
            answer.claimed.append(
                ClaimedEvent(
                    claim: Claim(id: id, token: token), json: json, attempts: Int(attempts), age: .milliseconds(age),
                    forced: Int(forced)))
        }
    }

    // MARK: Calls

    private func claimCall(_ request: Exchange) -> ScriptCall {
        var call = ScriptCall(
            .laneClaim,
            keys: [
                keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination),
                keys.laneDelayed(destination), keys.lanePaused(destination), keys.laneDisabled(destination),
                keys.laneCircuit(destination), keys.laneRate(destination), keys.laneOrder(destination),
                keys.laneParked(destination),
            ])
        call.add(keys.prefix)
        call.add(destination)
        call.add(Int64(min(request.events, Self.eventsPerCall)))
        call.add(Int64(request.bytes))
        call.add(Self.claimLength.milliseconds)
        call.add(request.token)
        call.add(owner)
        call.add(rules.probeTime.milliseconds)
        call.add(Int64(request.permits))
        call.add(rules.rate?.interval ?? 0)
        call.add(rules.rate?.tolerance ?? 0)
        call.add(rules.isOrdered ? "subject" : "")
        return call
    }

    private func circuitCall(_ report: CircuitReport) -> ScriptCall {
        var call = ScriptCall(.laneCircuit, keys: [keys.laneCircuit(destination)])
        call.add(Int64(report.isUntried ? -1 : report.failures))
        call.add(Int64(rules.failures))
        call.add(max(rules.openTime, min(report.retryAfter, Self.longestOpenTime)).milliseconds)
        call.add(report.category.rawValue)
        call.add(report.reason)
        call.add(owner)
        return call
    }

    private func settleCall(_ settlements: [Settlement]) -> ScriptCall {
        var call = ScriptCall(
            .laneSettle,
            keys: [
                keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination),
                keys.laneDelayed(destination), keys.laneDead(destination), keys.ledger,
                keys.laneOrder(destination), keys.laneParked(destination),
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
            call.add(verdict.isReasonShared ? "1" as StaticString : "")
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
        call.add(Self.claimLength.milliseconds)
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

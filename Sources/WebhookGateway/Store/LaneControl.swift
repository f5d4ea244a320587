/// What an operator does to a destination's lane as a whole: look, pause, resume, disable, enable, reset its circuit, empty.
///
/// Forwarders obey within half a second; requests that are under way end.
@ControlPlane
struct LaneControl {
    /// What an operator or the circuit has set.
    struct Status: Equatable, Sendable {
        /// In Unix milliseconds; nil: it is not.
        var pausedSince: Int64?
        var disabledSince: Int64?
        var circuit = Circuit()
        var last = Last()
    }

    /// What the destination's last requests came to; written at most once a second.
    struct Last: Equatable, Sendable {
        /// In Unix milliseconds.
        var deliveredAt: Int64?
        var failedAt: Int64?
        var category: String?
        var reason: String?
    }

    struct Circuit: Equatable, Sendable {
        enum State: String, Sendable {
            case closed
            case halfOpen = "half-open"
            case open

            /// As the metric `webhook_circuit_state` says it.
            var number: Int {
                switch self {
                case .closed: 0
                case .halfOpen: 1
                case .open: 2
                }
            }
        }

        var state = State.closed
        /// In a row.
        var failures = 0
        /// When it opened, in Unix milliseconds.
        var since: Int64?
        /// When it is worth a probe, or, half-open, how long its probe may take.
        var until: Int64?
        /// Of the last failure.
        var category: String?
        var reason: String?
    }

    /// How many events a lane owes.
    struct Load: Equatable, Sendable {
        /// Those that are still to be delivered, or are being delivered.
        var waiting = 0
        var dead = 0

        var isEmpty: Bool { waiting == 0 && dead == 0 }
    }

    static nonisolated let scripts: [RedisScript] = [.laneReap, .laneEmpty]

    let connection: RedisConnection
    let keys: Keys
    let archiveSeconds: Int

    /// The status of each destination, in the order asked for.
    func status(_ destinations: [String]) async throws(RedisFailure) -> [Status] {
        let replies = try await connection.pipeline(
            destinations.flatMap { name -> [[RedisArgument]] in
                [
                    ["MGET", .text(keys.lanePaused(name)), .text(keys.laneDisabled(name))],
                    ["HMGET", .text(keys.laneCircuit(name))] + Self.fields.map { .text($0) },
                    ["HMGET", .text(keys.laneLast(name)), "delivered", "failed", "category", "reason"],
                ]
            })
        return destinations.indices.map { index in
            var status = Status()
            let switches = replies[3 * index].elements ?? []
            if switches.count == 2 {
                status.pausedSince = switches[0].integer
                status.disabledSince = switches[1].integer
            }
            if let fields = replies[3 * index + 1].elements, fields.count == Self.fields.count {
                status.circuit = Circuit(fields)
            }
            if let last = replies[3 * index + 2].elements, last.count == 4 {
                status.last = Last(
                    deliveredAt: last[0].integer, failedAt: last[1].integer, category: last[2].string,
                    reason: last[3].string)
            }
            return status
        }
    }

    /// Events wait from now on. Returns false when they did before.
    func pause(_ destination: String) async throws(RedisFailure) -> Bool { try await set(keys.lanePaused(destination)) }

    /// Returns false when it was not paused.
    func resume(_ destination: String) async throws(RedisFailure) -> Bool {
        try await remove(keys.lanePaused(destination))
    }

    /// New events skip the destination from now on, visibly; what is in its lane waits. Returns false when they did before.
    func disable(_ destination: String) async throws(RedisFailure) -> Bool {
        try await set(keys.laneDisabled(destination))
    }

    /// Returns false when it was not disabled.
    func enable(_ destination: String) async throws(RedisFailure) -> Bool {
        try await remove(keys.laneDisabled(destination))
    }

    /// Closes the circuit, as a success would. Returns false when it was closed and knew of no failure.
    func resetCircuit(_ destination: String) async throws(RedisFailure) -> Bool {
        try await remove(keys.laneCircuit(destination))
    }

    /// Takes all events out of a lane that no forwarder serves, dead ones too: into the lane of another destination, or for
    /// good. What a forwarder that is gone had in flight is taken when its claim has ended. What was set of the lane goes too
    /// when nothing is left in it.
    ///
    /// - Returns: how many were taken, and how many are still in flight.
    func empty(_ destination: String, into other: String?) async throws(RedisFailure) -> (taken: Int, inFlight: Int) {
        var reap = ScriptCall(
            .laneReap, keys: [keys.lane(destination), keys.laneInflight(destination), keys.laneTokens(destination)])
        reap.add("")
        while try await connection.evaluate(reap).integer ?? 0 > 0 {}
        var call = ScriptCall(
            .laneEmpty,
            keys: [
                keys.lane(destination), keys.laneDelayed(destination), keys.laneParked(destination),
                keys.laneDead(destination), keys.laneOrder(destination), keys.ledger, keys.laneInflight(destination),
                keys.lanePaused(destination), keys.laneDisabled(destination), keys.laneCircuit(destination),
                keys.laneLast(destination),
            ])
        call.add(keys.prefix)
        call.add(destination)
        call.add(Int64(archiveSeconds))
        call.add(Int64(Self.eventsPerCall))
        call.add(other ?? "")
        var taken = 0
        while let count = try await connection.evaluate(call).integer, count > 0 { taken += Int(count) }
        let left = try await connection.command(["ZCARD", .text(keys.laneInflight(destination))]).integer ?? 0
        return (taken, Int(left))
    }

    /// Forgets what was set of a lane that is empty and has left the configuration: a destination of its name begins anew.
    func forget(_ destination: String) async throws(RedisFailure) {
        _ = try await connection.command([
            "DEL", .text(keys.lanePaused(destination)), .text(keys.laneDisabled(destination)),
            .text(keys.laneCircuit(destination)), .text(keys.laneOrder(destination)),
            .text(keys.laneLast(destination)),
        ])
    }

    /// What lies in each destination's lane, in the order asked for.
    func loads(_ destinations: [String]) async throws(RedisFailure) -> [Load] {
        let replies = try await connection.pipeline(
            destinations.flatMap { name -> [[RedisArgument]] in
                [
                    ["LLEN", .text(keys.lane(name))], ["ZCARD", .text(keys.laneParked(name))],
                    ["ZCARD", .text(keys.laneInflight(name))], ["ZCARD", .text(keys.laneDelayed(name))],
                    ["ZCARD", .text(keys.laneDead(name))],
                ]
            })
        return destinations.indices.map { index in
            let counts = replies[5 * index..<5 * index + 5].map { Int($0.integer ?? 0) }
            return Load(waiting: counts[0..<4].reduce(0, +), dead: counts[4])
        }
    }

    private static let eventsPerCall = 200

    private func set(_ key: String) async throws(RedisFailure) -> Bool {
        let reply = try await connection.command(["SET", .text(key), .integer(Clock.unixMilliseconds()), "NX"])
        return reply != .null
    }

    private func remove(_ key: String) async throws(RedisFailure) -> Bool {
        try await connection.command(["DEL", .text(key)]).integer == 1
    }

    fileprivate static nonisolated let fields = ["state", "failures", "since", "until", "category", "reason"]
}

extension LaneControl.Circuit {
    /// By `LaneControl.fields`.
    fileprivate init(_ fields: [RedisReply]) {
        self.init(
            state: fields[0].string.flatMap(State.init(rawValue:)) ?? .closed,
            failures: Int(fields[1].integer ?? 0), since: fields[2].integer, until: fields[3].integer,
            category: fields[4].string, reason: fields[5].string)
    }
}

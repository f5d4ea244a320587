import Verifiers

/// How the installation as a whole is doing: health, ledger, figures over time.
enum OperationRoutes {
    private static let problem = Shape.record([
        Shape.Member("severity", .choice(["warning", "critical"])), Shape.Member("what", .string),
        Shape.Member("action", .string, "what to do"),
    ])

    private static let health = Shape.record([
        Shape.Member("status", .choice(["ok", "degraded", "down"])), Shape.Member("ready", .boolean),
        Shape.Member("version", .string), Shape.Member("now", .moment),
        Shape.Member("unaccounted", .integer(0 ... .max), "events that nobody can account for; must be 0"),
        Shape.Member("waiting", .integer(0 ... .max), "on queues and in lanes"),
        Shape.Member("dead", .integer(.min ... .max)), Shape.Member("quarantined", .integer(.min ... .max)),
        Shape.Member("spooled", .integer(0 ... .max)), Shape.Member("problems", .list(problem)),
    ])

    private static let stats = Shape.record([
        Shape.Member("from", .moment), Shape.Member("to", .moment), Shape.Member("stepMinutes", .integer(1...1440)),
        Shape.Member(
            "series",
            .list(
                .record([
                    Shape.Member("kind", .choice(["source", "queue", "destination", "tenant"])),
                    Shape.Member("name", .string),
                    Shape.Member("counter", .string),
                    Shape.Member("values", .list(.integer(.min ... .max), longest: 20_000), "one a step"),
                ]), longest: 100_000)),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/health", "health.show", "What is well and what is not, with what to do", .role(.viewer),
            .installation, answer: .json("The state of the installation.", health), handle: health),
        Route(
            .get, "/api/v1/ledger", "ledger.show", "The books: every accepted event accounted for", .role(.viewer),
            .installation, answer: .json("As `audit --json` prints it.", .map(.anything))
        ) { _, services in
            var ledger = try await services.ledger()
            ledger.add(spooled: services.gateway?.spooled() ?? [:])
            return .json(ledger.line)
        },
        Route(
            .get, "/api/v1/stats", "stats.show", "Counters by source, queue, destination and tenant, minute by minute",
            .role(.viewer), .installation,
            query: [
                Shape.Member("from", .moment, "at most 8 days ago; an hour before `to`"),
                Shape.Member("to", .moment, "now"), Shape.Member("step", .integer(1...1440), "minutes; 1"),
                Shape.Member("kind", .choice(["source", "queue", "destination", "tenant"])),
                Shape.Member("name", .name),
            ],
            answer: .json("What was counted; steps without anything are 0.", stats), handle: stats),
    ]

    @ControlPlane
    private static func stats(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let now = Clock.unixMilliseconds() / 60_000
        let end = min(request.moment("to").map { $0 / 60_000 + 1 } ?? now, now)
        let start = request.moment("from").map { $0 / 60_000 } ?? end - 60
        let oldest = now - Int64(StatsStore.keptMinutes)
        let from = max(start, oldest)
        let step = request.query("step").flatMap { Int($0) } ?? 1
        let count = max(0, (Int(end - from) + step - 1) / step)
        let series = try await services.stats.series(from: from, count: count, step: step).filter { series in
            (request.query("kind") ?? series.kind) == series.kind
                && (request.query("name") ?? series.name) == series.name
        }
        var line = JSONLine()
        line.add("from", Timestamp.text(from * 60_000))
        line.add("to", Timestamp.text((from + Int64(count * step)) * 60_000))
        line.add("stepMinutes", step)
        line.add(
            "series",
            list: series.map { series in
                var line = JSONLine()
                line.add("kind", series.kind)
                line.add("name", series.name)
                line.add("counter", series.counter)
                line.add("values", list: series.values.map { Array("\($0)".utf8) })
                return line.json
            })
        return .json(line)
    }

    /// What is wrong, and what to do about it.
    private struct Finding {
        var isCritical = false
        var what: String
        var action: String

        var json: [UInt8] {
            var line = JSONLine()
            line.add("severity", isCritical ? "critical" : "warning")
            line.add("what", what)
            line.add("action", action)
            return line.json
        }
    }

    @ControlPlane
    private static func health(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let isReady = await services.gateway?.isReady() ?? false
        let spooled = services.gateway?.spooled().values.reduce(0, +) ?? 0
        var ledger = try await services.ledger()
        ledger.add(spooled: services.gateway?.spooled() ?? [:])
        var findings = try await findings(ledger, services)
        if !isReady {
            let what = "Deliveries are turned away."
            findings.insert(
                Finding(isCritical: true, what: what, action: "See the log, and run `webhook-gateway doctor`."), at: 0)
        }
        if spooled > 0 {
            findings.append(
                Finding(
                    what: "\(spooled) events are in the spool on disk, not in Redis.",
                    action: "See that Redis is well; they go there by themselves."))
        }
        var line = JSONLine()
        line.add("status", !isReady ? "down" : findings.isEmpty ? "ok" : "degraded")
        line.add("ready", isReady)
        line.add("version", Version.number)
        line.add("now", Timestamp.text(Clock.unixMilliseconds()))
        line.add("unaccounted", ledger.unaccounted)
        line.add(
            "waiting",
            ledger.queues.reduce(0) { $0 + $1.flow.waiting } + ledger.lanes.reduce(0) { $0 + $1.flow.waiting })
        line.add(
            "dead", ledger.queues.reduce(0) { $0 + $1.flow.dead } + ledger.lanes.reduce(0) { $0 + $1.flow.dead })
        line.add("quarantined", ledger.queues.reduce(0) { $0 + $1.quarantined })
        line.add("spooled", spooled)
        line.add("problems", list: findings.map(\.json))
        return .json(line)
    }

    private static let deadAction = "See what went wrong, mend it, then retry: `webhook-gateway dead list"

    @ControlPlane
    private static func findings(_ ledger: Ledger, _ services: AdminServices) async throws -> [Finding] {
        var findings: [Finding] = []
        if ledger.unaccounted > 0 {
            findings.append(
                Finding(
                    isCritical: true, what: "\(ledger.unaccounted) events cannot be accounted for.",
                    action: "Run `webhook-gateway audit`: it names where the books differ."))
        }
        let names = services.configuration.destinations.map(\.name)
        for (name, status) in zip(names, try await services.lanes.status(names)) {
            if status.circuit.state != .closed {
                findings.append(
                    Finding(
                        what:
                            "The circuit of \(name) is \(status.circuit.state.rawValue): \(status.circuit.reason ?? "").",
                        action:
                            "See what it says: `webhook-gateway destinations test \(name)`; the circuit closes by itself after a success."
                    ))
            }
            if status.pausedSince != nil {
                findings.append(
                    Finding(
                        what: "The destination \(name) is paused.",
                        action: "Let its events go on: `webhook-gateway destinations resume \(name)`."))
            }
        }
        for queue in ledger.queues where queue.pausedSince != nil {
            findings.append(
                Finding(
                    what: "The queue \(queue.name) is paused.",
                    action: "Let workers have it again: `webhook-gateway queues resume \(queue.name)`."))
        }
        for lane in ledger.lanes {
            if lane.flow.dead > 0 {
                findings.append(
                    Finding(
                        what: "\(lane.flow.dead) events died at \(lane.name).",
                        action: "\(deadAction) --destination \(lane.name)`, or open Dead letters in the dashboard."))
            }
            if services.configuration.destination(named: lane.name) == nil, lane.flow.present > 0 {
                findings.append(
                    Finding(
                        what: "\(lane.flow.present) events wait for \(lane.name), which left the configuration.",
                        action:
                            "Bring it back into the configuration, or give them up: `webhook-gateway dead discard --all --destination \(lane.name)`."
                    ))
            }
        }
        findings += try await overLimits(services)
        for queue in ledger.queues where queue.quarantined + queue.flow.dead > 0 {
            var parts: [String] = []
            if queue.quarantined > 0 { parts.append("\(queue.quarantined) quarantined deliveries") }
            if queue.flow.dead > 0 { parts.append("\(queue.flow.dead) dead events") }
            findings.append(
                Finding(
                    what: "On the queue \(queue.name): \(parts.joined(separator: " and ")).",
                    action: "\(deadAction) --queue \(queue.name)`, or open Dead letters in the dashboard."))
        }
        return findings
    }

    /// Tenants that have more events than they may, now.
    @ControlPlane
    private static func overLimits(_ services: AdminServices) async throws -> [Finding] {
        let action =
            "See what it sends; raise its tenantLimits.eventsPerMinute, or hold events back with overLimit: \"queue\"."
        let held = try await services.tenants.holding().map { tenant, count in
            Finding(
                what: "\(count) events of the tenant \(tenant) are held back: it has more than its limit.",
                action:
                    "They join their queues as the limit allows; raise its tenantLimits.eventsPerMinute to let them go sooner."
            )
        }
        let refused = try await services.stats.lastMinute().sorted { $0.key < $1.key }.compactMap { field, count in
            let parts = field.split(separator: ":")
            return parts.count == 3 && parts[0] == "tenant" && parts[2] == "refused" && count > 0
                ? Finding(
                    what:
                        "\(count) events of the tenant \(parts[1]) were answered 429 in the last minute: it has more than its limit.",
                    action: action) : nil
        }
        return held + refused
    }
}

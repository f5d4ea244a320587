/// What a command does to a destination's lane.
enum LaneChange: String, CaseIterable, Sendable {
    case pause, resume, disable, enable, reset

    /// Does it, and says what came of it.
    func run(_ name: String, in configuration: Configuration) async throws -> ExitCode {
        let isChanged = try await StoreSession.run(configuration) { session in
            let lanes = session.lanes
            return switch self {
            case .pause: try await lanes.pause(name)
            case .resume: try await lanes.resume(name)
            case .disable: try await lanes.disable(name)
            case .enable: try await lanes.enable(name)
            case .reset: try await lanes.resetCircuit(name)
            }
        }
        Terminal.print("\(name): \(isChanged ? done : "\(before); nothing changed")")
        guard self == .enable, configuration.destination(named: name)?.enabled == false else { return .success }
        Terminal.printError(
            "\(name): the configuration disables it; set destinations.\(name).enabled to true and reload")
        return .failure
    }

    private var done: String {
        switch self {
        case .pause: "paused; its events wait"
        case .resume: "resumed"
        case .disable: "disabled; new events skip it"
        case .enable: "enabled"
        case .reset: "its circuit is closed"
        }
    }

    private var before: String {
        switch self {
        case .pause: "it was paused before"
        case .resume: "it was not paused"
        case .disable: "it was disabled before"
        case .enable: "it was not disabled"
        case .reset: "its circuit was closed and knew of no failure"
        }
    }
}

extension StoreSession {
    var lanes: LaneControl {
        LaneControl(connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
    }
}

extension LaneControl.Status {
    /// The state of a destination in a few words; what keeps it from flowing first.
    func words(_ destination: DestinationConfiguration?, now: Int64) -> String {
        guard let destination else { return "orphan" }
        guard destination.enabled, disabledSince == nil else { return "disabled" }
        if let pausedSince { return "paused for \(Moment.length(milliseconds: now - pausedSince))" }
        switch circuit.state {
        case .closed: return "enabled"
        case .halfOpen: return "circuit half-open"
        case .open:
            let left = max(0, (circuit.until ?? now) - now)
            return "circuit open (\(circuit.category ?? "unknown")), next probe in \(Moment.length(milliseconds: left))"
        }
    }
}

extension LaneControl.Circuit {
    /// As one JSON object; times are RFC 3339.
    var line: JSONLine {
        var line = JSONLine()
        line.add("state", state.rawValue)
        line.add("failures", failures)
        line.add("since", since.map(Moment.text))
        line.add("nextProbe", state == .open ? until.map(Moment.text) : nil)
        line.add("category", category)
        line.add("reason", reason)
        return line
    }
}

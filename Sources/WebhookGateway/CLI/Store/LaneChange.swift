/// What a command does to a destination's lane.
enum LaneChange: String, CaseIterable, Sendable {
    case pause, resume, disable, enable, reset

    /// Does it, and says what came of it.
    @ControlPlane
    func run(_ name: String, _ client: AdminClient) async throws -> ExitCode {
        try await client.expect("destination", [name], in: "/destinations")
        let path = self == .reset ? "/circuits/\(name)/reset" : "/destinations/\(name)/\(rawValue)"
        let isChanged = try await client.post(path).flag("changed")
        Terminal.print("\(name): \(isChanged ? done : "\(before); nothing changed")")
        guard self == .enable, try await client.isDisabledByFile(name) else { return .success }
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

extension AdminClient {
    fileprivate func isDisabledByFile(_ name: String) async throws -> Bool {
        let row = try await all("/destinations").first { $0["destination"] == name }
        return row.map { !$0.flag("enabled") && !$0.flag("orphan") && $0["disabledSince"] == nil } ?? false
    }
}

extension StoreSession {
    var lanes: LaneControl {
        LaneControl(connection: connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds)
    }
}

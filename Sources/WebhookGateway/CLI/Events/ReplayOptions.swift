import Verifiers

/// How events are sent once more.
struct ReplayOptions: Sendable {
    /// Empty: to every destination that wants them, by way of the queue.
    var destinations: [String] = []
    /// Nil: the forwarder's.
    var queue: String?
    var mapping: String?
    var isForced = false
    var isDryRun = false
    var isDetached = false
    /// Events a second.
    var rate: Int?
    var errorBudget: Int?

    init(_ arguments: inout Arguments) throws(UsageError) {
        destinations = try arguments.values("--to")
        queue = try arguments.value("--queue")
        // The word means the forwarder's own queue, which is where they go without it.
        let isToQueue = destinations == ["queue"]
        if isToQueue { destinations = [] }
        guard queue == nil || destinations.isEmpty && !isToQueue else {
            throw UsageError("--to and --queue exclude each other")
        }
        mapping = try arguments.value("--mapping")
        if let mapping, !["original", "current"].contains(mapping) {
            throw UsageError("--mapping is original or current, not \(TextRule.quoted(mapping))")
        }
        isForced = try arguments.flag("--force")
        isDryRun = try arguments.flag("--dry-run")
        isDetached = try arguments.flag("--detach")
        rate = try arguments.integer("--rate", in: 1...10_000)
        errorBudget = try arguments.integer("--error-budget", in: 0...1_000_000)
        if isDryRun, isDetached { throw UsageError("--dry-run ends by itself; leave --detach out") }
    }

    /// Refuses what is for replays by filter only.
    func expectNoneForMany() throws(UsageError) {
        guard rate == nil, errorBudget == nil, !isDryRun, !isDetached else {
            throw UsageError("--rate, --error-budget, --dry-run and --detach go with filters; ids are sent at once")
        }
    }

    /// Fails when it names a destination that there is not.
    @ControlPlane
    func expectNames(_ client: AdminClient) async throws {
        try await client.expect("destination", destinations, in: "/destinations")
        try await client.expect("queue", queue.map { [$0] } ?? [], in: "/queues")
    }

    /// The members that the API takes for one event and for many.
    func add(to line: inout JSONLine) {
        if let queue { line.add("queue", queue) }
        if let mapping { line.add("mapping", mapping) }
        if isForced { line.add("force", true) }
    }
}

/// `events replay ID…`: each at once.
@ControlPlane
struct EventReplayRun {
    let options: ReplayOptions
    let isJSON: Bool
    let client: AdminClient

    func run(_ names: [String], source: String?) async throws -> ExitCode {
        try await options.expectNames(client)
        var refused = 0
        for name in names {
            do {
                let id = try await client.event(named: name, source: source)
                let targets = options.destinations.isEmpty ? [nil] : options.destinations.map { Optional($0) }
                for destination in targets {
                    do {
                        try await replay(id, to: destination)
                    } catch let refusal as AdminClient.Refusal where refusal.status == 409 || refusal.status == 422 {
                        refused += 1
                        Terminal.printError("\(id): \(refusal)")
                    }
                }
            } catch let missing as NotFound where names.count > 1 {
                refused += 1
                Terminal.printError("\(missing)")
            }
        }
        return refused == 0 ? .success : .failure
    }

    private func replay(_ id: String, to destination: String?) async throws {
        var body = JSONLine()
        if let destination { body.add("destination", destination) }
        options.add(to: &body)
        let answer = try await client.post("/events/\(AdminCall.encoded(id))/replay", body)
        if isJSON { return Terminal.printJSON(answer.text) }
        let replay = answer["replay"] ?? "-"
        if let destination {
            Terminal.print("\(id) goes to \(destination) again, as replay \(replay)")
        } else {
            Terminal.print("\(id) is on the queue \(options.queue ?? Keys.eventsQueue) again, as replay \(replay)")
        }
    }
}

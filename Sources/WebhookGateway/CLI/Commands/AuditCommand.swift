/// `audit`: the proof that every accepted event is accounted for.
struct AuditCommand: Command {
    static let name = "audit"
    static let summary = "account for every accepted event; exit 1 when one is missing"
    static let usage = """
        webhook-gateway audit [--config FILE] [--json]

        Reads the ledger in one step and checks for each source
          accepted = queued + duplicate + discarded + quarantined + spooled
        and for the forwarder's queue and each destination's lane
          entered = done + discarded + dead + waiting + in flight + delayed
        and that the store still knows of every new event that it had confirmed to this gateway (its own count is kept in
        the data directory): a store that came back without its last writes has lost some.
        Exits 1 when a difference is left. Of queues of other workers `done` is what is not there any more: their word.

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          the whole ledger as one JSON object
        """

    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
    }

    func run() async throws -> ExitCode {
        let ledger = try await StoreSession.run(configuration) { session in
            var ledger = try await session.ledger()
            ledger.add(spooled: try await SpoolCount.read(session))
            return ledger
        }
        if isJSON { Terminal.print(ledger.line.text) } else { show(ledger) }
        return ledger.unaccounted == 0 ? .success : .failure
    }

    private func show(_ ledger: Ledger) {
        var sources = TextTable([
            "SOURCE", "ACCEPTED", "QUEUED", "DUPLICATE", "DISCARDED", "QUARANTINED", "SPOOLED", "DIFFERENCE",
        ])
        for source in ledger.sources {
            sources.add(
                [source.name]
                    + [
                        source.accepted, source.queued, source.duplicate, source.discarded, source.quarantined,
                        source.spooled, source.unaccounted,
                    ].map { "\($0)" })
        }
        sources.print()
        Terminal.print("")
        var flows = TextTable([
            "QUEUE OR LANE", "ENTERED", "DONE", "DISCARDED", "DEAD", "WAITING", "IN FLIGHT", "DELAYED", "DIFFERENCE",
        ])
        for queue in ledger.queues {
            flows.add(
                ["queue \(queue.name)" + (queue.isByWorkersWord ? " (done by its workers' word)" : "")]
                    + Self.cells(queue.flow))
        }
        for lane in ledger.lanes { flows.add(["lane \(lane.name)"] + Self.cells(lane.flow)) }
        flows.print()
        Terminal.print("")
        Terminal.print(Self.verdict(ledger))
    }

    private static func cells(_ flow: Ledger.Flow) -> [String] {
        [
            flow.entered, flow.done, flow.discarded, flow.dead, flow.waiting, flow.inFlight, flow.delayed,
            flow.unaccounted,
        ].map { "\($0)" }
    }

    private static func verdict(_ ledger: Ledger) -> String {
        guard ledger.unaccounted > 0 else {
            return Terminal.coloured("balanced: every accepted event is accounted for", .green)
        }
        let differences =
            ledger.sources.map { ("source \($0.name)", $0.unaccounted) }
            + ledger.queues.map { ("queue \($0.name)", $0.flow.unaccounted) }
            + ledger.lanes.map { ("lane \($0.name)", $0.flow.unaccounted) }
        var sentences = differences.filter { $0.1 != 0 }.map { place, count in
            count > 0
                ? "\(place): \(count) missing" : "\(place): \(-count) more than ever entered (pushed past the gateway?)"
        }
        if ledger.lostByStore > 0 {
            sentences.append(
                "the store: \(ledger.lostByStore) confirmed events lost when it was restarted or replaced (`webhook-gateway doctor` says how to make it durable)"
            )
        }
        return Terminal.coloured("not balanced: \(sentences.joined(separator: "; "))", .red)
    }
}

/// `audit`: the proof that every accepted event is accounted for.
struct AuditCommand: Command {
    static let name = "audit"
    static let summary = "account for every accepted event; exit 1 when one is missing"
    static let usage = """
        webhook-gateway audit [--json]

        Reads the ledger in one step and checks for each source
          accepted = queued + duplicate + discarded + quarantined + spooled
        and for the forwarder's queue and each destination's lane
          entered = done + discarded + dead + waiting + in flight + delayed
        and that the store still knows of every new event that it had confirmed to this gateway (its own count is kept in
        the data directory): a store that came back without its last writes has lost some.
        Exits 1 when a difference is left. Of queues of other workers `done` is what is not there any more: their word.

        \(AdminPlace.help)
          --json          the whole ledger as one JSON object
        """

    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        place = try arguments.adminPlace()
        isJSON = try arguments.flag("--json")
    }

    func run() async throws -> ExitCode {
        let ledger = try await ledger()
        if isJSON { Terminal.print(ledger.text) } else { show(ledger) }
        return ledger.integer("unaccounted") == 0 ? .success : .failure
    }

    /// The books, as the gateway keeps them or as the store and this machine's spool have them.
    private func ledger() async throws -> Row {
        switch place {
        case .gateway: return try await AdminClient.run(place) { try await $0.get("/ledger") }
        case .store(let configuration):
            return try await StoreSession.run(configuration) { session in
                var ledger = try await session.ledger()
                ledger.add(spooled: try await SpoolCount.read(session))
                guard let row = Row(ledger.line.json) else { throw NotFound(description: "the ledger cannot be read") }
                return row
            }
        }
    }

    private func show(_ ledger: Row) {
        var sources = TextTable([
            "SOURCE", "ACCEPTED", "QUEUED", "DUPLICATE", "DISCARDED", "QUARANTINED", "SPOOLED", "DIFFERENCE",
        ])
        for source in ledger.rows("sources") {
            sources.add(
                [source["source"] ?? "-"]
                    + Self.cells(
                        source,
                        ["accepted", "queued", "duplicate", "discarded", "quarantined", "spooled", "unaccounted"]))
        }
        sources.print()
        Terminal.print("")
        var flows = TextTable([
            "QUEUE OR LANE", "ENTERED", "DONE", "DISCARDED", "DEAD", "WAITING", "IN FLIGHT", "DELAYED", "DIFFERENCE",
        ])
        for queue in ledger.rows("queues") {
            let word = queue.flag("doneByWorkersWord") ? " (done by its workers' word)" : ""
            flows.add(["queue \(queue["queue"] ?? "-")\(word)"] + Self.cells(queue, Self.flow))
        }
        for lane in ledger.rows("lanes") {
            flows.add(["lane \(lane["destination"] ?? "-")"] + Self.cells(lane, Self.flow))
        }
        flows.print()
        Terminal.print("")
        Terminal.print(Self.verdict(ledger))
    }

    private static let flow = [
        "entered", "done", "discarded", "dead", "waiting", "inFlight", "delayed", "unaccounted",
    ]

    private static func cells(_ row: Row, _ names: [String]) -> [String] { names.map { row[$0] ?? "-" } }

    private static func verdict(_ ledger: Row) -> String {
        guard ledger.integer("unaccounted") != 0 else {
            return Terminal.coloured("balanced: every accepted event is accounted for", .green)
        }
        let places = [("sources", "source"), ("queues", "queue"), ("lanes", "destination")]
        let differences = places.flatMap { list, name in
            ledger.rows(list).map { row in
                ("\(name == "destination" ? "lane" : name) \(row[name] ?? "-")", row.integer("unaccounted") ?? 0)
            }
        }
        var sentences = differences.filter { $0.1 != 0 }.map { place, count in
            count > 0
                ? "\(place): \(count) missing" : "\(place): \(-count) more than ever entered (pushed past the gateway?)"
        }
        if let lost = ledger.integer("lostByStore"), lost > 0 {
            sentences.append(
                "the store: \(lost) confirmed events lost when it was restarted or replaced (`webhook-gateway doctor` says how to make it durable)"
            )
        }
        return Terminal.coloured("not balanced: \(sentences.joined(separator: "; "))", .red)
    }
}

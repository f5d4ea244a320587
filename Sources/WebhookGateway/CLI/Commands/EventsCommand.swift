import Verifiers

/// `events`: search the archive, look at one event, watch them come, send some again.
struct EventsCommand: Command {
    static let name = "events"
    static let summary = "search events, watch them come, inspect one, replay one or many"
    static let usage = """
        webhook-gateway events list [FILTERS] [--limit N] [--cursor C] [--json]
        webhook-gateway events tail [--source S] [--type T] [--status X] [--tenant T] [--json]
        webhook-gateway events show ID [--source S] [--raw] [--json]
        webhook-gateway events replay ID… | FILTERS | --all [--to DESTINATION]… [--queue QUEUE] [--mapping WHICH]
                                      [--force] [--rate N] [--error-budget N] [--dry-run] [--detach] [--json]

        list    newest first
        tail    events as they come in, until it is interrupted
        show    the event, the delivery it came with, how it stands with each destination, and every attempt
        replay  send once more, with the same id and an attribute `replay`: to every destination that wants it (the
                forwarder's queue), to the destinations named whatever their filters say, or to another queue. Several
                events are sent by the gateway, oldest first, at the rate given; here the progress is shown. Ctrl-C
                cancels what is not sent yet; `replays` shows, pauses and resumes them

          ID              the event's id, or the provider's (evt_…) as long as it is remembered against duplicates
        \(EventSelection.help)
                          (list: --to is the same as --until)
          --limit N       how many; 50
          --cursor C      go on where the page before ended
          --raw           the body's bytes exactly as they were received, and nothing else
          --all           replay: all there are, when no filter is given
          --to D          replay: to this destination; may be repeated; `queue` is the forwarder's queue
          --queue Q       replay: to this queue
          --mapping W     replay: original, as it was mapped then; current, mapped anew by the mapping in force; original
          --force         replay: with a new deduplication key, so that destinations that drop duplicates take it again
          --rate N        replay: events a second; 100
          --error-budget N  replay: so many that cannot be sent pause it; 100
          --dry-run       replay: send nothing, tell what it would come to
          --detach        replay: do not wait for its end
        \(AdminPlace.help)
          --json          one JSON object an event; replay: one for the replay or each event
        """

    private enum Verb {
        case list(EventSelection, limit: Int, cursor: String?)
        case tail(EventSelection)
        case show(String, source: String?, raw: Bool)
        case replay([String], source: String?, ReplayOptions)
        case replayMany(EventSelection, ReplayOptions)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "tail", "show", "replay"])
        place = try arguments.adminPlace()
        isJSON = try arguments.flag("--json")
        switch word {
        case "show":
            let source = try arguments.value("--source")
            let raw = try arguments.flag("--raw")
            verb = .show(try arguments.positional("the event's id"), source: source, raw: raw)
        case "replay": verb = try Self.replay(&arguments)
        case "tail": verb = .tail(try EventSelection(&arguments, takesTo: false))
        default:
            let filter = try EventSelection(&arguments, takesTo: true)
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            verb = .list(filter, limit: limit, cursor: try arguments.cursor())
        }
        if case .tail(let filter) = verb, filter.from ?? filter.to != nil || filter.text ?? filter.destination != nil {
            throw UsageError("tail shows what comes in: it takes --source, --type, --status and --tenant")
        }
    }

    private static func replay(_ arguments: inout Arguments) throws(UsageError) -> Verb {
        let options = try ReplayOptions(&arguments)
        let filter = try EventSelection(&arguments, takesTo: false)
        let isAll = try arguments.flag("--all")
        var ids: [String] = []
        while let id = arguments.positional() { ids.append(id) }
        guard !ids.isEmpty else {
            if filter.isOpen, !isAll { throw UsageError("say which: ids from `events list`, filters, or --all") }
            return .replayMany(filter, options)
        }
        var others = filter
        others.source = nil
        guard others.isOpen, !isAll else { throw UsageError("ids are taken as they are: without --all and filters") }
        try options.expectNoneForMany()
        return .replay(ids, source: filter.source, options)
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list(let filter, let limit, let cursor): try await list(filter, limit, cursor, client)
            case .tail(let filter):
                try await filter.expectNames(client)
                try await EventTail(filter: filter, isJSON: isJSON, client: client).run()
            case .show(let name, let source, let raw):
                let id = try await client.event(named: name, source: source)
                if raw {
                    Terminal.print(raw: try await client.bytes("/events/\(AdminCall.encoded(id))/raw"))
                } else {
                    show(try await client.get("/events/\(AdminCall.encoded(id))"))
                }
            case .replay(let names, let source, let options):
                return try await EventReplayRun(options: options, isJSON: isJSON, client: client)
                    .run(names, source: source)
            case .replayMany(let filter, let options):
                try await filter.expectNames(client)
                return try await BulkReplay(filter: filter, options: options, isJSON: isJSON, client: client).run()
            }
            return .success
        }
    }

    // MARK: list

    @ControlPlane
    private func list(_ filter: EventSelection, _ limit: Int, _ cursor: String?, _ client: AdminClient) async throws {
        let (rows, next) = try await client.list("/events", filter.query, limit: limit, after: cursor)
        if rows.isEmpty { try await filter.expectNames(client) }
        if isJSON {
            for row in rows { Terminal.printJSON(row.text) }
        } else {
            var table = TextTable(["ID", "RECEIVED", "SOURCE", "TYPE", "STATUS", "SUBJECT"], optional: ["SUBJECT"])
            let now = Clock.unixMilliseconds()
            for row in rows {
                table.add(
                    [row["id"] ?? "-", Moment.cell(row["receivedAt"], now)]
                        + ["source", "type", "status", "subject"].map { row[$0] ?? "-" })
            }
            table.print()
        }
        if let next { Terminal.printError("more with --cursor \(next)") }
    }

    // MARK: show

    private func show(_ event: Row) {
        if isJSON { return Terminal.printJSON(event.text) }
        func text(_ path: String) -> String { VisibleText.escaped(event[path] ?? "-") }
        Terminal.print("event        \(text("id"))")
        Terminal.print("type         \(text("type"))")
        Terminal.print("status       \(text("status"))")
        Terminal.print("source       \(text("source")), tenant \(text("tenant"))")
        Terminal.print("received     \(text("receivedAt")), \(text("bodyBytes")) bytes (--raw prints them)")
        Terminal.print("\ndelivery\n\(JSONLayoutPrinter.indented(event.value("metadata")))")
        Terminal.print("\nevent\n\(JSONLayoutPrinter.indented(event.value("event")))")
        let destinations = event.rows("destinations")
        if !destinations.isEmpty {
            Terminal.print("")
            var table = TextTable(["DESTINATION", "STATUS", "ATTEMPTS", "CATEGORY", "REASON"])
            for row in destinations {
                let status = (row["status"] ?? "-") + (row.flag("unverifiable") ? ", unverifiable" : "")
                table.add([
                    row["destination"] ?? "-", status, row["attempts"] ?? "0", row["category"] ?? "-",
                    row["reason"] ?? "-",
                ])
            }
            table.print()
        }
        let attempts = event.elements("attempts")
        if !attempts.isEmpty { Terminal.print("\nattempts, oldest first") }
        for attempt in attempts { Terminal.print(JSONLayoutPrinter.indented(attempt)) }
    }
}

extension AdminClient {
    /// The id of the event that goes by a name, the provider's or ours.
    func event(named name: String, source: String?) async throws -> String {
        if source == nil, ULID(name) != nil { return name }
        let found = try await get("/events", [("q", name), ("source", source), ("limit", "10")]).rows("items")
        let ids = found.filter { $0["id"] == name || $0["providerId"] == name }.compactMap { $0["id"] }
        guard ids.count <= 1 else {
            throw NotFound(
                description:
                    "several sources have an event \(TextRule.quoted(name)): \(ids.joined(separator: ", ")); name one of them"
            )
        }
        guard let id = ids.first else {
            throw NotFound(
                description:
                    "there is no event \(TextRule.quoted(name)); it may have expired (archive.ttlSeconds), `events list` shows those there are"
            )
        }
        return id
    }
}

import Verifiers

/// `events`: search the archive, look at one event, send one again.
struct EventsCommand: Command {
    static let name = "events"
    static let summary = "search events, inspect one, replay one"
    static let usage = """
        webhook-gateway events list [--source S] [--type T] [--status X] [--tenant T] [--from TIME] [--to TIME]
                                    [--limit N] [--cursor C] [--config FILE] [--json]
        webhook-gateway events tail [--source S] [--type T] [--status X] [--tenant T] [--config FILE] [--json]
        webhook-gateway events show ID [--source S] [--raw] [--config FILE] [--json]
        webhook-gateway events replay ID [--source S] [--to DESTINATION | --queue QUEUE] [--config FILE]

        list    newest first
        tail    events as they come in, until it is interrupted
        show    the event, the delivery it came with, how it stands with each destination, and every attempt
        replay  send it once more, with the same id and an attribute `replay`: to every destination that wants it (the
                forwarder's queue), to one destination whatever its filter says, or to another queue

          ID              the event's id, or the provider's (evt_…) as long as it is remembered against duplicates
          --source S      events of this source
          --type T        of this type; * stands for any run of characters: payment.*
          --status X      queued, forwarding, delivered, partly, dead, discarded, skipped, quarantined
          --tenant T      of this tenant
          --from, --to    received in this time: 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 7d)
          --limit N       how many; 50
          --cursor C      go on where the page before ended
          --raw           the body's bytes exactly as they were received, and nothing else
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one JSON object an event
        """

    private enum Verb {
        case list(EventQuery, limit: Int, EventCursor?)
        case tail(EventQuery)
        case show(String, raw: Bool)
        case replay(String, EventReplay.Target)
    }

    private let verb: Verb
    private let source: String?
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "tail", "show", "replay"])
        configuration = try arguments.value("--config")
        source = try arguments.value("--source")
        isJSON = word == "replay" ? false : try arguments.flag("--json")
        switch word {
        case "show":
            let raw = try arguments.flag("--raw")
            verb = .show(try arguments.positional("the event's id"), raw: raw)
        case "replay":
            let destination = try arguments.value("--to")
            let queue = try arguments.value("--queue")
            guard destination == nil || queue == nil else { throw UsageError("--to and --queue exclude each other") }
            verb = .replay(
                try arguments.positional("the event's id"),
                destination.map { .destination($0) } ?? .queue(queue ?? Keys.eventsQueue))
        default:
            var query = EventQuery(sources: source.map { [$0] })
            query.type = try arguments.value("--type").map { TypePattern($0) }
            query.status = try arguments.value("--status").map { (text) throws(UsageError) in try Self.status(text) }
            query.tenant = try arguments.value("--tenant")
            if word == "tail" {
                verb = .tail(query)
                return
            }
            query.from = try arguments.moment("--from")
            query.to = try arguments.moment("--to")
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            let cursor = try arguments.value("--cursor").map { (text) throws(UsageError) in
                guard let cursor = EventCursor(text) else {
                    throw UsageError("--cursor is what the page before printed, not \(TextRule.quoted(text))")
                }
                return cursor
            }
            verb = .list(query, limit: limit, cursor)
        }
    }

    private static func status(_ text: String) throws(UsageError) -> EventStatus {
        if let status = EventStatus(rawValue: text) { return status }
        let all = EventStatus.allCases.map(\.rawValue)
        let guess = NearestName.to(text, among: all).map { "did you mean \($0)? " } ?? ""
        throw UsageError(
            "--status: \(TextRule.quoted(text)) is not a status; \(guess)there are \(all.joined(separator: ", "))")
    }

    func run() async throws -> ExitCode {
        try await StoreSession.run(configuration) { session in
            switch verb {
            case .list(let query, let limit, let cursor):
                try await list(try await session.eventSearch.list(query, limit: limit, after: cursor))
            case .tail(let query): try await tail(query, isJSON: isJSON, session)
            case .show(let name, let raw): show(try await find(name, session), raw: raw)
            case .replay(let name, let target):
                return try await replay(try await find(name, session), to: target, session)
            }
            return .success
        }
    }

    /// The one event of that name.
    @ControlPlane
    private func find(_ name: String, _ session: StoreSession) async throws -> EventDetail {
        let ids = try await session.eventSearch.ids(named: name, source: source)
        guard ids.count <= 1 else {
            throw NotFound(
                description:
                    "several sources have an event \(TextRule.quoted(name)): \(ids.joined(separator: ", ")); name one of them"
            )
        }
        guard let id = ids.first, let detail = try await session.eventSearch.detail(id) else {
            throw NotFound(
                description:
                    "there is no event \(TextRule.quoted(name)); it may have expired (archive.ttlSeconds), `events list` shows those there are"
            )
        }
        return detail
    }

    // MARK: list

    private func list(_ page: EventPage) async throws {
        if isJSON {
            for event in page.events { Terminal.printJSON(event.line.text) }
        } else {
            var table = TextTable(["ID", "RECEIVED", "SOURCE", "TYPE", "STATUS", "SUBJECT"])
            for event in page.events {
                table.add([
                    event.id, Moment.text(event.receivedAt), event.source, event.type, event.status.rawValue,
                    event.subject ?? "-",
                ])
            }
            table.print()
        }
        if let next = page.next { Terminal.printError("more with --cursor \(next)") }
    }

    // MARK: show

    private func show(_ detail: EventDetail, raw: Bool) {
        if raw { return Terminal.print(raw: Array(detail.record.body)) }
        if isJSON { return Terminal.printJSON(detail.line.text) }
        if let summary = detail.summary {
            Terminal.print("event        \(summary.id)")
            Terminal.print("type         \(VisibleText.escaped(summary.type))")
            Terminal.print("status       \(summary.status.rawValue)")
            Terminal.print(
                "source       \(VisibleText.escaped(summary.source)), tenant \(VisibleText.escaped(summary.tenant))")
            Terminal.print(
                "received     \(Moment.text(summary.receivedAt)), \(detail.record.body.count) bytes (--raw prints them)"
            )
        }
        Terminal.print("\ndelivery\n\(JSONLayoutPrinter.indented(Array(detail.record.metadata)))")
        Terminal.print("\nevent\n\(JSONLayoutPrinter.indented(Array(detail.record.json)))")
        if !detail.destinations.isEmpty {
            Terminal.print("")
            var table = TextTable(["DESTINATION", "STATUS", "ATTEMPTS", "CATEGORY", "REASON"])
            for destination in detail.destinations {
                table.add([
                    destination.name, destination.statusText, "\(destination.attempts)", destination.category ?? "-",
                    destination.reason ?? "-",
                ])
            }
            table.print()
        }
        if !detail.attempts.isEmpty { Terminal.print("\nattempts, oldest first") }
        for attempt in detail.attempts { Terminal.print(JSONLayoutPrinter.indented(attempt)) }
    }

    // MARK: replay

    @ControlPlane
    private func replay(_ detail: EventDetail, to target: EventReplay.Target, _ session: StoreSession) async throws
        -> ExitCode
    {
        if case .destination(let name) = target, session.configuration.destination(named: name)?.enabled != true {
            let names = session.configuration.destinations.filter(\.enabled).map(\.name)
            throw UsageError(
                "--to: there is no enabled destination \(TextRule.quoted(name)); there are \(names.joined(separator: ", "))"
            )
        }
        switch try await EventReplay(connection: session.connection, keys: session.keys).replay(detail, to: target) {
        case .replayed(let replay):
            switch target {
            case .queue(let queue): Terminal.print("\(detail.id) is on the queue \(queue) again, as replay \(replay)")
            case .destination(let name): Terminal.print("\(detail.id) goes to \(name) again, as replay \(replay)")
            }
            return .success
        case .refused(let reason):
            Terminal.printError("\(detail.id) was not replayed: \(VisibleText.escaped(reason))")
            return .failure
        }
    }
}

/// What a command was asked about is not there.
struct NotFound: Error, CustomStringConvertible {
    var description: String
}

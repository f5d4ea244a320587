import Verifiers

/// `dead`: what was given up, and what becomes of it.
struct DeadCommand: Command {
    static let name = "dead"
    static let summary = "list events that were given up, take them up again or discard them"
    static let usage = """
        webhook-gateway dead list [FILTERS] [--limit N] [--cursor C] [--json]
        webhook-gateway dead groups [FILTERS] [--json]
        webhook-gateway dead show ID [--json]
        webhook-gateway dead retry ID… | --all [FILTERS] [--json]
        webhook-gateway dead discard ID… | --all [FILTERS] [--json]

        list     what destinations and workers gave up, and quarantined deliveries, with the reason; by place, oldest first
        groups   the same by what went wrong: how many, since when, and what usually mends them
        show     one of them, with every attempt
        retry    take up again: the event goes back to its lane or queue; a quarantined delivery is mapped anew by the
                 mapping of now, and goes to its queues or stays with the new reason
        discard  give up for good; the ledger counts it as discarded

          ID                <destination>/<event id>, queue:<queue>/<event id>, or the event id alone: wherever it lies dead
          --all             everything that the filters mean
          --destination D   given up by this destination; may be repeated
          --queue Q         on the dead list of this queue; may be repeated
          --source S        of this source
          --type T          of this type; * stands for any run of characters
          --category C      authentication, authorization, rate_limit, validation, network, provider_error, data_error,
                            configuration, unknown
          --group G         of the group with this fingerprint
          --from, --to      given up in this time: 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 7d)
          --limit N         how many; 50
          --cursor C        go on where the page before ended
        \(AdminPlace.help)
          --json            list, groups: one object each; retry, discard: {"changed":2,"refused":[{"id","reason"}]}
        """

    /// Which dead letters a change means.
    private enum Selection {
        case named([String])
        case all(DeadSelection)
    }

    private enum Verb {
        case list(DeadSelection, limit: Int, cursor: String?)
        case groups(DeadSelection)
        case show(String)
        case change(isRetry: Bool, Selection)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "groups", "show", "retry", "discard"])
        place = try arguments.adminPlace()
        isJSON = try arguments.flag("--json")
        switch word {
        case "show": verb = .show(try arguments.positional("the dead letter's id"))
        case "retry", "discard": verb = .change(isRetry: word == "retry", try Self.selection(&arguments))
        case "groups": verb = .groups(try DeadSelection(&arguments))
        default:
            let filter = try DeadSelection(&arguments)
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            verb = .list(filter, limit: limit, cursor: try arguments.cursor())
        }
    }

    private static func selection(_ arguments: inout Arguments) throws(UsageError) -> Selection {
        let isAll = try arguments.flag("--all")
        let filter = try DeadSelection(&arguments)
        var ids: [String] = []
        while let id = arguments.positional() { ids.append(id) }
        switch (isAll, ids.isEmpty) {
        case (true, true): return .all(filter)
        case (false, false):
            guard filter.isOpen else { throw UsageError("filters go with --all; ids are taken as they are") }
            return .named(ids)
        case (true, false): throw UsageError("--all and ids exclude each other")
        case (false, true): throw UsageError("say which: ids from `dead list`, or --all with filters")
        }
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list(let filter, let limit, let cursor): try await list(filter, limit, cursor, client)
            case .groups(let filter): try await groups(filter, client)
            case .show(let name): try await show(name, client)
            case .change(let isRetry, let selection):
                return tell(try await change(selection, isRetry, client), isRetry ? "taken up again" : "discarded")
            }
            return .success
        }
    }

    // MARK: list, groups and show

    @ControlPlane
    private func list(_ filter: DeadSelection, _ limit: Int, _ cursor: String?, _ client: AdminClient) async throws {
        var letters: [DeadRow] = []
        var next: String?
        if filter.queries.count == 1 {
            let page = try await client.list("/dead", filter.queries[0], limit: limit, after: cursor)
            (letters, next) = (page.rows.map { DeadRow($0) }, page.next)
        } else if cursor != nil {
            throw UsageError("--cursor goes with at most one --destination or --queue")
        }
        for query in filter.queries where filter.queries.count > 1 && letters.count < limit {
            letters += try await client.list("/dead", query, limit: limit - letters.count).rows.map { DeadRow($0) }
        }
        if letters.isEmpty { try await filter.expectNames(client) }
        if isJSON {
            for letter in letters { Terminal.printJSON(letter.line.text) }
        } else {
            let now = Clock.unixMilliseconds()
            var table = TextTable(["ID", "TYPE", "CATEGORY", "SINCE", "REASON"], optional: ["TYPE", "SINCE"])
            for letter in letters {
                let row = letter.row
                table.add([
                    row["id"] ?? "-", row["type"] ?? "-",
                    row.flag("quarantined") ? "quarantined" : row["category"] ?? "-",
                    row.moment("deadAt").map { Moment.length(milliseconds: now - $0) } ?? "-", row["reason"] ?? "-",
                ])
            }
            table.print()
        }
        if let next { Terminal.printError("more with --cursor \(next)") }
    }

    @ControlPlane
    private func groups(_ filter: DeadSelection, _ client: AdminClient) async throws {
        var groups: [Row] = []
        for query in filter.queries {
            let answer = try await client.get("/dead/groups", query)
            groups += answer.rows("items")
            if !answer.flag("complete") {
                Terminal.printError(
                    "only the first \(answer["letters"] ?? "few") dead letters were looked at; filters narrow it")
            }
        }
        if groups.isEmpty { try await filter.expectNames(client) }
        if isJSON { return groups.forEach { Terminal.printJSON($0.text) } }
        let now = Clock.unixMilliseconds()
        var table = TextTable(
            ["GROUP", "COUNT", "PLACE", "CATEGORY", "LAST", "REASON", "WHAT USUALLY MENDS IT"],
            optional: ["WHAT USUALLY MENDS IT", "CATEGORY"])
        for group in groups {
            table.add([
                group["group"] ?? "-", group["count"] ?? "-", group["place"] ?? "-",
                group.flag("quarantined") ? "quarantined" : group["category"] ?? "-",
                group.moment("lastSeen").map { "\(Moment.length(milliseconds: now - $0)) ago" } ?? "-",
                group["reason"] ?? "-", group["actionText"] ?? "-",
            ])
        }
        table.print()
    }

    @ControlPlane
    private func show(_ name: String, _ client: AdminClient) async throws {
        let letters = try await client.deadLetters(named: name)
        guard !letters.isEmpty else {
            throw NotFound(description: "\(TextRule.quoted(name)) is not on a dead list (any more)")
        }
        for letter in letters {
            if isJSON {
                var line = letter.line
                line.add("event", json: letter.event)
                line.add("attemptRecords", list: letter.row.elements("attemptRecords"))
                Terminal.printJSON(line.text)
            } else {
                print(letter)
            }
        }
    }

    private func print(_ letter: DeadRow) {
        let row = letter.row
        func text(_ path: String) -> String { VisibleText.escaped(row[path] ?? "-") }
        Terminal.print("dead letter  \(text("id"))")
        Terminal.print("category     \(text("category"))" + (row.flag("quarantined") ? ", quarantined" : ""))
        Terminal.print("reason       \(text("reason"))")
        if let deadAt = row["deadAt"] { Terminal.print("since        \(VisibleText.escaped(deadAt))") }
        if let attempts = row.integer("attempts"), attempts > 0 { Terminal.print("attempts     \(attempts)") }
        if letter.event.isEmpty {
            Terminal.print("\nentry\n\(text("content"))")
        } else {
            Terminal.print("\nevent\n\(JSONLayoutPrinter.indented(letter.event))")
        }
        let attempts = row.elements("attemptRecords")
        if !attempts.isEmpty { Terminal.print("\nattempts, oldest first") }
        for attempt in attempts { Terminal.print(JSONLayoutPrinter.indented(attempt)) }
    }

    // MARK: retry and discard

    /// What a change came to.
    private struct Outcome {
        var changed = 0
        /// Each `{"id","reason"}`; the API names the first thousand.
        var refused: [Row] = []
        var refusedCount = 0
    }

    private static let idsPerCall = 1000

    @ControlPlane
    private func change(_ selection: Selection, _ isRetry: Bool, _ client: AdminClient) async throws -> Outcome {
        var outcome = Outcome()
        func change(_ body: JSONLine) async throws {
            let answer = try await client.post(isRetry ? "/dead/retry" : "/dead/discard", body)
            outcome.changed += answer.integer("changed") ?? 0
            outcome.refused += answer.rows("refused")
            outcome.refusedCount += answer.integer("refusedCount") ?? 0
        }
        switch selection {
        case .all(let filter):
            try await filter.expectNames(client)
            for members in filter.queries {
                var json = JSONLine()
                for (name, value) in members { json.add(name, value) }
                var body = JSONLine()
                body.add("filter", json: json.json)
                try await change(body)
            }
        case .named(let names):
            var ids: [String] = []
            for name in names {
                let found =
                    name.contains("/") ? [name] : try await client.deadLetters(named: name).compactMap { $0.row["id"] }
                ids += found
                guard found.isEmpty else { continue }
                var line = JSONLine()
                line.add("id", name)
                line.add("reason", DeadStore.gone)
                outcome.refused += [Row(line.json)].compactMap(\.self)
                outcome.refusedCount += 1
            }
            while !ids.isEmpty {
                var body = JSONLine()
                body.add("ids", list: ids.prefix(Self.idsPerCall).map(\.quotedJSON))
                ids = Array(ids.dropFirst(Self.idsPerCall))
                try await change(body)
            }
        }
        return outcome
    }

    private func tell(_ outcome: Outcome, _ done: String) -> ExitCode {
        if isJSON {
            var line = JSONLine()
            line.add("changed", outcome.changed)
            line.add("refused", list: outcome.refused.map(\.json))
            Terminal.printJSON(line.text)
        } else {
            Terminal.print("\(outcome.changed) \(done)")
            for row in outcome.refused {
                Terminal.printError(
                    "\(VisibleText.escaped(row["id"] ?? "-")): \(VisibleText.escaped(row["reason"] ?? "-"))")
            }
        }
        let unnamed = outcome.refusedCount - outcome.refused.count
        if unnamed > 0 { Terminal.printError("and \(unnamed) more were left alone") }
        return outcome.refusedCount == 0 ? .success : .failure
    }
}

/// Which dead letters a command line means.
struct DeadSelection: Sendable {
    private var destinations: [String] = []
    private var queues: [String] = []
    private var source: String?
    private var members: [(String, String?)] = []

    init(_ arguments: inout Arguments) throws(UsageError) {
        destinations = try arguments.values("--destination")
        queues = try arguments.values("--queue")
        source = try arguments.value("--source")
        let type = try arguments.value("--type")
        let group = try arguments.value("--group")
        let from = try arguments.moment("--from").map(Moment.text)
        let to = try arguments.moment("--to").map(Moment.text)
        let category = try arguments.value("--category")
        if let category { try Self.check(category) }
        members = [
            ("source", source), ("type", type), ("category", category), ("group", group), ("from", from), ("to", to),
        ].filter { $0.1 != nil }
    }

    private static func check(_ category: String) throws(UsageError) {
        let all = FailureCategory.allCases.map(\.rawValue)
        guard !all.contains(category) else { return }
        let guess = NearestName.to(category, among: all).map { "did you mean \($0)? " } ?? ""
        throw UsageError(
            "--category: \(TextRule.quoted(category)) is none; \(guess)there are \(all.joined(separator: ", "))")
    }

    /// Whether it means everything.
    var isOpen: Bool { destinations.isEmpty && queues.isEmpty && members.isEmpty }

    /// As the API's queries and filters name it: one for each place named, or one for all.
    var queries: [[(String, String?)]] {
        let places = destinations.sorted().map { ("destination", $0) } + queues.sorted().map { ("queue", $0) }
        return places.isEmpty ? [members] : places.map { members + [($0.0, $0.1)] }
    }

    /// Fails when it names a destination, queue or source that there is not.
    @ControlPlane
    func expectNames(_ client: AdminClient) async throws {
        try await client.expect("destination", destinations, in: "/destinations")
        try await client.expect("queue", queues, in: "/queues")
        try await client.expect("source", source.map { [$0] } ?? [], in: "/sources")
    }
}

/// A dead letter of an answer.
struct DeadRow: Sendable {
    let row: Row

    init(_ row: Row) { self.row = row }

    /// The event; nothing where there is none.
    var event: [UInt8] {
        let content = row.value("content")
        return content.first == UInt8(ascii: "{") ? content : []
    }

    /// One line of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", row["id"])
        switch DeadPlace(row["place"] ?? "") {
        case .lane(let destination):
            line.add("destination", destination)
            line.add("queue", nil as String?)
        case .queue(let queue):
            line.add("destination", nil as String?)
            line.add("queue", queue)
        }
        line.add("eventId", row["event"])
        for name in ["type", "source", "tenant", "category", "reason"] { line.add(name, row[name]) }
        line.add("httpStatus", row.integer("httpStatus"))
        line.add("attempts", row.integer("attempts"))
        line.add("deadAt", row["deadAt"])
        line.add("quarantined", row.flag("quarantined"))
        return line
    }
}

extension AdminClient {
    /// The dead letters of that name: a whole id names one, an event id every place where the event lies dead.
    func deadLetters(named name: String) async throws -> [DeadRow] {
        var ids: [DeadLetter.ID] = []
        if let id = DeadLetter.ID(name) {
            ids = [id]
        } else {
            let event = try await get("/events", [("q", name), ("limit", "10")]).rows("items").first {
                $0["providerId"] == name
            }
            for place in try await deadPlaces() { ids.append(DeadLetter.ID(place, event?["id"] ?? name)) }
        }
        var letters: [DeadRow] = []
        for id in ids {
            do {
                let path = "/dead/\(AdminCall.encoded(id.place.description))/\(AdminCall.encoded(id.event))"
                letters.append(DeadRow(try await get(path)))
            } catch let refusal as Refusal where refusal.status == 404 {
                // It does not lie there.
            }
        }
        return letters
    }

    /// Where dead letters can lie.
    private func deadPlaces() async throws -> [DeadPlace] {
        let destinations = try await all("/destinations").compactMap { $0["destination"] }
        do {
            let queues = try await all("/queues").compactMap { $0["queue"] }
            return destinations.map { .lane($0) } + queues.map { .queue($0) }
        } catch let refusal as Refusal where refusal.status == 403 {
            // A tenant's token does not see the queues: its quarantined deliveries lie on the forwarder's, if anywhere.
            return destinations.map { .lane($0) } + [.queue(Keys.eventsQueue)]
        }
    }
}

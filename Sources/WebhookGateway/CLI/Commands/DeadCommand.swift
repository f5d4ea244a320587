import Verifiers

/// `dead`: what was given up, and what becomes of it.
struct DeadCommand: Command {
    static let name = "dead"
    static let summary = "list events that were given up, take them up again or discard them"
    static let usage = """
        webhook-gateway dead list [FILTERS] [--limit N] [--cursor C] [--config FILE] [--json]
        webhook-gateway dead show ID [--config FILE] [--json]
        webhook-gateway dead retry ID… | --all [FILTERS] [--config FILE] [--json]
        webhook-gateway dead discard ID… | --all [FILTERS] [--config FILE] [--json]

        list     what destinations and workers gave up, and quarantined deliveries, with the reason; by place, oldest first
        show     one of them, with every attempt
        retry    take up again: the event goes back to its lane or queue; a quarantined delivery is mapped anew by the
                 configuration of now, and goes to its queues or stays with the new reason
        discard  give up for good; the ledger counts it as discarded

          ID                <destination>/<event id>, queue:<queue>/<event id>, or the event id alone: wherever it lies dead
          --all             everything that the filters mean
          --destination D   given up by this destination; may be repeated
          --queue Q         on the dead list of this queue; may be repeated
          --source S        of this source
          --type T          of this type; * stands for any run of characters
          --category C      authentication, authorization, rate_limit, validation, network, provider_error, data_error,
                            configuration, unknown
          --from, --to      given up in this time: 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 7d)
          --limit N         how many; 50
          --cursor C        go on where the page before ended
          --config FILE     the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json            list: one object each; retry, discard: {"changed":2,"refused":[{"id","reason"}]}
        """

    /// Which dead letters a change means.
    private enum Selection {
        case named([String])
        case all(DeadFilter)
    }

    private enum Verb {
        case list(DeadFilter, limit: Int, DeadCursor?)
        case show(String)
        case retry(Selection)
        case discard(Selection)
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "show", "retry", "discard"])
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        switch word {
        case "show": verb = .show(try arguments.positional("the dead letter's id"))
        case "retry": verb = .retry(try Self.selection(&arguments))
        case "discard": verb = .discard(try Self.selection(&arguments))
        default:
            let filter = try Self.filter(&arguments)
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            let cursor = try arguments.value("--cursor").map { (text) throws(UsageError) in
                guard let cursor = DeadCursor(text) else {
                    throw UsageError("--cursor is what the page before printed, not \(TextRule.quoted(text))")
                }
                return cursor
            }
            verb = .list(filter, limit: limit, cursor)
        }
    }

    private static func selection(_ arguments: inout Arguments) throws(UsageError) -> Selection {
        let isAll = try arguments.flag("--all")
        let filter = try filter(&arguments)
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

    private static func filter(_ arguments: inout Arguments) throws(UsageError) -> DeadFilter {
        var filter = DeadFilter()
        let destinations = try arguments.values("--destination").map { DeadPlace.lane($0) }
        let queues = try arguments.values("--queue").map { DeadPlace.queue($0) }
        if !destinations.isEmpty || !queues.isEmpty { filter.places = Set(destinations + queues) }
        filter.source = try arguments.value("--source")
        filter.type = try arguments.value("--type").map { TypePattern($0) }
        filter.from = try arguments.moment("--from")
        filter.to = try arguments.moment("--to")
        filter.category = try arguments.value("--category").map { (text) throws(UsageError) in
            let all = FailureCategory.allCases.map(\.rawValue)
            guard !all.contains(text) else { return text }
            let guess = NearestName.to(text, among: all).map { "did you mean \($0)? " } ?? ""
            throw UsageError(
                "--category: \(TextRule.quoted(text)) is none; \(guess)there are \(all.joined(separator: ", "))")
        }
        return filter
    }

    func run() async throws -> ExitCode {
        try await StoreSession.run(configuration) { session in
            switch verb {
            case .list(let filter, let limit, let cursor):
                list(try await session.deadStore.list(filter, limit: limit, after: cursor))
                return .success
            case .show(let id):
                try await show(id, session)
                return .success
            case .retry(let selection):
                var (change, missing) = try await change(selection, session, retry: true)
                let release = QuarantineRelease(
                    session.configuration, connection: session.connection, keys: session.keys)
                let released = try await release.release(change.quarantined)
                change.changed += released.changed
                change.refused += released.refused
                return tell(change, missing, "taken up again")
            case .discard(let selection):
                let (change, missing) = try await change(selection, session, retry: false)
                return tell(change, missing, "discarded")
            }
        }
    }

    // MARK: list and show

    private func list(_ page: DeadPage) {
        if isJSON {
            for letter in page.letters { Terminal.printJSON(letter.line.text) }
        } else {
            let now = Clock.unixMilliseconds()
            var table = TextTable(["ID", "TYPE", "CATEGORY", "SINCE", "REASON"])
            for letter in page.letters {
                table.add([
                    letter.id.description, letter.type ?? "-", letter.isQuarantined ? "quarantined" : letter.category,
                    letter.deadAt.map { Moment.length(milliseconds: now - $0) } ?? "-", letter.reason,
                ])
            }
            table.print()
        }
        if let next = page.next { Terminal.printError("more with --cursor \(next)") }
    }

    @ControlPlane
    private func show(_ id: String, _ session: StoreSession) async throws {
        let store = session.deadStore
        var letters: [DeadLetter] = []
        for id in try await Self.ids(id, store) {
            if let letter = try await store.letter(id) { letters.append(letter) }
        }
        guard !letters.isEmpty else {
            throw NotFound(description: "\(TextRule.quoted(id)) is not on a dead list (any more)")
        }
        for letter in letters {
            let attempts = try await store.attempts(of: letter.id.event)
            if isJSON {
                var line = letter.line
                line.add("event", json: letter.hasEvent ? letter.json : [])
                line.add("attemptRecords", list: attempts)
                Terminal.printJSON(line.text)
            } else {
                print(letter, attempts)
            }
        }
    }

    private func print(_ letter: DeadLetter, _ attempts: [[UInt8]]) {
        Terminal.print("dead letter  \(VisibleText.escaped(letter.id.description))")
        Terminal.print(
            "category     \(VisibleText.escaped(letter.category))" + (letter.isQuarantined ? ", quarantined" : ""))
        Terminal.print("reason       \(VisibleText.escaped(letter.reason))")
        if let deadAt = letter.deadAt { Terminal.print("since        \(Moment.text(deadAt))") }
        if letter.attempts > 0 { Terminal.print("attempts     \(letter.attempts)") }
        if letter.hasEvent {
            Terminal.print("\nevent\n\(JSONLayoutPrinter.indented(letter.json))")
        } else {
            Terminal.print("\nentry\n\(VisibleText.escaped(String(decoding: letter.json, as: UTF8.self)))")
        }
        if !attempts.isEmpty { Terminal.print("\nattempts, oldest first") }
        for attempt in attempts { Terminal.print(JSONLayoutPrinter.indented(attempt)) }
    }

    // MARK: retry and discard

    @ControlPlane
    private func change(_ selection: Selection, _ session: StoreSession, retry: Bool) async throws
        -> (DeadChange, missing: [String])
    {
        let store = session.deadStore
        switch selection {
        case .all(let filter):
            return (try await retry ? store.retry(filter) : store.discard(filter), [])
        case .named(let names):
            var ids: [DeadLetter.ID] = []
            var missing: [String] = []
            for name in names {
                let found = try await Self.ids(name, store)
                if found.isEmpty { missing.append(name) }
                ids += found
            }
            return (try await retry ? store.retry(ids) : store.discard(ids), missing)
        }
    }

    /// The dead letters of that name: a whole id names one, an event id every place where the event lies dead.
    @ControlPlane
    private static func ids(_ name: String, _ store: DeadStore) async throws -> [DeadLetter.ID] {
        if let id = DeadLetter.ID(name) { return [id] }
        var ids: [DeadLetter.ID] = []
        for place in try await store.places(DeadFilter()) {
            let id = DeadLetter.ID(place, name)
            if try await store.letter(id) != nil { ids.append(id) }
        }
        return ids
    }

    private func tell(_ change: DeadChange, _ missing: [String], _ done: String) -> ExitCode {
        let refused =
            change.refused.map { ($0.id.description, $0.reason) } + missing.map { ($0, DeadStore.gone) }
        if isJSON {
            var line = JSONLine()
            line.add("changed", change.changed)
            line.add(
                "refused",
                list: refused.map { id, reason in
                    var line = JSONLine()
                    line.add("id", id)
                    line.add("reason", reason)
                    return line.json
                })
            Terminal.printJSON(line.text)
        } else {
            Terminal.print("\(change.changed) \(done)")
            for (id, reason) in refused {
                Terminal.printError("\(VisibleText.escaped(id)): \(VisibleText.escaped(reason))")
            }
        }
        return refused.isEmpty ? .success : .failure
    }
}

extension DeadFilter {
    /// Whether it means everything.
    fileprivate var isOpen: Bool {
        places == nil && category == nil && type == nil && source == nil && tenant == nil && from == nil && to == nil
    }
}

extension DeadLetter {
    /// Whether there is a JSON object to show.
    fileprivate var hasEvent: Bool {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(json[...])
            return document.kind(of: .root) == .object
        } catch {
            return false
        }
    }

    /// One line of JSON.
    var line: JSONLine {
        var line = JSONLine()
        line.add("id", id.description)
        switch id.place {
        case .lane(let destination):
            line.add("destination", destination)
            line.add("queue", nil as String?)
        case .queue(let queue):
            line.add("destination", nil as String?)
            line.add("queue", queue)
        }
        line.add("eventId", id.event)
        line.add("type", type)
        line.add("source", source)
        line.add("tenant", tenant)
        line.add("category", category)
        line.add("reason", reason)
        line.add("httpStatus", status)
        line.add("attempts", attempts)
        line.add("deadAt", deadAt.map { Timestamp(unixMilliseconds: $0).formatted(.milliseconds) })
        line.add("quarantined", isQuarantined)
        return line
    }
}

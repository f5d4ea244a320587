import Verifiers

/// `refused`: deliveries that were refused as unauthentic, and what becomes of them.
struct RefusedCommand: Command {
    static let name = "refused"
    static let summary = "list deliveries that were refused as unauthentic, see why, take them in after all"
    static let usage = """
        webhook-gateway refused list [FILTERS] [--limit N] [--cursor C] [--config FILE] [--json]
        webhook-gateway refused show ID [--raw] [--config FILE] [--json]
        webhook-gateway refused accept ID… | --all [FILTERS] [--config FILE] [--json]
        webhook-gateway refused discard ID… | --all [FILTERS] [--config FILE] [--json]

        list     the refused deliveries that are kept, newest first: of each source at most 200, for three days
        show     one of them, and the likely cause by the configuration of now
        accept   take in those that prove authentic by the configuration of now, as of when they arrived
        discard  forget them

          ID             the request's id, as its answer's X-Request-Id and the log have it
          --all          everything that the filters mean
          --source S     sent to this source
          --reason R     refused for this: missing, malformed, mismatch, expired, address_not_allowed
          --from, --to   refused in this time: 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 3d)
          --limit N      how many; 50
          --cursor C     go on where the page before ended
          --raw          the body's bytes as they were received, and nothing else
          --config FILE  the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json         list: one object each; accept: {"accepted":1,"events":1,"refused":[{"id","reason"}]}
        """

    /// Which refusals a change means.
    private enum Selection {
        case named([String])
        case all(RefusalFilter)
    }

    private enum Verb {
        case list(RefusalFilter, limit: Int, String?)
        case show(String, raw: Bool)
        case accept(Selection)
        case discard(Selection)
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "show", "accept", "discard"])
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        switch word {
        case "show":
            let raw = try arguments.flag("--raw")
            verb = .show(try arguments.positional("the refusal's id"), raw: raw)
        case "accept": verb = .accept(try Self.selection(&arguments))
        case "discard": verb = .discard(try Self.selection(&arguments))
        default:
            let filter = try Self.filter(&arguments)
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            let cursor = try arguments.value("--cursor").map { (text) throws(UsageError) in
                guard let id = ULID(text) else {
                    throw UsageError("--cursor is what the page before printed, not \(TextRule.quoted(text))")
                }
                return id.description
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
            guard filter == RefusalFilter() else {
                throw UsageError("filters go with --all; ids are taken as they are")
            }
            return .named(ids)
        case (true, false): throw UsageError("--all and ids exclude each other")
        case (false, true): throw UsageError("say which: ids from `refused list`, or --all with filters")
        }
    }

    private static func filter(_ arguments: inout Arguments) throws(UsageError) -> RefusalFilter {
        var filter = RefusalFilter()
        filter.source = try arguments.value("--source")
        filter.from = try arguments.moment("--from")
        filter.to = try arguments.moment("--to")
        filter.reason = try arguments.value("--reason").map { (text) throws(UsageError) in
            if let reason = VerificationFailure(rawValue: text) { return reason }
            let all = VerificationFailure.allCases.map(\.rawValue)
            let guess = NearestName.to(text, among: all).map { "did you mean \($0)? " } ?? ""
            throw UsageError(
                "--reason: \(TextRule.quoted(text)) is none; \(guess)there are \(all.joined(separator: ", "))")
        }
        return filter
    }

    func run() async throws -> ExitCode {
        try await StoreSession.run(configuration) { session in
            let desk = try await Desk(session)
            switch verb {
            case .list(let filter, let limit, let cursor):
                list(try await desk.store.list(filter, of: desk.names, limit: limit, before: cursor), desk)
                return .success
            case .show(let id, let raw):
                try await show(id, raw: raw, desk)
                return .success
            case .accept(let selection): return try await accept(selection, desk)
            case .discard(let selection): return try await discard(selection, desk)
            }
        }
    }

    /// What the verbs work with.
    @ControlPlane
    private struct Desk {
        let configuration: Configuration
        let store: RefusalStore
        let judge: RefusalJudge
        let acceptance: RefusalAcceptance
        var names: [String] { configuration.sources.map(\.name) }

        init(_ session: StoreSession) async throws {
            // A gateway that took the delivery in would map it by what came through the API.
            configuration = try await session.configurationInForce()
            store = RefusalStore(connection: session.connection, keys: session.keys)
            judge = RefusalJudge(configuration.sources)
            acceptance = RefusalAcceptance(configuration, judge, connection: session.connection, keys: session.keys)
        }

        func line(_ refusal: Refusal) -> JSONLine {
            refusal.line(
                tenant: configuration.source(named: refusal.source)?.tenant ?? "",
                isAcceptable: judge.verdict(on: refusal).isAuthentic)
        }

        func ids(_ selection: Selection) async throws -> [String] {
            switch selection {
            case .named(let ids): return ids
            // The oldest first: so they arrived.
            case .all(let filter): return try await store.ids(filter, of: names).reversed()
            }
        }
    }

    // MARK: list and show

    @ControlPlane
    private func list(_ page: RefusalStore.Page, _ desk: Desk) {
        if isJSON {
            for refusal in page.refusals { Terminal.printJSON(desk.line(refusal).text) }
        } else {
            let now = Clock.unixMilliseconds()
            var table = TextTable(["ID", "SOURCE", "REASON", "FROM", "SINCE", "NOW"])
            for refusal in page.refusals {
                let isAccepted = refusal.events != nil
                table.add([
                    refusal.id, refusal.source, refusal.reason.rawValue, refusal.peer?.description ?? "-",
                    Moment.length(milliseconds: now - refusal.receivedAt),
                    isAccepted
                        ? "accepted" : desk.judge.verdict(on: refusal).isAuthentic ? "acceptable" : "still refused",
                ])
            }
            table.print()
        }
        if let next = page.next { Terminal.printError("more with --cursor \(next)") }
    }

    @ControlPlane
    private func show(_ id: String, raw: Bool, _ desk: Desk) async throws {
        guard let refusal = try await desk.store.refusal(id) else {
            throw NotFound(
                description:
                    "there is no refused delivery \(TextRule.quoted(id)) (any more); `refused list` shows those there are"
            )
        }
        if raw {
            guard refusal.bodyState == .kept else {
                throw NotFound(description: "the body of \(TextRule.quoted(id)) is not kept")
            }
            return Terminal.print(raw: Array(refusal.body))
        }
        if isJSON {
            var line = desk.line(refusal)
            refusal.addDetail(desk.judge, to: &line)
            return Terminal.printJSON(line.text)
        }
        Terminal.print("refused      \(refusal.id)")
        Terminal.print("source       \(refusal.source)")
        Terminal.print("since        \(Moment.text(refusal.receivedAt)), answered \(refusal.status)")
        Terminal.print("reason       \(refusal.reason.rawValue)")
        if let peer = refusal.peer { Terminal.print("from         \(peer)") }
        Terminal.print("now          \(standing(refusal, desk))")
        Terminal.print("\n\(refusal.method) \(VisibleText.escaped(RefusalSeal.masked(refusal.target)))")
        for (name, value) in refusal.headers {
            Terminal.print("\(VisibleText.escaped(name)): \(VisibleText.escaped(RefusalSeal.masked(value)))")
        }
        Terminal.print(
            "\n\(refusal.bodyBytes) bytes of body"
                + (refusal.bodyState == .kept ? " (--raw prints them)" : ", not kept"))
    }

    @ControlPlane
    private func standing(_ refusal: Refusal, _ desk: Desk) -> String {
        if let events = refusal.events { return "accepted as \(events.joined(separator: " "))" }
        guard let explanation = desk.judge.explanation(of: refusal) else {
            return "it proves authentic: `refused accept \(refusal.id)` takes it in"
        }
        return VisibleText.escaped(explanation)
    }

    // MARK: accept and discard

    @ControlPlane
    private func accept(_ selection: Selection, _ desk: Desk) async throws -> ExitCode {
        var (accepted, events) = (0, 0)
        var left: [(id: String, reason: String)] = []
        for id in try await desk.ids(selection) {
            guard let refusal = try await desk.store.refusal(id) else {
                left.append((id, Self.gone))
                continue
            }
            if case .all = selection, refusal.events != nil { continue }
            switch try await desk.acceptance.accept(refusal) {
            case .accepted(let new):
                accepted += 1
                events += new.count { !$0.isDuplicate }
            case .refused(let reason): left.append((id, reason))
            }
        }
        tell([("accepted", accepted), ("events", events)], left, "\(accepted) accepted, \(events) new events")
        return left.isEmpty ? .success : .failure
    }

    @ControlPlane
    private func discard(_ selection: Selection, _ desk: Desk) async throws -> ExitCode {
        var discarded = 0
        var left: [(id: String, reason: String)] = []
        for id in try await desk.ids(selection) {
            if let refusal = try await desk.store.refusal(id), try await desk.store.discard(refusal) {
                discarded += 1
            } else {
                left.append((id, Self.gone))
            }
        }
        tell([("discarded", discarded)], left, "\(discarded) discarded")
        return left.isEmpty ? .success : .failure
    }

    private static let gone = "it is not there (any more)"

    private func tell(_ counts: [(String, Int)], _ left: [(id: String, reason: String)], _ sentence: String) {
        guard isJSON else {
            Terminal.print(sentence)
            for (id, reason) in left {
                Terminal.printError("\(VisibleText.escaped(id)): \(VisibleText.escaped(reason))")
            }
            return
        }
        var line = JSONLine()
        for (name, count) in counts { line.add(name, count) }
        line.add(
            "refused",
            list: left.map { id, reason in
                var line = JSONLine()
                line.add("id", id)
                line.add("reason", reason)
                return line.json
            })
        Terminal.printJSON(line.text)
    }
}

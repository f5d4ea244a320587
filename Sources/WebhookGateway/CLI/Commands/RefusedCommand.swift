import Verifiers

/// `refused`: deliveries that were refused as unauthentic, and what becomes of them.
struct RefusedCommand: Command {
    static let name = "refused"
    static let summary = "list deliveries that were refused as unauthentic, see why, take them in after all"
    static let usage = """
        webhook-gateway refused list [FILTERS] [--limit N] [--cursor C] [--json]
        webhook-gateway refused show ID [--raw] [--json]
        webhook-gateway refused accept ID… | --all [FILTERS] [--json]
        webhook-gateway refused discard ID… | --all [FILTERS] [--json]

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
        \(AdminPlace.help)
          --json         list: one object each; accept: {"accepted":1,"events":1,"refused":[{"id","reason"}]}
        """

    /// Which refusals a change means.
    private enum Selection {
        case named([String])
        /// The filter's members.
        case all([(String, String?)])
    }

    private enum Verb {
        case list([(String, String?)], limit: Int, cursor: String?)
        case show(String, raw: Bool)
        case accept(Selection)
        case discard(Selection)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "show", "accept", "discard"])
        place = try arguments.adminPlace()
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
            verb = .list(filter, limit: limit, cursor: try arguments.value("--cursor"))
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
            guard filter.allSatisfy({ $0.1 == nil }) else {
                throw UsageError("filters go with --all; ids are taken as they are")
            }
            return .named(ids)
        case (true, false): throw UsageError("--all and ids exclude each other")
        case (false, true): throw UsageError("say which: ids from `refused list`, or --all with filters")
        }
    }

    private static func filter(_ arguments: inout Arguments) throws(UsageError) -> [(String, String?)] {
        let reason = try arguments.value("--reason")
        let all = VerificationFailure.allCases.map(\.rawValue)
        if let reason, !all.contains(reason) {
            let guess = NearestName.to(reason, among: all).map { "did you mean \($0)? " } ?? ""
            throw UsageError(
                "--reason: \(TextRule.quoted(reason)) is none; \(guess)there are \(all.joined(separator: ", "))")
        }
        return [
            ("source", try arguments.value("--source")), ("reason", reason),
            ("from", try arguments.moment("--from").map(Timestamp.text)),
            ("to", try arguments.moment("--to").map(Timestamp.text)),
        ]
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list(let filter, let limit, let cursor): try await list(filter, limit, cursor, client)
            case .show(let id, let raw): try await show(id, raw: raw, client)
            case .accept(let selection): return try await change(selection, "accept", ["accepted", "events"], client)
            case .discard(let selection): return try await change(selection, "discard", ["discarded"], client)
            }
            return .success
        }
    }

    // MARK: list and show

    @ControlPlane
    private func list(
        _ filter: [(String, String?)], _ limit: Int, _ cursor: String?, _ client: AdminClient
    ) async throws {
        let (rows, next) = try await client.list("/refusals", filter, limit: limit, after: cursor)
        if rows.isEmpty { try await expectSource(filter, client) }
        if isJSON {
            for row in rows { Terminal.printJSON(row.text) }
        } else {
            let now = Clock.unixMilliseconds()
            var table = TextTable(["ID", "SOURCE", "REASON", "FROM", "SINCE", "NOW"], optional: ["FROM", "SINCE"])
            for row in rows {
                let standing =
                    row["events"] != nil ? "accepted" : row.flag("acceptable") ? "acceptable" : "still refused"
                table.add([
                    row["id"] ?? "-", row["source"] ?? "-", row["reason"] ?? "-", row["peer"] ?? "-",
                    row.moment("refusedAt").map { Moment.length(milliseconds: now - $0) } ?? "-", standing,
                ])
            }
            table.print()
        }
        if let next { Terminal.printError("more with --cursor \(next)") }
    }

    @ControlPlane
    private func show(_ id: String, raw: Bool, _ client: AdminClient) async throws {
        let path = "/refusals/\(AdminCall.encoded(id))"
        if raw { return Terminal.print(raw: try await client.bytes("\(path)/raw")) }
        let row = try await client.get(path)
        if isJSON { return Terminal.printJSON(row.text) }
        func text(_ name: String) -> String { VisibleText.escaped(row[name] ?? "-") }
        Terminal.print("refused      \(text("id"))")
        Terminal.print("source       \(text("source"))")
        Terminal.print("since        \(text("refusedAt")), answered \(text("httpStatus"))")
        Terminal.print("reason       \(text("reason"))")
        Terminal.print("from         \(text("peer"))")
        Terminal.print("now          \(standing(row))")
        Terminal.print("\n\(text("method")) \(text("target"))")
        for field in row.elements("headers") {
            var document = JSONDocument()
            guard (try? document.read(field[...])) != nil else { continue }
            let parts = document.children(of: .root).compactMap { document.string(of: $0) }
            Terminal.print(parts.map(VisibleText.escaped).joined(separator: ": "))
        }
        Terminal.print(
            "\n\(text("bodyBytes")) bytes of body" + (row["body"] == "kept" ? " (--raw prints them)" : ", not kept"))
    }

    private func standing(_ row: Row) -> String {
        if row["events"] != nil { return "accepted as \(row.texts("events").joined(separator: " "))" }
        guard let explanation = row["explanation"] else {
            return "it proves authentic: `refused accept \(row["id"] ?? "")` takes it in"
        }
        return VisibleText.escaped(explanation)
    }

    /// A source that there is not is an error, not an empty list.
    @ControlPlane
    private func expectSource(_ filter: [(String, String?)], _ client: AdminClient) async throws {
        try await client.expect(
            "source", filter.compactMap { $0.0 == "source" ? $0.1 : nil }, in: "/sources")
    }

    // MARK: accept and discard

    private static let idsPerCall = 1000

    @ControlPlane
    private func change(
        _ selection: Selection, _ verb: String, _ counts: [String], _ client: AdminClient
    ) async throws -> ExitCode {
        var sums = [Int](repeating: 0, count: counts.count)
        var refused: [Row] = []
        func change(_ body: JSONLine) async throws {
            let answer = try await client.post("/refusals/\(verb)", body)
            for (index, name) in counts.enumerated() { sums[index] += answer.integer(name) ?? 0 }
            refused += answer.rows("refused")
        }
        switch selection {
        case .all(let filter):
            try await expectSource(filter, client)
            var json = JSONLine()
            for case (let name, let value?) in filter { json.add(name, value) }
            var body = JSONLine()
            body.add("filter", json: json.json)
            try await change(body)
        case .named(var ids):
            while !ids.isEmpty {
                var body = JSONLine()
                body.add("ids", list: ids.prefix(Self.idsPerCall).map(\.quotedJSON))
                ids = Array(ids.dropFirst(Self.idsPerCall))
                try await change(body)
            }
        }
        tell(zip(counts, sums).map { ($0, $1) }, refused)
        return refused.isEmpty ? .success : .failure
    }

    private func tell(_ counts: [(String, Int)], _ refused: [Row]) {
        guard !isJSON else {
            var line = JSONLine()
            for (name, count) in counts { line.add(name, count) }
            line.add("refused", list: refused.map(\.json))
            return Terminal.printJSON(line.text)
        }
        let sentence = counts.map { name, count in name == "events" ? "\(count) new events" : "\(count) \(name)" }
        Terminal.print(sentence.joined(separator: ", "))
        for row in refused {
            Terminal.printError(
                "\(VisibleText.escaped(row["id"] ?? "-")): \(VisibleText.escaped(row["reason"] ?? "-"))")
        }
    }
}

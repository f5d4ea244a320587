/// `replays`: what became of `events replay` with filters.
struct ReplaysCommand: Command {
    static let name = "replays"
    static let summary = "list replays of many events, pause, resume or cancel one"
    static let usage = """
        webhook-gateway replays list [--limit N] [--cursor C] [--json]
        webhook-gateway replays show|pause|resume|cancel ID [--json]

        list    newest first; `events replay` with filters begins one
        show    what was asked for, and how far it is
        pause   let it wait; resume goes on
        cancel  end it; what was sent stays sent

          --limit N       how many; 50
          --cursor C      go on where the page before ended
        \(AdminPlace.help)
          --json          one JSON object a replay
        """

    private enum Verb {
        case list(limit: Int, cursor: String?)
        case show(String)
        case change(String, String)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "show", "pause", "resume", "cancel"])
        place = try arguments.adminPlace()
        isJSON = try arguments.flag("--json")
        switch word {
        case "list":
            let limit = try arguments.integer("--limit", in: 1...1_000_000) ?? 50
            verb = .list(limit: limit, cursor: try arguments.cursor())
        case "show": verb = .show(try arguments.positional("the replay's id"))
        default: verb = .change(word, try arguments.positional("the replay's id"))
        }
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list(let limit, let cursor):
                list(try await client.list("/replays", [], limit: limit, after: cursor))
            case .show(let id): show(try await client.get("/replays/\(AdminCall.encoded(id))"))
            case .change(let word, let id):
                let job = try await client.post("/replays/\(AdminCall.encoded(id))/\(word)")
                if isJSON {
                    Terminal.printJSON(job.text)
                } else {
                    Terminal.print("\(job["id"] ?? id) is \(job["state"] ?? "-"): \(BulkReplay.counts(job))")
                }
            }
            return .success
        }
    }

    private func list(_ page: (rows: [Row], next: String?)) {
        if isJSON {
            for job in page.rows { Terminal.printJSON(job.text) }
        } else {
            var table = TextTable(
                ["ID", "STATE", "SENT", "OF", "SKIPPED", "FAILED", "TO", "WHO", "FILTER"], optional: ["WHO", "TO"])
            for job in page.rows {
                let destinations = job.texts("destinations")
                table.add([
                    job["id"] ?? "-", job["state"] ?? "-", job["done"] ?? "0", job["total"] ?? "0",
                    job["skipped"] ?? "0", job["failed"] ?? "0",
                    destinations.isEmpty ? "queue \(job["queue"] ?? "-")" : destinations.joined(separator: ", "),
                    job["who"] ?? "-", job["filter"] ?? "-",
                ])
            }
            table.print()
        }
        if let next = page.next { Terminal.printError("more with --cursor \(next)") }
    }

    private func show(_ job: Row) {
        if isJSON { return Terminal.printJSON(job.text) }
        func line(_ title: String, _ value: String?) {
            guard let value else { return }
            let space = String(repeating: " ", count: max(1, 14 - title.count))
            Terminal.print("\(title)\(space)\(VisibleText.escaped(value))")
        }
        line("replay", job["id"])
        line("state", job["state"])
        line("progress", BulkReplay.counts(job))
        line("reason", job["reason"])
        line("who", job["who"])
        line("begun", job["createdAt"])
        line("ended", job["endedAt"])
        line("filter", job["filter"])
        let destinations = job.texts("destinations")
        line("to", destinations.isEmpty ? "the queue \(job["queue"] ?? "-")" : destinations.joined(separator: ", "))
        line("mapping", job["mapping"])
        line("rate", job["rate"].map { "\($0) a second" })
        line("events", job["events"])
        line("bytes", job.integer("bytes").map(ByteCount.text))
        line("oldest", job["oldest"])
        line("newest", job["newest"])
    }
}

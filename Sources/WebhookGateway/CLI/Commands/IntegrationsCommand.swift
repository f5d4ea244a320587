import FoundationEssentials
import Verifiers

/// `integrations`: sources and destinations that are managed while the gateway runs.
struct IntegrationsCommand: Command {
    static let name = "integrations"
    static let summary = "list, add, change, test and remove managed sources and destinations"
    static let usage = """
        webhook-gateway integrations list [--kind source|destination] [--type T] [--tenant T] [--json]
        webhook-gateway integrations show ID [--json]
        webhook-gateway integrations enable|disable|test ID
        webhook-gateway integrations rotate-secret ID
        webhook-gateway integrations accounts PROVIDER [--key FILE] [--tenant T] [--json]
        webhook-gateway integrations delete ID --name NAME [--events drain|discard|move --to DESTINATION]
        webhook-gateway integrations export [--tenant T]
        webhook-gateway integrations apply FILE [--dry-run] [--prune]

        list           all of them, those of the configuration file too
        show           one: what it says, how it fares, which credentials are set
        enable         let it be in force; disable lets it rest
        test           whether it can work: a destination is asked about its credentials
        rotate-secret  a new secret for a source, shown this once; the old one is accepted until it is taken away
        accounts       which shops or stores an API key of the provider is for; the key is read from FILE or standard input,
                       used for this and kept nowhere
        delete         remove it; its name says that this one is meant
        export         the managed ones as sources and destinations of a configuration file, secrets as env:NAME
        apply          make the managed ones what such a file says; - is standard input

          --dry-run       tell what apply would change, and change nothing
          --prune         let apply delete what the file does not have
          --events E      what becomes of events that wait for a destination: drain (it takes no new ones, and is deleted when
                          those are delivered; enable calls that off), discard, or move them --to another
        \(AdminPlace.help)
          --json          one JSON object an integration

        ID is sources.KEY or destinations.KEY.
        """

    private enum Verb {
        case list([(String, String?)])
        case show(String)
        case change(String, String)
        case accounts(String, key: String, tenant: String?)
        case delete(String, [(String, String?)])
        case export(tenant: String?)
        case apply(String, isDry: Bool, prunes: Bool)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb([
            "list", "show", "enable", "disable", "test", "rotate-secret", "accounts", "delete", "export",
            "apply",
        ])
        place = try arguments.adminPlace()
        isJSON = ["list", "show", "accounts"].contains(word) ? try arguments.flag("--json") : false
        switch word {
        case "list":
            verb = .list([
                ("kind", try arguments.value("--kind")), ("type", try arguments.value("--type")),
                ("tenant", try arguments.value("--tenant")),
            ])
        case "show": verb = .show(try arguments.positional("the integration's id"))
        case "accounts":
            let (key, tenant) = (try arguments.value("--key") ?? "-", try arguments.value("--tenant"))
            verb = .accounts(try arguments.positional("the provider"), key: key, tenant: tenant)
        case "delete":
            let query = [
                ("name", try arguments.value("--name")), ("events", try arguments.value("--events")),
                ("to", try arguments.value("--to")),
            ]
            guard query[0].1 != nil else { throw UsageError("--name is missing: the integration's name, to be sure") }
            verb = .delete(try arguments.positional("the integration's id"), query)
        case "export": verb = .export(tenant: try arguments.value("--tenant"))
        case "apply":
            let (isDry, prunes) = (try arguments.flag("--dry-run"), try arguments.flag("--prune"))
            verb = .apply(try arguments.positional("the file"), isDry: isDry, prunes: prunes)
        default: verb = .change(word, try arguments.positional("the integration's id"))
        }
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .list(let query): list(try await client.list("/integrations", query, limit: .max).rows)
            case .show(let id): show(try await client.get(Self.path(id)))
            case .change(let word, let id): return change(word, try await client.post("\(Self.path(id))/\(word)"))
            case .accounts(let provider, let key, let tenant):
                accounts(try await client.post(try Self.accountsPath(provider), try Self.question(key, tenant)))
            case .delete(let id, let query): deleted(id, try await client.delete(Self.path(id), query))
            case .export(let tenant): try await export(client, tenant)
            case .apply(let file, let isDry, let prunes): try await apply(file, client, isDry: isDry, prunes: prunes)
            }
            return .success
        }
    }

    private static func path(_ id: String) -> String { "/integrations/\(AdminCall.encoded(id))" }

    private static func accountsPath(_ provider: String) throws(UsageError) -> String {
        if let problem = TextRule.name.problem(provider) { throw UsageError("the provider \(problem)") }
        return "/providers/\(provider)/accounts"
    }

    /// The key comes from a file or standard input: a command line is seen by every process.
    private static func question(_ file: String, _ tenant: String?) throws -> JSONLine {
        let key = String(decoding: try CommandFile.read(file), as: UTF8.self)
        var body = JSONLine()
        body.add("key", key.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
        if let tenant { body.add("tenant", tenant) }
        return body
    }

    // MARK: Showing

    private func accounts(_ answer: Row) {
        let rows = answer.rows("items")
        if isJSON { return rows.forEach { Terminal.printJSON($0.text) } }
        var table = TextTable(["ACCOUNT", "NAME", "TAKEN BY"])
        for row in rows { table.add([row["value"] ?? "-", row["label"] ?? "-", row["takenBy"] ?? "-"]) }
        table.print()
    }

    private func deleted(_ id: String, _ answer: Row?) {
        let name = VisibleText.escaped(id)
        guard let answer, answer.flag("draining") else { return Terminal.print("\(name) is deleted") }
        Terminal.print(
            "\(name) takes no new events; it is deleted when the \(answer["waiting"] ?? "-") that wait are delivered")
    }

    private func list(_ rows: [Row]) {
        if isJSON { return rows.forEach { Terminal.printJSON($0.text) } }
        var table = TextTable(
            ["ID", "TYPE", "STATUS", "NAME", "TENANT", "FROM", "LAST DELIVERY"],
            optional: ["FROM", "LAST DELIVERY", "TENANT"])
        let now = Clock.unixMilliseconds()
        for row in rows {
            table.add([
                row["id"] ?? "-", row["type"] ?? "-", row["status"] ?? "-", row["name"] ?? "-", Self.owner(row),
                row["origin"] == "declared" ? "file" : "store", Moment.cell(row["lastDeliveryAt"], now),
            ])
        }
        table.print()
    }

    /// Whose one is; of one that is damaged nobody knows.
    private static func owner(_ row: Row) -> String {
        row["tenant"] ?? (row["status"] == IntegrationView.Status.damaged.rawValue ? "-" : "all")
    }

    private func show(_ row: Row) {
        if isJSON { return Terminal.printJSON(row.text) }
        let credentials = row.rows("credentials").map { credential in
            "\(credential["name"] ?? "-")\(credential["ending"].map { " (…\($0))" } ?? "")"
        }
        let facts: [(String, String?)] = [
            ("id", row["id"]), ("type", row["type"]), ("name", row["name"]), ("description", row["description"]),
            ("status", row["status"]), ("error", row["lastError"]), ("error at", row["lastErrorAt"]),
            ("draining since", row["drainingSince"]), ("tenant", Self.owner(row)),
            ("posts to", row["url"] ?? row["path"]), ("waiting", row["waiting"]), ("dead", row["dead"]),
            ("filter", row["filter"]), ("settings", row["settings"]),
            ("delivery", row["delivery"]), ("credentials", credentials.joined(separator: ", ")),
            ("last delivery", row["lastDeliveryAt"]), ("changed", row["updatedAt"]), ("version", row["version"]),
        ]
        for (name, value) in facts {
            guard let value, !value.isEmpty, value != "{}" else { continue }
            let padding = String(repeating: " ", count: 16 - name.count)
            Terminal.print("\(name)\(padding)\(VisibleText.escaped(value))")
        }
    }

    private func change(_ word: String, _ row: Row) -> ExitCode {
        switch word {
        case "test":
            Terminal.print("\(row["result"] ?? "-"): \(VisibleText.escaped(row["explanation"] ?? ""))")
            return row["result"] == "failed" ? .failure : .success
        case "rotate-secret":
            Terminal.print(row["secret"] ?? "")
            Terminal.printError("\(row["id"] ?? "-"): enter it at the provider; it is not shown again")
        default: Terminal.print("\(row["id"] ?? "-") is \(row["status"] ?? "-")")
        }
        return .success
    }

    // MARK: Configuration as code

    private func export(_ client: AdminClient, _ tenant: String?) async throws {
        let rows = try await client.list("/integrations", [("origin", "managed"), ("tenant", tenant)], limit: .max).rows
        var tables: [String: JSONValue] = [:]
        for kind in Integration.Kind.allCases {
            let forms = rows.compactMap { IntegrationForm($0) }.filter { $0.id.kind == kind }
            tables[kind.section] = .object(Dictionary(forms.map { ($0.id.key, $0.entry) }) { $1 })
        }
        Terminal.printJSON(JSONValue.object(tables).json)
    }

    private func apply(_ file: String, _ client: AdminClient, isDry: Bool, prunes: Bool) async throws {
        let value = try ProviderLibrary.value(of: try CommandFile.read(file), place: file)
        let application = IntegrationApplication(
            client: client, resolver: SecretResolver(environment: ProcessInfo.processInfo.environment))
        let steps = try await application.plan(try IntegrationForm.read(value), prunes: prunes)
        for step in steps {
            if !isDry { try await application.perform(step) }
            let what = step.what.isEmpty ? "" : ": \(step.what.joined(separator: ", "))"
            Terminal.print(
                "\(isDry ? "would \(step.kind.rawValue)" : "\(step.kind.rawValue)d") \(step.id)\(VisibleText.escaped(what))"
            )
        }
        if steps.isEmpty { Terminal.print("nothing to change") }
    }
}

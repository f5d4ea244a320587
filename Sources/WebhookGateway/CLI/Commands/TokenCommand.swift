/// `token`: who may use the admin API.
struct TokenCommand: Command {
    static let name = "token"
    static let summary = "create, list and revoke tokens of the admin API"
    static let usage = """
        webhook-gateway token create --role admin|operator|viewer [--tenant T] [--name N] [--expires TIME] [--json]
        webhook-gateway token list [--json]
        webhook-gateway token revoke ID

        create  make a token and print it, this once: kept is only a hash of it
        list    every token: its id, role, tenant, when it was made, by whom, when it was last used
        revoke  refuse it from now on; browsers that logged in with it are logged out

          --role R        viewer looks; operator also replays, retries, pauses; admin also changes mappings and tokens
          --tenant T      the only tenant that the token sees; all by default
          --name N        what the audit log calls it; the role by default
          --expires TIME  2026-12-31T00:00:00Z, or how long from now (12h, 30d); never by default
        \(AdminPlace.help)
          --json          one JSON object a token
        """

    private enum Verb {
        case create(Role, tenant: String?, name: String, expiresAt: Int64?)
        case list
        case revoke(String)
    }

    private let verb: Verb
    private let place: AdminPlace
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["create", "list", "revoke"])
        place = try arguments.adminPlace()
        isJSON = word == "revoke" ? false : try arguments.flag("--json")
        switch word {
        case "create":
            let role = try Self.role(try arguments.value("--role"))
            let tenant = try Self.name(try arguments.value("--tenant"), option: "--tenant")
            let name = try Self.name(try arguments.value("--name"), option: "--name")
            let expires = try arguments.value("--expires").map { (text) throws(UsageError) in try Self.expiry(text) }
            verb = .create(role, tenant: tenant, name: name ?? role.rawValue, expiresAt: expires)
        case "revoke": verb = .revoke(try arguments.positional("the token's id"))
        default: verb = .list
        }
    }

    private static func role(_ text: String?) throws(UsageError) -> Role {
        let all = Role.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text else { throw UsageError("--role is missing; it is one of \(all)") }
        guard let role = Role(rawValue: text) else {
            throw UsageError("--role: \(TextRule.quoted(text)) is no role; it is one of \(all)")
        }
        return role
    }

    private static func name(_ text: String?, option: String) throws(UsageError) -> String? {
        if let problem = text.flatMap(TextRule.name.problem) { throw UsageError("\(option): \(problem)") }
        return text
    }

    /// A moment that is to come, in Unix milliseconds.
    private static func expiry(_ text: String, now: Int64 = Clock.unixMilliseconds()) throws(UsageError) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let moment: Int64
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (1...1_000_000).contains(count)
        {
            moment = now + count * unit * 1000
        } else {
            moment = try Moment.read(text, option: "--expires", now: now)
        }
        guard moment > now else { throw UsageError("--expires: \(TextRule.quoted(text)) has passed already") }
        return moment
    }

    func run() async throws -> ExitCode {
        try await AdminClient.run(place) { client in
            switch verb {
            case .create(let role, let tenant, let name, let expiresAt):
                var body = JSONLine()
                body.add("role", role.rawValue)
                body.add("name", name)
                if let tenant { body.add("tenant", tenant) }
                if let expiresAt { body.add("expiresAt", Moment.text(expiresAt)) }
                show(try await client.post("/tokens", body))
            case .list: list(try await client.all("/tokens"))
            case .revoke(let id):
                guard let token = try await client.all("/tokens").first(where: { $0["id"] == id }) else {
                    throw NotFound(
                        description: "there is no token \(TextRule.quoted(id)); `token list` shows those there are")
                }
                try await client.delete("/tokens/\(AdminCall.encoded(id))")
                Terminal.print("\(id) (\(VisibleText.escaped(token["name"] ?? "-"))) is not accepted any more")
            }
        }
        return .success
    }

    private func show(_ token: Row) {
        if isJSON { return Terminal.print(token.text) }
        Terminal.print(token["token"] ?? "")
        let tenant = token["tenant"].map { "tenant \($0)" } ?? "all tenants"
        Terminal.printError(
            "\(token["id"] ?? "-"): \(token["role"] ?? "-"), \(tenant); this is the only time the token is shown")
    }

    private func list(_ tokens: [Row]) {
        if isJSON { return tokens.forEach { Terminal.printJSON($0.text) } }
        var table = TextTable(
            ["ID", "NAME", "ROLE", "TENANT", "CREATED", "BY", "EXPIRES", "LAST USED"],
            optional: ["BY", "CREATED", "EXPIRES", "LAST USED"])
        let now = Clock.unixMilliseconds()
        for token in tokens {
            let expiry = token.moment("expiresAt").map { ($0 <= now ? "expired " : "") + Moment.text($0) }
            table.add([
                token["id"] ?? "-", token["name"] ?? "-", token["role"] ?? "-", token["tenant"] ?? "all",
                Moment.cell(token["createdAt"], now), token["createdBy"] ?? "-", expiry ?? "never",
                Moment.cell(token["lastUsedAt"], now),
            ])
        }
        table.print()
    }
}

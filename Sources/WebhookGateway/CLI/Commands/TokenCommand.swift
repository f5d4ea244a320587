import Glibc

/// `token`: who may use the admin API.
struct TokenCommand: Command {
    static let name = "token"
    static let summary = "create, list and revoke tokens of the admin API"
    static let usage = """
        webhook-gateway token create --role admin|operator|viewer [--tenant T] [--name N] [--expires TIME]
                                     [--config FILE] [--json]
        webhook-gateway token list [--config FILE] [--json]
        webhook-gateway token revoke ID [--config FILE]

        create  make a token and print it, this once: kept is only a hash of it
        list    every token: its id, role, tenant, when it was made, by whom, when it was last used
        revoke  refuse it from now on; browsers that logged in with it are logged out

          --role R        viewer looks; operator also replays, retries, pauses; admin also changes mappings and tokens
          --tenant T      the only tenant that the token sees; all by default
          --name N        what the audit log calls it; the role by default
          --expires TIME  2026-12-31T00:00:00Z, or how long from now (12h, 30d); never by default
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one JSON object a token
        """

    private enum Verb {
        case create(Role, tenant: String?, name: String, expiresAt: Int64?)
        case list
        case revoke(String)
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["create", "list", "revoke"])
        configuration = try arguments.value("--config")
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
        try await StoreSession.run(configuration) { session in
            let control = ControlKeys(prefix: session.configuration.redis.prefix)
            let tokens = TokenStore(connection: session.connection, keys: control)
            switch verb {
            case .create(let role, let tenant, let name, let expiresAt):
                let (token, text) = AdminToken.make(
                    name: name, role: role, tenant: tenant, createdBy: Self.operatorName, expiresAt: expiresAt,
                    now: Clock.unixMilliseconds())
                try await tokens.add(token)
                try await Self.note("tokens.create", token, session, control)
                show(token, text)
            case .list: list(try await tokens.all())
            case .revoke(let id):
                guard let token = try await tokens.token(id), try await tokens.revoke(id) else {
                    throw NotFound(
                        description: "there is no token \(TextRule.quoted(id)); `token list` shows those there are")
                }
                try await Self.note("tokens.revoke", token, session, control)
                Terminal.print("\(id) (\(token.name)) is not accepted any more")
            }
        }
        return .success
    }

    private func show(_ token: AdminToken, _ text: String) {
        if isJSON {
            var line = token.line
            line.add("token", text)
            Terminal.print(line.text)
        } else {
            Terminal.print(text)
            Terminal.printError(
                "\(token.id): \(token.role.rawValue), \(token.tenant.map { "tenant \($0)" } ?? "all tenants"); this is the only time the token is shown"
            )
        }
    }

    private func list(_ tokens: [AdminToken]) {
        if isJSON { return tokens.forEach { Terminal.print($0.line.text) } }
        var table = TextTable(["ID", "NAME", "ROLE", "TENANT", "CREATED", "BY", "EXPIRES", "LAST USED"])
        for token in tokens {
            table.add([
                token.id, token.name, token.role.rawValue, token.tenant ?? "all", Moment.text(token.createdAt),
                token.createdBy, token.expiresAt.map(Moment.text) ?? "never", token.lastUsedAt.map(Moment.text) ?? "-",
            ])
        }
        table.print()
    }

    /// The user of this process, for the audit log.
    private static var operatorName: String {
        guard let entry = getpwuid(getuid()) else { return "cli:\(getuid())" }
        return "cli:\(String(cString: entry.pointee.pw_name))"
    }

    @ControlPlane
    private static func note(
        _ action: String, _ token: AdminToken, _ session: StoreSession, _ keys: ControlKeys
    ) async throws(RedisFailure) {
        try await AuditStore(connection: session.connection, keys: keys).append(
            AuditEntry(
                who: operatorName, role: Role.admin.rawValue, action: action, target: token.id,
                detail: "\(token.name), \(token.role.rawValue), \(token.tenant ?? "all tenants")",
                from: "command line", requestID: ""))
    }
}

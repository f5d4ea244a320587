/// `serve`: the gateway itself.
struct ServeCommand: Command {
    static let name = "serve"
    static let summary = "receive webhooks, queue them and forward the events"
    static let usage = """
        webhook-gateway serve [--config FILE] [--roles ingest,forward,admin] [--takeover]

        Runs until SIGTERM or SIGINT, then finishes what is under way and exits 0. SIGHUP reloads the configuration.
        Without a configuration file it starts a private Redis under ./data, enables the four providers with
        development secrets and prints every event on stdout.

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --roles LIST    what this process does; all roles by default. Processes that share the work need redis.url
          --takeover      replace the gateway that runs on the same data directory: take its listening sockets, then let
                          it drain and end. No connection is refused. Starts as usual when none runs
        """

    private let path: String?
    private let roles: Roles
    private let takesOver: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.value("--config")
        roles = try arguments.value("--roles").map { text throws(UsageError) in try Roles(parsing: text) } ?? .all
        takesOver = try arguments.flag("--takeover")
    }

    func run() async throws -> ExitCode {
        // Before the first secret is read.
        try CoreDumps.forbid()
        let loader = ConfigurationLoader(known: .builtIn)
        let loaded = try loader.load(path)
        for warning in loaded.warnings { Terminal.printError("\(loaded.place): warning: \(warning.line)") }
        guard roles == .all || loaded.configuration.redis.endpoint != nil else {
            throw UsageError(
                "--roles: processes with roles of their own share a Redis; set redis.url, the private Redis serves one process"
            )
        }
        try Self.examineCertificates(loaded)
        try await serve(loaded, loader)
        return .success
    }

    /// Certificates that cannot be used are a mistake of the configuration, found before anything is started.
    private static func examineCertificates(_ loaded: LoadedConfiguration) throws(ConfigurationError) {
        do throws(Certificates.Failure) {
            _ = try Certificates(loaded.configuration)
        } catch {
            throw ConfigurationError(
                place: loaded.place,
                issues: [ConfigurationIssue(keyPath: error.keyPath, message: error.reason, remedy: "")])
        }
    }

    @ControlPlane
    private func serve(_ loaded: LoadedConfiguration, _ loader: ConfigurationLoader) async throws {
        let gateway = Gateway(loaded, loader: loader, path: path, roles: roles, takesOver: takesOver)
        try await gateway.run { address in
            guard loaded.origin == .development, let address else { return }
            Terminal.print(FirstSteps.text(listening: address, loginLink: await gateway.makeLoginLink()))
        }
    }
}

/// What a newcomer is told to do next.
enum FirstSteps {
    static func text(listening address: SocketAddress, loginLink: String?) -> String {
        let program = ownPath()
        return """

            webhook-gateway is ready on \(address), with development secrets and a private Redis under ./data.
            Send it a signed webhook from a second terminal:

            \(program) send stripe

            and watch the event appear here as one line of JSON. \
            Also: square, quickbooks, mailchimp. Ctrl-C stops everything.
            \(loginLink.map { "The dashboard (the link logs one browser in, once, within 12 hours): \($0)\n" } ?? "")
            """
    }

    /// How to call this program again: as it was called.
    private static func ownPath() -> String {
        let path = CommandLine.arguments.first ?? ""
        let isPlain = path.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || "0123456789/._-".unicodeScalars.contains($0)
        }
        return path.isEmpty ? "webhook-gateway" : isPlain ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }
}

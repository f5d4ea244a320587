/// `check`: is the configuration right, and what does it amount to?
struct CheckCommand: Command {
    static let name = "check"
    static let summary = "validate the configuration and print it as it takes effect, secrets masked"
    static let usage = """
        webhook-gateway check [--config FILE]

        Prints the effective configuration, every default filled in, as JSON on stdout, and warnings on stderr.
        Exits 2 with every problem, its key path and its remedy when the configuration cannot be used.

          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
        """

    private let path: String?

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.value("--config")
    }

    func run() async throws -> ExitCode {
        let loaded = try ConfigurationLoader.looking(known: .builtIn).load(path)
        Terminal.print(ConfigurationWriter.json(loaded.configuration))
        for warning in loaded.warnings {
            Terminal.printError("\(loaded.place): warning: \(warning.line)")
        }
        for note in loaded.configuration.unavailable(.builtIn) {
            Terminal.printError("\(loaded.place): not available yet: \(note.keyPath): \(note.sentence)")
        }
        return .success
    }
}

/// `check`: is the configuration right, and what does it amount to?
struct CheckCommand: Command {
    static let name = "check"
    static let summary = "validate the configuration and print it as it takes effect, secrets masked"
    static let usage = """
        webhook-gateway check [--config FILE]

        Prints the effective configuration, every default filled in, as JSON on stdout, and warnings on stderr: also of
        destinations that are not in it though events wait for them, when Redis can be asked.
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
        for lane in await orphans(loaded.configuration) {
            Terminal.printError(
                "\(loaded.place): warning: destinations.\(lane.name): not there any more, but \(lane.flow.present) events are owed to it; put it back, or settle them with `webhook-gateway destinations drain|move|discard \(lane.name)`"
            )
        }
        return .success
    }

    /// Destinations that have left the configuration while events wait for them. A configuration may be checked where
    /// there is no Redis: then nothing is known, and that is no mistake of the file.
    private func orphans(_ configuration: Configuration) async -> [Ledger.Lane] {
        if configuration.redis.url == nil, HostExamination.owner(of: configuration.dataDirectory) == .nobody {
            return []
        }
        let ledger = try? await StoreSession.run(configuration) { session in try await session.ledger() }
        return ledger?.orphans(configuration) ?? []
    }
}

/// `check`: is the configuration right, and what does it amount to?
struct CheckCommand: Command {
    static let name = "check"
    static let summary = "validate the configuration and print it as it takes effect, secrets masked"
    static let usage = """
        webhook-gateway check [--config FILE]
        webhook-gateway check --tests [--config FILE] [--json]

        Prints the effective configuration, every default filled in, as JSON on stdout, and warnings on stderr: also of
        destinations that are not in it though events wait for them, when Redis can be asked.
        Exits 2 with every problem, its key path and its remedy when the configuration cannot be used.

        With --tests it runs the tests that mappings and providers' definitions carry (docs/mappings.md) instead of printing
        the configuration: each with its verdict, and of one that failed every place that differs. Exits 1 when one failed.

          --tests         run the tests in the configuration
          --json          with --tests: one line a test, {"place":"mappings.shop","test":"…","passed":true,"problems":[]}, a
                          problem being {"path":"data.amount.minor","expected":"1999","got":"1900"}
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
        """

    private let path: String?
    private let runsTests: Bool
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        path = try arguments.value("--config")
        runsTests = try arguments.flag("--tests")
        isJSON = try arguments.flag("--json")
        if isJSON, !runsTests {
            throw UsageError("--json goes with --tests; the configuration is printed as JSON anyway")
        }
    }

    func run() async throws -> ExitCode {
        let loaded = try ConfigurationLoader.looking(known: .builtIn).load(path)
        if runsTests { return try test(loaded) }
        Terminal.print(ConfigurationWriter.json(loaded.configuration))
        for warning in loaded.warnings {
            Terminal.printError("\(loaded.place): warning: \(warning.line)")
        }
        // The files may be on another host than the one where the configuration is checked.
        let examination = CertificateExamination(
            configuration: loaded.configuration, now: Clock.unixMilliseconds() / 1000)
        for finding in examination.findings() where finding.verdict != .ok {
            Terminal.printError("\(loaded.place): warning: \(finding.sentence)")
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

    private func test(_ loaded: LoadedConfiguration) throws -> ExitCode {
        let outcomes = try MappingTestRun(loaded.configuration).outcomes()
        for outcome in outcomes { outcome.print(isJSON: isJSON) }
        let failed = outcomes.count { !$0.hasPassed }
        Terminal.printError(
            outcomes.isEmpty
                ? "\(loaded.place): no mapping and no provider's definition has tests (docs/mappings.md shows some)"
                : "\(outcomes.count) tests: \(outcomes.count - failed) passed, \(failed) failed")
        return failed == 0 ? .success : .failure
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

import Verifiers

/// `mapping`: what does a mapping make of this payload or, read backwards, of this event, and which of its fields have
/// payloads lost?
struct MappingCommand: Command {
    static let name = "mapping"
    static let summary = "try a field mapping on a payload; find where fields that vanished have gone"
    static let usage = """
        webhook-gateway mapping test --source NAME --body FILE... [--config FILE] [--json]
        webhook-gateway mapping test --source NAME --inverse [--body FILE...] [--config FILE] [--json]
        webhook-gateway mapping heal --source NAME [--json]

        test  prints the normalised events of a delivery, or each field that failed and why. Nothing is verified, stored or
              sent. Fields whose paths lead nowhere in any of the deliveries are named on stderr: a path may be misspelt.
              Exits 1 when an event cannot be made.
              With --inverse the mapping is read backwards: of an event, whole or {"type":…,"data":…}, it prints what the
              provider would have sent, {"providertype":…,"subject":…,"payload":…}, or each field that cannot be undone and
              why. Without --body it names every rule and field that cannot be undone whatever the event is (exits 1).
        heal  compares the mapping with the last 100 archived deliveries: names each field that it reads and they lack, and
              where it probably is now. Changes nothing. Exits 1 when a field is gone.

          --source NAME   the source whose mapping and provider count
          --body FILE     the delivery's body as the provider sends it, or a whole captured request (.http); with --inverse
                          events, one a line or one laid out; - is standard input; may be repeated
          --inverse       from events to the provider's fields
        \(AdminPlace.help)
          --json          one line an event, exactly as it would be queued; for one that cannot be made
                          {"quarantined":true,"providertype":"…","rule":"…","fields":["…"]}, for a delivery that cannot be
                          read {"quarantined":true,"reason":"…"}; with --inverse {"inverse":false,"type":"…","rule":"…",
                          "fields":["…"]} for what cannot be undone; heal: {"deliveries":100,"findings":[…]}
        """

    private enum Verb {
        case test(files: [String])
        case inverse(files: [String])
        case heal(AdminPlace)
    }

    private let verb: Verb
    private let configuration: String?
    private let source: String
    let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["test", "heal"])
        isJSON = try arguments.flag("--json")
        guard let source = try arguments.value("--source") else { throw UsageError("--source is missing") }
        self.source = source
        guard word == "test" else {
            verb = .heal(try arguments.adminPlace())
            configuration = nil
            return
        }
        configuration = try arguments.value("--config")
        let isInverse = try arguments.flag("--inverse")
        let files = try arguments.values("--body")
        guard isInverse || !files.isEmpty else { throw UsageError("--body is missing") }
        verb = isInverse ? .inverse(files: files) : .test(files: files)
    }

    func run() async throws -> ExitCode {
        if case .heal(let place) = verb { return try await AdminClient.run(place) { try await heal($0) } }
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        let source = try configuration.sourceForCommand(source)
        switch verb {
        case .test(let files): return try test(files, source, configuration)
        case .inverse(let files): return try invert(files, source, configuration)
        case .heal: return .success
        }
    }

    // MARK: test

    private func test(
        _ files: [String], _ source: SourceConfiguration, _ configuration: Configuration
    ) throws -> ExitCode {
        var trial = try MappingTrial(source, mappings: configuration.mappings)
        var isRight = true
        for file in files {
            let request = CapturedRequest(deliveredBy: try CommandFile.read(file))
            do throws(MalformedBody) {
                let results = try trial.outcomes(of: request)
                if results.isEmpty { Terminal.printError("the delivery holds no event: nothing would be queued") }
                for result in results { print(result) }
                isRight = results.allSatisfy(\.isEvent) && isRight
            } catch {
                printUnreadable(error)
                isRight = false
            }
        }
        for unknown in trial.unknownPaths { Terminal.printError(VisibleText.escaped("note: \(unknown.description)")) }
        return isRight ? .success : .failure
    }

    private func print(_ outcome: MappingTrial.Outcome) {
        switch outcome {
        case .event(let json):
            Terminal.print(isJSON ? String(decoding: json, as: UTF8.self) : JSONLayoutPrinter.indented(json))
        case .failure(let failure) where isJSON:
            var line = JSONLine()
            line.add("quarantined", true)
            line.add("providertype", failure.providerType)
            line.add("rule", failure.rule)
            line.add("fields", list: failure.fields.map { Array(JSONValue.text($0.description).json.utf8) })
            Terminal.print(line.text)
        case .failure(let failure):
            Terminal.print(
                "\(VisibleText.escaped(failure.providerType)) would be quarantined; the rule \"\(failure.rule)\" fails:"
            )
            for field in failure.fields { Terminal.print("  \(VisibleText.escaped(field.description))") }
        }
    }

    private func printUnreadable(_ error: MalformedBody) {
        guard isJSON else {
            return Terminal.print("the delivery would be quarantined: \(VisibleText.escaped(error.reason))")
        }
        var line = JSONLine()
        line.add("quarantined", true)
        line.add("reason", error.reason)
        Terminal.print(line.text)
    }

    // MARK: heal

    @ControlPlane
    private func heal(_ client: AdminClient) async throws -> ExitCode {
        try await client.expect("source", [source], in: "/sources")
        let answer = try await client.get("/mappings/\(AdminCall.encoded(source))/heal")
        let findings = answer.rows("findings")
        if isJSON {
            Terminal.printJSON(answer.text)
        } else if findings.isEmpty {
            Terminal.print(
                "every field that the mapping reads is in the last \(answer["deliveries"] ?? "0") deliveries, or was never sent"
            )
        } else {
            for finding in findings { print(finding) }
        }
        return findings.isEmpty ? .success : .failure
    }

    private func print(_ finding: Row) {
        func text(_ name: String) -> String { finding[name] ?? "-" }
        let seen = finding["lastSeen"].map { "last seen \($0)" } ?? "none of \(text("deliveries")) has it"
        let list = finding["list"].map { " in the elements of \($0)" } ?? ""
        let paths = finding.texts("paths").joined(separator: ", ")
        let required = finding.flag("required") ? " (required)" : ""
        Terminal.print(
            VisibleText.escaped(
                "\(text("providerType")): \(text("target"))\(required) is gone from \(paths)\(list), \(seen)"))
        let candidates = finding.rows("candidates")
        for candidate in candidates {
            let reason = (candidate["reason"] ?? "").replacing("_", with: " ")
            let (path, sample) = (candidate["path"] ?? "-", candidate["sample"] ?? "-")
            Terminal.print(VisibleText.escaped("  perhaps \(path) (\(reason)): \(sample)"))
        }
        if candidates.isEmpty { Terminal.print("  nothing like it is in the payload") }
    }
}

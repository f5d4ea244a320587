import Verifiers

/// `mapping test`: what does a mapping make of this payload?
struct MappingCommand: Command {
    static let name = "mapping"
    static let summary = "try a field mapping on a payload, without side effects"
    static let usage = """
        webhook-gateway mapping test --source NAME --body FILE [--config FILE] [--json]

        Prints the normalised events of a delivery, or each field that failed and why. Nothing is verified, stored or sent.
        Exits 1 when an event cannot be made.

          --source NAME   the source whose mapping and provider count
          --body FILE     the delivery's body as the provider sends it, or a whole captured request (.http); - is
                          standard input
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one line an event, exactly as it would be queued; for one that cannot be made
                          {"quarantined":true,"providertype":"…","rule":"…","fields":["…"]}, for a delivery that cannot be
                          read {"quarantined":true,"reason":"…"}
        """

    private let configuration: String?
    private let source: String
    private let file: String
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        _ = try arguments.verb(["test"])
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        guard let source = try arguments.value("--source") else { throw UsageError("--source is missing") }
        self.source = source
        guard let file = try arguments.value("--body") else { throw UsageError("--body is missing") }
        self.file = file
    }

    func run() async throws -> ExitCode {
        let configuration = try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration
        let source = try configuration.sourceForCommand(source)
        var trial = try MappingTrial(source, mappings: configuration.mappings)
        let request = Self.request(try CommandFile.read(file))
        let results: [MappingTrial.Outcome]
        do throws(MalformedBody) {
            results = try trial.outcomes(of: request)
        } catch {
            printUnreadable(error)
            return .failure
        }
        if results.isEmpty { Terminal.printError("the delivery is authentic in form and holds no event") }
        for result in results { print(result) }
        return results.allSatisfy(\.isEvent) ? .success : .failure
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

    /// A capture, or the bytes as the body of a delivery.
    private static func request(_ bytes: [UInt8]) -> CapturedRequest {
        guard bytes.starts(with: "POST ".utf8), case .success(let request)? = CaptureReader.requests(in: bytes).first
        else {
            var request = CapturedRequest()
            request.body = bytes
            return request
        }
        return request
    }
}

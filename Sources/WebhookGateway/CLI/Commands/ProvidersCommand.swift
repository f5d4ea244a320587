import Glibc
import Verifiers

/// `providers`: whose deliveries the gateway understands, and how to teach it others.
struct ProvidersCommand: Command {
    static let name = "providers"
    static let summary = "list the providers, show how to set one up, write and test a definition of your own"
    static let usage = """
        webhook-gateway providers list [--config FILE] [--json]
        webhook-gateway providers show NAME [--markdown | --definition | --json] [--config FILE]
        webhook-gateway providers show --all --markdown DIRECTORY
        webhook-gateway providers new NAME [--title T] [--kind K] [--algorithm A] [--signature PLACE] [--prefix P]
              [--encoding E] [--signed TEMPLATE] [--timestamp PLACE] [--unit U] [--id P] [--type P] [--time P]
              [--subject P] [--output FILE]
        webhook-gateway providers test NAME | FILE | --all [--config FILE] [--json]

        list    every provider that a source can be of: bundled ones, and your own from the configuration or the folder
                providers beside it
        show    how to set it up there and here, how its deliveries prove themselves, what becomes of its events;
                --definition prints a bundled definition, to start from
        new     writes a definition to providers/NAME.json5; asks for what is not given when it runs on a terminal
        test    runs the vectors and tests of a definition, and explains each that ends otherwise than it should (exits 1)

          --kind K           hmac, hash, ecdsaP256, ed25519, rsa, shared, bearer, basic, urlSecret or none
          --signature PLACE  "header:X-Acme-Signature", "query:sig", "form:sig" or "/pointer/into/the/body"
          --signed TEMPLATE  what is signed: "{body}", "{timestamp}.{body}", "{url}{body}" (docs/add-a-provider.md)
          --timestamp PLACE  where the signed time stands; --unit s, ms, float or rfc3339
          --id, --type, --time, --subject P   where an event has them: "/pointer", "header:NAME" or "{/a}|{/b}"
          --config FILE      the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json             one JSON object a line
        """

    private enum Verb {
        case list
        case show(String, Form)
        case pages(directory: String)
        case new(String, DefinitionDraft, output: String?)
        case test(String?)
    }

    private enum Form {
        case text, markdown, definition
    }

    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        let word = try arguments.verb(["list", "show", "new", "test"])
        configuration = word == "new" ? nil : try arguments.value("--config")
        isJSON = word == "new" ? false : try arguments.flag("--json")
        switch word {
        case "list": verb = .list
        case "show": verb = try Self.show(&arguments)
        case "new": verb = try Self.new(&arguments)
        default:
            let isAll = try arguments.flag("--all")
            verb = .test(isAll ? nil : try arguments.positional("the provider's name, or a definition's file,"))
        }
    }

    private static func show(_ arguments: inout Arguments) throws(UsageError) -> Verb {
        let isAll = try arguments.flag("--all")
        let isMarkdown = try arguments.flag("--markdown")
        let isDefinition = try arguments.flag("--definition")
        if isAll {
            guard isMarkdown else { throw UsageError("--all goes with --markdown and a directory") }
            return .pages(directory: try arguments.positional("the directory"))
        }
        if isMarkdown, isDefinition { throw UsageError("--markdown and --definition exclude each other") }
        let form = isMarkdown ? Form.markdown : isDefinition ? .definition : .text
        return .show(try arguments.positional("the provider's name"), form)
    }

    private static func new(_ arguments: inout Arguments) throws(UsageError) -> Verb {
        let title = try arguments.value("--title")
        let asks = isatty(STDIN_FILENO) == 1
        var draft = DefinitionDraft(title: "")
        func fact(_ option: String, _ question: String, _ value: inout String) throws(UsageError) {
            if let given = try arguments.value(option) {
                value = given
            } else if asks {
                value = ask(question, value)
            }
        }
        try fact("--kind", "How do deliveries prove themselves?", &draft.kind)
        try fact("--algorithm", "Hash function?", &draft.algorithm)
        try fact("--signature", "Where does the signature or secret stand?", &draft.signature)
        try fact("--prefix", "What stands before it?", &draft.prefix)
        try fact("--encoding", "How is it written?", &draft.encoding)
        try fact("--signed", "What is signed?", &draft.signed)
        draft.timestamp = try arguments.value("--timestamp")
        if draft.timestamp == nil, draft.signed.contains("{timestamp}"), asks {
            draft.timestamp = ask("Where does the time stand?", "header:X-Timestamp")
        }
        try fact("--unit", "How is the time written?", &draft.unit)
        try fact("--id", "Where is an event's id?", &draft.id)
        try fact("--type", "Where is its type?", &draft.type)
        try fact("--time", "Where is its time?", &draft.time)
        try fact("--subject", "Where is what it is about?", &draft.subject)
        let output = try arguments.value("--output")
        let name = try arguments.positional("the provider's name")
        if let problem = TextRule.sourceName.problem(name) { throw UsageError(problem) }
        draft.title = title ?? name
        return .new(name, draft, output: output)
    }

    private static func ask(_ question: String, _ standard: String) -> String {
        Terminal.printError("\(question) [\(standard)]")
        guard let line = readLine(), !line.isEmpty else { return standard }
        return line
    }

    func run() async throws -> ExitCode {
        switch verb {
        case .list: try list(try library())
        case .show(let name, let form): try show(name, form, in: try library())
        case .pages(let directory): try writePages(to: directory)
        case .new(let name, let draft, let output): try write(draft, named: name, to: output)
        case .test(let name): return try test(name)
        }
        return .success
    }

    private func library() throws -> ProviderLibrary {
        ProviderLibrary(
            own: try ConfigurationLoader.looking(known: .builtIn).load(configuration).configuration.providers)
    }

    private func card(_ name: String, in library: ProviderLibrary) throws -> ProviderCard {
        guard let card = try library.card(named: name) else { throw Self.unknown(name, in: library) }
        return card
    }

    private static func unknown(_ name: String, in library: ProviderLibrary) -> UsageError {
        let guess = NearestName.to(name, among: library.names).map { "did you mean \($0)? " } ?? ""
        return UsageError(
            "there is no provider \(TextRule.quoted(name)); \(guess)there are \(library.names.joined(separator: ", "))")
    }

    // MARK: list and show

    private func list(_ library: ProviderLibrary) throws {
        var table = TextTable(["PROVIDER", "WHAT", "PROOF", "FROM"])
        for name in library.names {
            let card = try card(name, in: library)
            let proofs = card.proofs.map { $0.label.isEmpty ? $0.kind : "\($0.label) \($0.kind)" }.joined(
                separator: ", ")
            if isJSON { Terminal.print(card.line.text) } else { table.add([name, card.title, proofs, card.origin]) }
        }
        if !isJSON { table.print() }
    }

    private func show(_ name: String, _ form: Form, in library: ProviderLibrary) throws {
        let card = try card(name, in: library)
        switch form {
        case .markdown: Terminal.print(raw: Array(ProviderPage(card: card).markdown.utf8))
        case .definition:
            guard let text = BundledDefinitions.named(name) else {
                throw UsageError(
                    "\(name) has no bundled definition: \(card.origin == "own" ? "it is your own" : "it is written in Swift")"
                )
            }
            Terminal.print(text.json5)
        case .text where isJSON: Terminal.print(card.line.text)
        case .text: show(card)
        }
    }

    private func show(_ card: ProviderCard) {
        Terminal.print("\(card.name)  \(VisibleText.escaped(card.title))")
        if let documentation = card.documentation { Terminal.print("  see \(VisibleText.escaped(documentation))") }
        for proof in card.proofs {
            let label = proof.label.isEmpty ? "" : "\(proof.label): "
            Terminal.print(VisibleText.escaped("  \(label)\(proof.kind) at \(proof.place); signed: \(proof.signed)"))
        }
        for (number, step) in card.setup.enumerated() {
            Terminal.print(VisibleText.escaped("  \(number + 1). \(step)"))
        }
        let keys = card.keys.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        Terminal.print(VisibleText.escaped("  sources: { \(card.name): { provider: \"\(card.name)\", \(keys) } }"))
        for handshake in card.handshakes { Terminal.print(VisibleText.escaped("  asks: \(handshake)")) }
        for type in card.types { Terminal.print(VisibleText.escaped("  \(type.theirs) becomes \(type.ours)")) }
        for fact in card.facts { Terminal.print(VisibleText.escaped("  \(fact.name): \(fact.text)")) }
    }

    private func writePages(to directory: String) throws {
        try HostFile.makeDirectory(directory)
        let cards = try ProviderLibrary.bundledCards()
        for card in cards {
            try CommandFile.write(Array(ProviderPage(card: card).markdown.utf8), to: "\(directory)/\(card.name).md")
        }
        try CommandFile.write(Array(ProviderPage.index(cards).utf8), to: "\(directory)/README.md")
        Terminal.printError("\(cards.count) pages written to \(VisibleText.escaped(directory))")
    }

    // MARK: new and test

    private func write(_ draft: DefinitionDraft, named name: String, to output: String?) throws {
        let text = Array(draft.json5.utf8)
        // What was asked for may not go together; better told now than by the next command.
        _ = try DefinitionReader.read(try ProviderLibrary.value(of: text, place: name), named: name, at: name)
        if output == "-" { return Terminal.print(raw: text) }
        let path = output ?? "providers/\(name).json5"
        if output == nil { try HostFile.makeDirectory("providers") }
        guard try HostFile.create(path, text) else {
            throw UsageError("\(path) exists already; name another file with --output")
        }
        Terminal.print(path)
        Terminal.printError("next: webhook-gateway providers test \(path)")
    }

    private func test(_ name: String?) throws -> ExitCode {
        if let name, name.hasSuffix(".json5") || name.contains("/") { return try testFile(name) }
        let library = try library()
        var isRight = true
        for one in name.map({ [$0] }) ?? library.names {
            switch try library.kind(named: one) {
            case .declared(let definition)?:
                isRight = report(definition) && isRight
                isRight = try reportTests(try library.definition(named: one), named: one) && isRight
            case .native?: if name != nil { Terminal.printError("\(one) is written in Swift and has no vectors") }
            case nil: throw Self.unknown(one, in: library)
            }
        }
        return isRight ? .success : .failure
    }

    private func testFile(_ path: String) throws -> ExitCode {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let name = file.hasSuffix(".json5") ? String(file.dropLast(6)) : file
        let value = try ProviderLibrary.value(of: try CommandFile.read(path), place: path)
        let library = ProviderLibrary(own: [name: value])
        guard case .declared(let definition)? = try library.kind(named: name) else { return .failure }
        let isRight = report(definition)
        return try reportTests(try library.definition(named: name), named: name) && isRight ? .success : .failure
    }

    /// Runs the tests of a definition and of its mapping, as `check --tests` does.
    private func reportTests(_ definition: JSONValue?, named name: String) throws -> Bool {
        guard let definition, case .object(let members) = definition else { return true }
        var configuration = Configuration()
        configuration.providers[name] = definition
        if let mapping = members["mapping"] { configuration.mappings[name] = mapping }
        let outcomes = try MappingTestRun(configuration).outcomes()
        for outcome in outcomes { outcome.print(isJSON: isJSON) }
        return outcomes.allSatisfy(\.hasPassed)
    }

    private func report(_ definition: ProviderDefinition) -> Bool {
        let outcomes = ProviderTrial(definition: definition).outcomes()
        if outcomes.isEmpty { Terminal.printError("\(definition.name) has no vectors: add some under \"vectors\"") }
        for outcome in outcomes {
            if isJSON {
                var line = JSONLine()
                line.add("provider", definition.name)
                line.add("vector", outcome.name)
                line.add("passed", outcome.problem == nil)
                line.add("problem", outcome.problem)
                Terminal.printJSON(line.text)
            } else {
                let verdict = outcome.problem.map { "failed: \($0)" } ?? "passed"
                Terminal.print(VisibleText.escaped("\(definition.name): \(outcome.name): \(verdict)"))
            }
        }
        return outcomes.allSatisfy { $0.problem == nil }
    }
}

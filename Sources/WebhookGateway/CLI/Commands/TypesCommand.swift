import Verifiers

/// `types`: what a provider's payloads look like, as far as they have been seen.
struct TypesCommand: Command {
    static let name = "types"
    static let summary = "print what a source's payloads look like, as a table or in a language, and what changed"
    static let usage = """
        webhook-gateway types SOURCE [TYPE] [--lang swift|typescript|go|python] [--config FILE] [--json]
        webhook-gateway types SOURCE [TYPE] --changes [--config FILE] [--json]
        webhook-gateway types SOURCE [TYPE] --forget [--config FILE] [--json]

        The gateway learns the fields and types of payloads from a sample of what it receives: names and types, no values.
        Without a TYPE the table shows the types that were seen, with one its fields; all of them are printed in a language.

          TYPE            the provider's type, payment_intent.succeeded; * stands for any run of characters
          --lang L        as declarations of this language
          --changes       fields that appeared, vanished or changed their type, newest first
          --forget        begin to learn anew, after a change that was meant
          --config FILE   the configuration; else $WEBHOOK_GATEWAY_CONFIG, ./gateway.json5, the built-in one
          --json          one object a type, a field or a change; --forget: {"forgotten":2}
        """

    private enum Verb {
        case show
        case print(TypeLanguage)
        case changes
        case forget
    }

    private let source: String
    private let type: String?
    private let verb: Verb
    private let configuration: String?
    private let isJSON: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        configuration = try arguments.value("--config")
        isJSON = try arguments.flag("--json")
        let language = try arguments.value("--lang").map { (text) throws(UsageError) in try Self.language(text) }
        let showsChanges = try arguments.flag("--changes")
        let forgets = try arguments.flag("--forget")
        switch (language, showsChanges, forgets) {
        case (let language?, false, false):
            guard !isJSON else { throw UsageError("--lang prints a program's text, which --json cannot be") }
            verb = .print(language)
        case (nil, true, false): verb = .changes
        case (nil, false, true): verb = .forget
        case (nil, false, false): verb = .show
        default: throw UsageError("--lang, --changes and --forget exclude each other")
        }
        source = try arguments.positional("the source's name")
        type = arguments.positional()
    }

    private static func language(_ text: String) throws(UsageError) -> TypeLanguage {
        if let language = TypeLanguage(rawValue: text) { return language }
        let all = TypeLanguage.allCases.map(\.rawValue)
        let guess = NearestName.to(text, among: all).map { "did you mean \($0)? " } ?? ""
        throw UsageError("--lang: \(TextRule.quoted(text)) is none; \(guess)there are \(all.joined(separator: ", "))")
    }

    func run() async throws -> ExitCode {
        try await StoreSession.run(configuration) { session in
            let store = session.shapes
            let known = try await store.shapes(of: source)
            // A source may be managed through the API, or have left: what was learned of it is shown all the same.
            if known.isEmpty { _ = try session.configuration.sourceForCommand(source) }
            switch verb {
            case .show, .print:
                let shapes = known.filter { matches($0.key) }
                guard !shapes.isEmpty else { throw NotFound(description: nothing) }
                show(shapes)
            case .changes:
                show(try await store.changes(of: source).filter { matches($0.type) })
            case .forget:
                tell(try await forget(store))
            }
            return .success
        }
    }

    private func matches(_ type: String) -> Bool { self.type.map { TypePattern($0).matches(type) } ?? true }

    private var nothing: String {
        let what = type.map { "no payload of a type \(TextRule.quoted($0))" } ?? "no payload"
        return
            "\(what) of the source \(source) has been learned yet; a running gateway learns a few seconds after a delivery"
    }

    // MARK: show

    private func show(_ shapes: [String: PayloadShape]) {
        let shapes = shapes.sorted { $0.key < $1.key }
        if case .print(let language) = verb {
            let model = PayloadModel(source: source, shapes: Dictionary(uniqueKeysWithValues: shapes))
            Terminal.print(raw: Array(language.text(model).utf8))
        } else if isJSON {
            for (type, shape) in shapes {
                var line = shape.summary(type: type)
                line.add("fields", list: shape.entries.map(\.json))
                Terminal.printJSON(line.text)
            }
        } else if self.type == nil {
            var table = TextTable(["TYPE", "SAMPLES", "FIELDS", "LAST SEEN"])
            for (type, shape) in shapes {
                let fields = "\(shape.fieldCount)\(shape.isFull ? "+" : "")"
                table.add([type.isEmpty ? "-" : type, String(shape.samples), fields, Moment.text(shape.lastAt)])
            }
            table.print()
        } else {
            for (index, (type, shape)) in shapes.enumerated() {
                if index > 0 { Terminal.print("") }
                show(shape, type)
            }
        }
    }

    private func show(_ shape: PayloadShape, _ type: String) {
        Terminal.print(
            "\(VisibleText.escaped(type.isEmpty ? "payload" : type)): \(shape.samples) samples from \(Moment.text(shape.firstAt)) to \(Moment.text(shape.lastAt))"
        )
        var table = TextTable(["FIELD", "TYPE", "PRESENT"])
        for entry in shape.entries {
            let presence = entry.isGone ? "gone" : entry.isOptional ? "sometimes" : "always"
            table.add([entry.path, entry.kinds.names.joined(separator: " | "), presence])
        }
        table.print()
        if shape.isFull { Terminal.printError("there are more fields; the first \(PayloadShape.mostFields) are kept") }
    }

    // MARK: changes and forget

    private func show(_ changes: [NotedShapeChange]) {
        if isJSON {
            for note in changes { Terminal.printJSON(note.line.text) }
            return
        }
        guard !changes.isEmpty else {
            Terminal.printError("no field has appeared, vanished or changed its type")
            return
        }
        var table = TextTable(["AT", "TYPE", "FIELD", "CHANGE"])
        for note in changes {
            table.add([Moment.text(note.at), note.type, note.change.path, note.change.sentence])
        }
        table.print()
    }

    @ControlPlane
    private func forget(_ store: ShapeStore) async throws -> Int {
        guard type != nil else { return try await store.forget(source) }
        var forgotten = 0
        for known in try await store.shapes(of: source).keys where matches(known) {
            forgotten += try await store.forget(source, type: known)
        }
        return forgotten
    }

    private func tell(_ forgotten: Int) {
        guard isJSON else {
            Terminal.print("\(forgotten) type\(forgotten == 1 ? "" : "s") forgotten")
            return
        }
        var line = JSONLine()
        line.add("forgotten", forgotten)
        Terminal.printJSON(line.text)
    }
}

import Verifiers

/// Turns a provider's events into canonical ones by a mapping's rules, compiled once when the configuration is loaded.
struct Mapper: Sendable {
    /// What an event becomes; its data has been appended to the caller's buffer.
    struct Mapped: Equatable, Sendable {
        /// The canonical type, or `<provider>.<providertype>`.
        var type: String
        var subject: String?
        /// When it happened; nil when the provider does not say.
        var time: Timestamp?
        /// Whether `data` is canonical; false: it is `{"raw": payload}`.
        var isCanonical: Bool
    }

    private struct Candidate: Sendable {
        let rule: Rule
        let type: String?
    }

    private let provider: String
    /// For every type that some rule names exactly: all rules that match it, in order.
    private let exact: [String: [Candidate]]
    /// The rules for types that no rule names exactly.
    private let wildcards: [(pattern: TypePattern, candidate: Candidate)]

    init(provider: String, rules: MappingRules) {
        self.provider = provider
        var matches: [(pattern: TypePattern, candidate: Candidate)] = []
        for rule in rules.rules {
            for match in rule.matches {
                matches.append((match.pattern, Candidate(rule: rule, type: match.type)))
            }
        }
        wildcards = matches.filter { !$0.pattern.isExact }
        let names = Set(matches.filter(\.pattern.isExact).map(\.pattern.text))
        exact = Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, matches.filter { $0.pattern.matches(name) }.map(\.candidate))
            })
    }

    /// Maps as `map` into a buffer does, for those who map one event at a time.
    func map(
        _ event: ProviderEvent, in document: JSONDocument, data output: inout [UInt8]
    ) throws(MappingFailure) -> Mapped {
        var data = ByteBuffer()
        let mapped = try map(event, in: document, data: &data)
        data.withBytes { output.append(contentsOf: $0) }
        return mapped
    }

    /// Appends the event's `data` as one line of JSON and returns the rest of what the mapping says of it; after a
    /// failure nothing has been appended.
    func map(
        _ event: ProviderEvent, in document: JSONDocument, data output: inout ByteBuffer
    ) throws(MappingFailure) -> Mapped {
        for candidate in candidates(event.type) {
            guard let scope = candidate.rule.scope(of: event, in: document) else { continue }
            return try apply(candidate.rule, type: candidate.type, to: event, scope, &output)
        }
        appendRaw(event, document, to: &output)
        return Mapped(type: passThroughType(event), subject: subject(event), time: event.time, isCanonical: false)
    }

    /// The rule that maps an event, and where its paths start; nil: none does.
    func rule(for event: ProviderEvent, in document: JSONDocument) -> (rule: Rule, scope: MappingScope)? {
        for candidate in candidates(event.type) {
            if let scope = candidate.rule.scope(of: event, in: document) { return (candidate.rule, scope) }
        }
        return nil
    }

    private func candidates(_ type: String) -> [Candidate] {
        exact[type] ?? wildcards.filter { $0.pattern.matches(type) }.map(\.candidate)
    }

    private func apply(
        _ rule: Rule, type: String?, to event: ProviderEvent, _ scope: MappingScope, _ output: inout ByteBuffer
    ) throws(MappingFailure) -> Mapped {
        let start = output.count
        var writer = MappingWriter(of: scope.document, from: start)
        var mapped = Mapped(
            type: type ?? passThroughType(event), subject: subject(event), time: event.time,
            isCanonical: rule.data != nil)
        // Most providers name the subject themselves; the text is made anew only where the rule says otherwise.
        if let subject = rule.subject, !says(subject, mapped.subject, scope),
            let value = writer.value(of: subject, scope)
        {
            mapped.subject = value.scalarText(in: scope.document).map { String(decoding: $0, as: UTF8.self) }
        }
        if let time = rule.time, let value = writer.value(of: time, scope) {
            mapped.time = Transform.moment(value, .seconds, scope)
        }
        if let data = rule.data {
            if !data.append(scope, &writer, to: &output) { output.append(literal: "{}") }
        } else {
            appendRaw(event, scope.document, to: &output)
        }
        guard writer.failures.isEmpty else {
            output.truncate(to: start)
            throw MappingFailure(rule: rule.name, providerType: event.type, fields: writer.failures)
        }
        return mapped
    }

    private func appendRaw(_ event: ProviderEvent, _ document: JSONDocument, to output: inout ByteBuffer) {
        output.append(literal: "{\"raw\":")
        document.appendMinified(event.payload, to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// The provider's word on the subject; CloudEvents has no empty ones, Square does.
    private func subject(_ event: ProviderEvent) -> String? {
        event.subject?.isEmpty == true ? nil : event.subject
    }

    /// Whether a field is one plain text of the payload, and that text.
    private func says(_ field: Field, _ text: String?, _ scope: MappingScope) -> Bool {
        guard let text, field.sources.count == 1, field.transforms.isEmpty, field.sources[0].transforms.isEmpty,
            case .path(let path) = field.sources[0].origin, !path.isPlural, let node = path.node(in: scope)
        else { return false }
        return scope.document.isPlain(node, text)
    }

    private func passThroughType(_ event: ProviderEvent) -> String {
        "\(provider).\(event.type)"
    }
}

import Verifiers

/// Turns events back into what their provider would have sent, by a mapping's rules read backwards.
///
/// What it makes has been proven: the mapping makes the same event of it. It holds the fields that the mapping knows of,
/// not what the provider sends besides.
struct InverseMapper: Sendable {
    /// What a provider would have sent.
    struct Made: Equatable, Sendable {
        var providerType: String
        var subject: String?
        var account: String?
        /// The payload as one line of JSON.
        var payload: [UInt8]

        /// `{"providertype":…,"subject":…,"account":…,"payload":{…}}`
        var json: [UInt8] {
            var line = JSONLine()
            line.add("providertype", providerType)
            if let subject { line.add("subject", subject) }
            if let account { line.add("account", account) }
            line.add("payload", json: payload)
            return line.json
        }
    }

    private let provider: String
    private let mapper: Mapper
    private let rules: [InverseRule]

    init(provider: String, rules: MappingRules) {
        self.provider = provider
        mapper = Mapper(provider: provider, rules: rules)
        self.rules = rules.rules.map { InverseRule($0) }
    }

    /// What the provider would have sent for an event.
    func made(of event: InverseEvent) throws(InverseFailure) -> Made {
        var first: InverseFailure?
        for (rule, providerType) in candidates(event) {
            do throws(InverseFailure) {
                return try made(of: event, by: rule, providerType)
            } catch {
                first = first ?? error
            }
        }
        if first == nil, let raw = event.scope.document.member("raw", of: event.data) {
            return try passedThrough(event, raw)
        }
        throw first ?? unknown(event)
    }

    /// Every rule that cannot be undone as a whole: its name, and the fields that stand in the way.
    var obstacles: [(rule: String, fields: [InverseFailure.Field])] {
        rules.compactMap { rule in
            let fields = rule.obstacles
            return fields.isEmpty ? nil : (rule.rule.name, fields)
        }
    }

    /// The rules that make the event's type, in order, and of which type of the provider's.
    private func candidates(_ event: InverseEvent) -> [(InverseRule, String?)] {
        rules.flatMap { rule in
            rule.rule.matches.compactMap { match -> (InverseRule, String?)? in
                if let type = match.type {
                    guard type == event.type else { return nil }
                } else if !event.type.hasPrefix("\(provider).") {
                    return nil
                }
                let own = match.type == nil ? String(event.type.dropFirst(provider.utf8.count + 1)) : nil
                guard let known = event.providerType ?? own else {
                    return (rule, match.pattern.isExact ? match.pattern.text : nil)
                }
                return match.pattern.matches(known) ? (rule, known) : nil
            }
        }
    }

    private func made(
        of event: InverseEvent, by rule: InverseRule, _ providerType: String?
    ) throws(InverseFailure) -> Made {
        func failure(_ fields: [InverseFailure.Field]) -> InverseFailure {
            InverseFailure(type: event.type, rule: rule.rule.name, fields: fields)
        }
        guard let providerType else {
            throw failure([
                .init(
                    target: "providertype",
                    reason: "the rule is for many types of the provider's; say which, as the attribute of the event")
            ])
        }
        guard rule.rule.data != nil else {
            guard let raw = event.scope.document.member("raw", of: event.data) else {
                throw failure([.init(target: "raw", reason: "the rule passes payloads through, and there is none")])
            }
            return try passedThrough(event, raw, providerType)
        }
        var draft = PayloadDraft()
        draft.type = providerType
        draft.subject = event.subjectText
        let failures = rule.write(event, to: &draft)
        guard failures.isEmpty else { throw failure(failures) }
        let made = Made(
            providerType: providerType, subject: draft.subject, account: draft.account, payload: draft.tree.json)
        let differences = differences(event, made, key: draft.key)
        guard differences.isEmpty else { throw failure(differences) }
        return made
    }

    private func passedThrough(
        _ event: InverseEvent, _ raw: JSONDocument.Node, _ providerType: String? = nil
    ) throws(InverseFailure) -> Made {
        let own = event.type.hasPrefix("\(provider).") ? String(event.type.dropFirst(provider.utf8.count + 1)) : nil
        guard let type = providerType ?? event.providerType ?? own else { throw unknown(event) }
        var payload = ByteBuffer()
        event.scope.document.appendMinified(raw, to: &payload)
        let made = Made(providerType: type, subject: event.subjectText, account: nil, payload: payload.bytes)
        let differences = differences(event, made, key: nil)
        guard differences.isEmpty else { throw InverseFailure(type: event.type, rule: nil, fields: differences) }
        return made
    }

    private func unknown(_ event: InverseEvent) -> InverseFailure {
        let types = Set(rules.flatMap { $0.rule.matches.compactMap(\.type) }).sorted()
        let guess = NearestName.to(event.type, among: types).map { "; did you mean \($0)?" }
        let known = types.isEmpty ? "; it has no rules" : "; there are \(types.joined(separator: ", "))"
        let which = event.providerType.map { " of the provider's \(TextRule.quoted($0))" } ?? ""
        return InverseFailure(
            type: event.type, rule: nil,
            fields: [.init(target: "type", reason: "no rule of the mapping makes it\(which)\(guess ?? known)")])
    }

    /// Where the event that the mapping makes of a payload is another than the one it was made of.
    private func differences(_ event: InverseEvent, _ made: Made, key: String?) -> [InverseFailure.Field] {
        var document = JSONDocument()
        var result = JSONDocument()
        var data = ByteBuffer()
        let mapped: Mapper.Mapped
        do {
            try document.read(made.payload[...])
            let again = ProviderEvent(
                key: key ?? "", type: made.providerType, subject: made.subject, account: made.account, payload: .root)
            mapped = try mapper.map(again, in: document, data: &data)
            try result.read(data.bytes[...])
        } catch let failure as MappingFailure {
            return failure.fields.map { .init(target: $0.target, reason: "the payload made of it fails: \($0.reason)") }
        } catch {
            return [.init(target: "data", reason: "the payload made of it cannot be read: \(error)")]
        }
        if mapped.type != event.type {
            return [
                .init(
                    target: "type",
                    reason: "the payload made of it becomes \(mapped.type): an earlier rule fits it as well")
            ]
        }
        var fields = JSONDifference.all(
            expected: event.data, of: event.scope.document, found: .root, of: result, isWhole: true
        ).map { difference in
            InverseFailure.Field(
                target: difference.path,
                reason: difference.found == nil
                    ? "no field of the rule makes it" : "the payload made of it would become another value")
        }
        if let subject = event.subjectText, mapped.subject != subject {
            fields.append(.init(target: "subject", reason: "the payload made of it has another"))
        }
        return fields
    }
}

/// An event that is to become payload again.
struct InverseEvent {
    let type: String
    /// The provider's type that it was made of; nil when the event does not say.
    let providerType: String?
    let subject: JSONDocument.Node?
    let time: JSONDocument.Node?
    let data: JSONDocument.Node
    /// The document that the event stands in.
    let scope: MappingScope

    /// Takes a whole event, or one of `type` and `data` alone.
    init(_ bytes: [UInt8]) throws(MalformedEvent) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(bytes[...])
        } catch {
            throw MalformedEvent(reason: error.description)
        }
        guard let type = document.string(of: document.member("type")), !type.isEmpty else {
            throw MalformedEvent(
                reason: "it has no \"type\"; an event is { \"type\": \"payment.succeeded\", \"data\": { … } }")
        }
        guard let data = document.member("data"), document.kind(of: data) == .object else {
            throw MalformedEvent(reason: "it has no object \"data\"")
        }
        self.type = type
        self.data = data
        providerType = document.string(of: document.member("providertype"))
        subject = document.member("subject")
        time = document.member("time")
        scope = MappingScope(document: document, event: ProviderEvent(key: "", type: type, payload: .root), base: .root)
    }

    var subjectText: String? { scope.document.string(of: subject) }
}

/// A text that is no event, and why.
struct MalformedEvent: Error, Equatable, Sendable, CustomStringConvertible {
    var reason: String

    var description: String { "the event cannot be read: \(reason)" }
}

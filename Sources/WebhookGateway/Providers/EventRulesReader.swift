import Verifiers

/// Reads how bodies are split into events and what each is told by.
struct EventRulesReader {
    let problems: MappingProblems

    func rules(_ value: JSONValue, at path: String) -> EventRules {
        var rules = EventRules()
        let keys = [
            "split", "inherit", "id", "type", "time", "timeFormat", "subject", "account", "redact", "archive", "renew",
        ]
        guard let object = StrictObject(value, at: path, keys: keys, problems) else { return rules }
        rules.splits = object.list("split").compactMap { split($0.value, at: $0.path) }
        rules.inherited = inherited(object)
        rules.id = expression(object, "id")
        rules.type = expression(object, "type")
        rules.time = expression(object, "time")
        rules.timeFormat = ProofReader(problems: problems).choice(object, "timeFormat", .rfc3339)
        rules.subject = expression(object, "subject")
        rules.account = expression(object, "account")
        rules.redacted = object.list("redact").compactMap { pointer($0.value, at: $0.path) }
        switch object.text("archive") {
        case nil, "body"?: break
        case "events"?: rules.archivesEvents = true
        case let other?:
            problems.add(
                object.path("archive"), "\(TextRule.quoted(other)) is not known", "it is \"body\" or \"events\"")
        }
        rules.renewed = PlaceReader(problems: problems).places(object, "renew")
        return rules
    }

    private func split(_ value: JSONValue, at path: String) -> EventRules.Split? {
        if case .object = value {
            guard let object = StrictObject(value, at: path, keys: ["path", "type"], problems) else { return nil }
            guard let pointer = pointer(object["path"] ?? .null, at: object.path("path")) else { return nil }
            return .init(path: pointer, type: object.text("type"))
        }
        return pointer(value, at: path).map { .init(path: $0) }
    }

    private func pointer(_ value: JSONValue, at path: String) -> JSONPointer? {
        if case .text(let text) = value, let pointer = JSONPointer(text) { return pointer }
        problems.add(path, "is no JSON pointer", "as in \"/entry/*/changes/*\", where * is every element")
        return nil
    }

    private func inherited(_ object: StrictObject) -> [EventRules.Inherited] {
        guard let value = object["inherit"] else { return [] }
        guard case .object(let members) = value else {
            problems.add(
                object.path("inherit"), "expected an object, found \(value.kind)", "as in { realm: \"/realmId\" }")
            return []
        }
        return members.sorted { $0.key < $1.key }.compactMap { name, value in
            pointer(value, at: "\(object.path("inherit")).\(name)").map { .init(name: name, path: $0) }
        }
    }

    /// A text, or a list of texts and `{ if: {…}, value: "…" }`, the first that has a value.
    private func expression(_ object: StrictObject, _ key: String) -> Expression? {
        let alternatives = object.list(key).compactMap { alternative($0.value, at: $0.path) }
        return alternatives.isEmpty ? nil : Expression(alternatives: alternatives)
    }

    private func alternative(_ value: JSONValue, at path: String) -> Expression.Alternative? {
        switch value {
        case .text(let text): return parts(text, at: path).map { .init(parts: $0) }
        case .object:
            guard let object = StrictObject(value, at: path, keys: ["if", "value"], problems),
                let text = object.text("value"), let parts = parts(text, at: object.path("value"))
            else { return nil }
            return .init(conditions: PlaceReader(problems: problems).conditions(object, "if"), parts: parts)
        default:
            problems.add(
                path, "expected a text, found \(value.kind)", "as in \"/id\", \"header:X-Id\" or \"{/a}|{/b}\"")
            return nil
        }
    }

    private func parts(_ text: String, at path: String) -> [Expression.Part]? {
        do throws(SignedText.Malformed) {
            return try Expression.parts(of: text)
        } catch {
            problems.add(path, error.reason, "")
            return nil
        }
    }
}

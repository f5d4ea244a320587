/// Reads a mapping's rules from the mapping language (docs/mappings.md).
struct RuleReader {
    private let problems: MappingProblems
    private let fields: FieldReader

    init(_ problems: MappingProblems) {
        self.problems = problems
        fields = FieldReader(problems)
    }

    /// What rules have in common unless they say otherwise.
    private struct Defaults {
        var roots: [FieldPath] = []
        var subject: Field?
        var time: Field?
        var shared: [String: SharedFields] = [:]
    }

    /// A list of rules, or an object of `rules` and what they have in common.
    func rules(
        _ value: JSONValue, at keyPath: String, extending extended: MappingRules?
    ) -> (rules: [Rule], shared: [String: SharedFields]) {
        if case .array(let rules) = value { return (read(rules, at: keyPath, Defaults()), [:]) }
        let keys = ["extends", "root", "subject", "time", "shared", "rules", "tests"]
        guard let mapping = StrictObject(value, at: keyPath, keys: keys, problems) else { return ([], [:]) }
        var defaults = Defaults()
        defaults.shared = extended?.shared ?? [:]
        defaults.roots = roots(mapping)
        defaults.subject = override("subject", mapping, isRequired: true)
        defaults.time = override("time", mapping, isRequired: false)
        if let shared = mapping["shared"] {
            if case .object(let sets) = shared {
                for (name, set) in sets {
                    let path = "\(mapping.path("shared")).\(name)"
                    defaults.shared[name] = SharedFields(members: members(set, at: path), keyPath: path)
                }
            } else {
                problems.add(
                    mapping.path("shared"), "expected an object, found \(shared.kind)", "name each set of fields")
            }
        }
        var result: [Rule] = []
        switch mapping["rules"] {
        case .array(let rules)?: result = read(rules, at: mapping.path("rules"), defaults)
        case nil where mapping["extends"] != nil: break
        case let other:
            problems.add(
                mapping.path("rules"), "expected a list, found \(other?.kind ?? "nothing")", "list the rules in [ ]")
        }
        if let name = mapping.text("extends") {
            if let extended {
                result += extended.rules
            } else {
                problems.add(
                    mapping.path("extends"), "\"\(name)\" is no mapping",
                    "name one of your own or a bundled one, as in \"stripe\"")
            }
        }
        return (result, defaults.shared)
    }

    private func read(_ rules: [JSONValue], at keyPath: String, _ defaults: Defaults) -> [Rule] {
        rules.enumerated().compactMap { index, rule in read(rule, at: "\(keyPath)[\(index)]", defaults) }
    }

    private func read(_ value: JSONValue, at keyPath: String, _ defaults: Defaults) -> Rule? {
        let keys = [
            "name", "match", "type", "when", "root", "subject", "time", "use", "fields", "passThrough",
        ]
        guard let rule = StrictObject(value, at: keyPath, keys: keys, problems) else { return nil }
        let matches = matches(rule)
        let isPassThrough = rule.boolean("passThrough")
        if isPassThrough, rule["fields"] != nil || rule["use"] != nil {
            problems.add(
                rule.path("passThrough"), "the payload passes through as it is", "take \"fields\" and \"use\" out")
        }
        return Rule(
            name: rule.text("name") ?? matches.map(\.pattern.text).joined(separator: ", "),
            matches: matches,
            conditions: conditions(rule),
            roots: rule["root"] == nil ? defaults.roots : roots(rule),
            subject: isPassThrough ? nil : override("subject", rule, isRequired: true) ?? defaults.subject,
            time: override("time", rule, isRequired: false) ?? defaults.time,
            data: isPassThrough ? nil : data(rule, defaults))
    }

    /// `match`: a type or pattern, a list of them, or an object of patterns and canonical types.
    private func matches(_ rule: StrictObject) -> [Rule.Match] {
        let type = rule.text("type")
        if let type { check(type: type, at: rule.path("type")) }
        guard let match = rule["match"] else {
            problems.add(rule.path("match"), "is missing", "say which types of the provider the rule is for")
            return []
        }
        guard case .object(let types) = match else {
            return rule.list("match").compactMap { value, path in
                guard case .text(let pattern) = value, !pattern.isEmpty else {
                    problems.add(path, "expected a type, found \(value.kind)", "as in \"payment_intent.*\"")
                    return nil
                }
                return Rule.Match(pattern: TypePattern(pattern), type: type)
            }
        }
        if type != nil {
            problems.add(rule.path("type"), "the types stand in \"match\"", "take one of the two out")
        }
        let read: [Rule.Match] = types.compactMap { pattern, value in
            guard case .text(let type) = value else {
                problems.add(
                    "\(rule.path("match")).\(pattern)", "expected a type, found \(value.kind)", "as in \"order.paid\"")
                return nil
            }
            check(type: type, at: "\(rule.path("match")).\(pattern)")
            return Rule.Match(pattern: TypePattern(pattern), type: type)
        }
        // An object has no order: the more particular pattern comes first.
        return read.sorted { left, right in
            if left.pattern.isExact != right.pattern.isExact { return left.pattern.isExact }
            return (right.pattern.text.utf8.count, left.pattern.text) < (
                left.pattern.text.utf8.count, right.pattern.text
            )
        }
    }

    private func check(type: String, at keyPath: String) {
        let isClean = !type.isEmpty && type.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "*") }
        if !isClean { problems.add(keyPath, "\"\(type)\" is not a type", "as in \"payment.succeeded\"") }
    }

    /// `root`: a path or a list of them.
    private func roots(_ object: StrictObject) -> [FieldPath] {
        object.list("root").compactMap { value, path in fields.path(value, at: path, isPlural: false) }
    }

    /// `subject` and `time`: sources like a field's.
    private func override(_ key: String, _ object: StrictObject, isRequired: Bool) -> Field? {
        guard let value = object[key],
            let field = fields.field(key, value, at: object.path(key), isRequired: isRequired)
        else { return nil }
        guard key == "time" else { return field }
        // A time that cannot be read fails the event; the provider's own would be silently another.
        return Field(
            target: key, sources: field.sources, transforms: field.transforms + [.timestamp(.seconds)],
            isRequired: field.isRequired, fallback: field.fallback)
    }

    /// `when`: paths and what must be there.
    private func conditions(_ rule: StrictObject) -> [Condition] {
        guard let value = rule["when"] else { return [] }
        guard case .object(let tests) = value else {
            problems.add(rule.path("when"), "expected an object, found \(value.kind)", "as in { status: \"PAID\" }")
            return []
        }
        return tests.sorted { $0.key < $1.key }.compactMap { text, value in
            let keyPath = "\(rule.path("when")).\(text)"
            guard let path = fields.path(.text(text), at: keyPath, isPlural: false) else { return nil }
            return ConditionReader(problems).test(value, at: keyPath).map { Condition(path: path, test: $0) }
        }
    }

    /// `use` and `fields` together; a rule's own field replaces a shared one of the same target.
    private func data(_ rule: StrictObject, _ defaults: Defaults) -> [TargetNode] {
        var targets: [String: (value: JSONValue, path: String)] = [:]
        for (value, path) in rule.list("use") {
            guard case .text(let name) = value, let set = defaults.shared[name] else {
                let guess = NearestName.to(value.plainText, among: defaults.shared.keys).map {
                    "did you mean \"\($0)\"?"
                }
                problems.add(path, "there is no shared set of that name", guess ?? "define it under \"shared\"")
                continue
            }
            for (target, field) in set.members { targets[target] = (field, "\(set.keyPath).\(target)") }
        }
        if let own = rule["fields"] {
            let keyPath = rule.path("fields")
            for (target, field) in members(own, at: keyPath) { targets[target] = (field, "\(keyPath).\(target)") }
        }
        // `null` takes a shared field out.
        return fields.tree(targets.filter { $0.value.value != .null }, at: rule.path("fields"))
    }

    private func members(_ value: JSONValue, at keyPath: String) -> [String: JSONValue] {
        guard case .object(let members) = value else {
            problems.add(keyPath, "expected an object, found \(value.kind)", "as in { \"customer.id\": \"customer\" }")
            return [:]
        }
        return members
    }
}

extension JSONValue {
    /// A text's value; "" for everything else.
    var plainText: String {
        if case .text(let text) = self { text } else { "" }
    }
}

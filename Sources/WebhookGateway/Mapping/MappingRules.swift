/// A named set of rules, read from the mapping language (docs/mappings.md) and ready to run; the first that fits wins.
struct MappingRules: Sendable {
    let rules: [Rule]
    /// The sets of fields that rules of this mapping, and of those that extend it, may use.
    let shared: [String: SharedFields]
    /// What the mapping itself says of how it is tested.
    let tests: [MappingTest]

    init(rules: [Rule]) {
        self.rules = rules
        shared = [:]
        tests = []
    }

    /// Reads a mapping, or reports everything that is wrong with it; `keyPath` is where it stands in the file.
    ///
    /// `extended` are the rules that `extends` names, which then come after the mapping's own; their shared sets can be
    /// used, and replaced by name.
    init(_ value: JSONValue, at keyPath: String, extending extended: MappingRules? = nil) throws(ConfigurationError) {
        let problems = MappingProblems()
        (rules, shared) = RuleReader(problems).rules(value, at: keyPath, extending: extended)
        if case .object(let members) = value {
            let object = StrictObject(members: members, keyPath: keyPath, problems: problems)
            tests = MappingTestReader(problems: problems).tests(object)
        } else {
            tests = []
        }
        guard problems.issues.isEmpty else { throw ConfigurationError(place: "mapping", issues: problems.issues) }
    }

    /// Reads a mapping from JSON5.
    init(json5: String, named name: String) throws(ConfigurationError) {
        try self.init(try Self.value(of: json5, named: name), at: name)
    }

    private static func value(of json5: String, named name: String) throws(ConfigurationError) -> JSONValue {
        do {
            return try JSON5.value(of: Array(json5.utf8))
        } catch {
            let issue = ConfigurationIssue(
                keyPath: name, message: "this is not JSON5: \(error)", remedy: "mend the text")
            throw ConfigurationError(place: "mapping", issues: [issue])
        }
    }
}

/// A named set of fields, as it is written: it is read anew for each rule that uses it.
struct SharedFields: Sendable {
    var members: [String: JSONValue]
    /// Where it stands.
    var keyPath: String
}

/// A named set of rules, read from the mapping language (docs/mappings.md) and ready to run; the first that fits wins.
struct MappingRules: Sendable {
    let rules: [Rule]

    /// Reads a mapping, or reports everything that is wrong with it; `keyPath` is where it stands in the file.
    ///
    /// `extended` are the rules that `extends` names, which then come after the mapping's own.
    init(_ value: JSONValue, at keyPath: String, extending extended: MappingRules? = nil) throws(ConfigurationError) {
        let problems = MappingProblems()
        rules = RuleReader(problems).rules(value, at: keyPath, extending: extended)
        guard problems.issues.isEmpty else { throw ConfigurationError(place: "mapping", issues: problems.issues) }
    }

    /// Reads a mapping from JSON5.
    init(json5: String, named name: String) throws(ConfigurationError) {
        try self.init(try Self.value(of: json5, named: name), at: name)
    }

    /// Reads the mapping that stands in a provider's definition; without one, everything passes through.
    init(definition json5: String, named name: String) throws(ConfigurationError) {
        let value = try Self.value(of: json5, named: name)
        var mapping = JSONValue.array([])
        if case .object(let members) = value { mapping = members["mapping"] ?? mapping }
        try self.init(mapping, at: name)
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

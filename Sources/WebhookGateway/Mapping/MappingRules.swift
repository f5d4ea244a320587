import FoundationEssentials

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
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        let value: JSONValue
        do {
            value = try decoder.decode(JSONValue.self, from: Data(json5.utf8))
        } catch {
            let issue = ConfigurationIssue(
                keyPath: name, message: "this is not JSON5: \(error)", remedy: "mend the text")
            throw ConfigurationError(place: "mapping", issues: [issue])
        }
        try self.init(value, at: name)
    }
}

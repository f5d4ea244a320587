import Verifiers

/// Finds mappings by name: the operator's first, then the bundled ones, which are named after their providers.
struct MappingCatalog: Sendable {
    private let overrides: [String: JSONValue]

    /// `overrides` is what `mappings` in the configuration says.
    init(overrides: [String: JSONValue] = [:]) {
        self.overrides = overrides
    }

    /// The names there are.
    var names: [String] {
        Set(overrides.keys).union(ProviderCatalog.names).sorted()
    }

    /// The rules of that name, with those of the mapping it extends.
    func rules(named name: String) throws(ConfigurationError) -> MappingRules {
        try rules(named: name, for: [])
    }

    /// `extending` are the mappings that extend this one, the first asked for first. One that extends its own name means
    /// the bundled one.
    private func rules(named name: String, for extending: [String]) throws(ConfigurationError) -> MappingRules {
        if let own = overrides[name], extending.last != name {
            guard !extending.contains(name) else {
                throw Self.problem(
                    "mappings.\(name).extends", "mappings extend each other in a circle",
                    "take one out: \((extending + [name]).joined(separator: " extends "))")
            }
            var base: MappingRules?
            if case .object(let members) = own, case .text(let text)? = members["extends"], names.contains(text) {
                base = try rules(named: text, for: extending + [name])
            }
            return try MappingRules(own, at: "mappings.\(name)", extending: base)
        }
        if let bundled = try Self.bundled(name) { return bundled }
        let guess = NearestName.to(name, among: names).map { "did you mean \"\($0)\"?" }
        throw Self.problem(
            "mappings.\(name)", "there is no mapping of that name",
            guess ?? "there are \(names.joined(separator: ", "))")
    }

    private static func problem(_ keyPath: String, _ message: String, _ remedy: String) -> ConfigurationError {
        ConfigurationError(
            place: "mapping", issues: [ConfigurationIssue(keyPath: keyPath, message: message, remedy: remedy)])
    }

    /// The bundled mapping of that name as JSON5; nil when none is bundled. One that maps nothing is `[]`.
    static func bundledText(_ name: String) -> String? {
        if let provider = ProviderCatalog.named(name) { return provider.mapping }
        guard let definition = BundledDefinitions.named(name),
            case .object(let members)? = try? JSON5.value(of: Array(definition.json5.utf8))
        else { return nil }
        if let mapping = members["mapping"] { return mapping.json }
        if case .text(let base)? = members["base"] { return bundledText(base) }
        return "[]"
    }

    private static func bundled(_ name: String) throws(ConfigurationError) -> MappingRules? {
        guard let text = bundledText(name) else { return nil }
        return try MappingRules(json5: text, named: name)
    }
}

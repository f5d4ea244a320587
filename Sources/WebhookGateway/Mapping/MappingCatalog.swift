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

    /// The rules of that name.
    func rules(named name: String) throws(ConfigurationError) -> MappingRules {
        if let override = overrides[name] {
            return try MappingRules(override, at: "mappings.\(name)", extending: try Self.extended(by: override))
        }
        guard let bundled = try Self.bundled(name) else {
            let guess = NearestName.to(name, among: names).map { "did you mean \"\($0)\"?" }
            let issue = ConfigurationIssue(
                keyPath: "mappings.\(name)", message: "there is no mapping of that name",
                remedy: guess ?? "there are \(names.joined(separator: ", "))")
            throw ConfigurationError(place: "mapping", issues: [issue])
        }
        return bundled
    }

    /// The bundled mapping of that name; that of a definition stands in it, and one without any maps nothing.
    private static func bundled(_ name: String) throws(ConfigurationError) -> MappingRules? {
        if let provider = ProviderCatalog.named(name) { return try MappingRules(json5: provider.mapping, named: name) }
        guard let definition = BundledDefinitions.named(name) else { return nil }
        return try MappingRules(definition: definition.json5, named: name)
    }

    /// The bundled mapping that `extends` names; the operator's own cannot be extended, so no circle can arise.
    private static func extended(by mapping: JSONValue) throws(ConfigurationError) -> MappingRules? {
        guard case .object(let members) = mapping, case .text(let name)? = members["extends"] else { return nil }
        return try bundled(name)
    }
}

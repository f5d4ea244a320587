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
        Set(overrides.keys).union(ProviderCatalog.all.map { $0.name }).sorted()
    }

    /// The rules of that name.
    func rules(named name: String) throws(ConfigurationError) -> MappingRules {
        if let override = overrides[name] {
            return try MappingRules(override, at: "mappings.\(name)", extending: try Self.extended(by: override))
        }
        guard let provider = ProviderCatalog.named(name) else {
            let guess = NearestName.to(name, among: names).map { "did you mean \"\($0)\"?" }
            let issue = ConfigurationIssue(
                keyPath: "mappings.\(name)", message: "there is no mapping of that name",
                remedy: guess ?? "there are \(names.joined(separator: ", "))")
            throw ConfigurationError(place: "mapping", issues: [issue])
        }
        return try MappingRules(json5: provider.mapping, named: name)
    }

    /// The bundled mapping that `extends` names; the operator's own cannot be extended, so no circle can arise.
    private static func extended(by mapping: JSONValue) throws(ConfigurationError) -> MappingRules? {
        guard case .object(let members) = mapping, case .text(let name)? = members["extends"],
            let provider = ProviderCatalog.named(name)
        else { return nil }
        return try MappingRules(json5: provider.mapping, named: name)
    }
}

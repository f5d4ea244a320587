/// Which events a destination gets: each of type, source and tenant must match one of its patterns.
struct EventFilter: Sendable, Equatable {
    private let types: [TypePattern]
    private let sources: [TypePattern]
    private let tenants: [TypePattern]

    init(_ configuration: FilterConfiguration = FilterConfiguration()) {
        types = configuration.types.map { TypePattern($0) }
        sources = configuration.sources.map { TypePattern($0) }
        tenants = configuration.tenants.map { TypePattern($0) }
    }

    func matches(type: String, source: String, tenant: String) -> Bool {
        Self.any(of: types, match: type) && Self.any(of: sources, match: source) && Self.any(of: tenants, match: tenant)
    }

    private static func any(of patterns: [TypePattern], match text: String) -> Bool {
        patterns.contains { $0.text == "*" || $0.matches(text) }
    }
}

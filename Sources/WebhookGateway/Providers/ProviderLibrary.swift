import Verifiers

/// Every provider a source can be of: the operator's own definitions first, then those that are bundled.
struct ProviderLibrary: Sendable {
    private let own: [String: JSONValue]

    /// `own` is what `providers` in the configuration and the folder beside it say.
    init(own: [String: JSONValue] = [:]) {
        self.own = own
    }

    /// The names there are.
    var names: [String] {
        Set(own.keys).union(ProviderCatalog.names).sorted()
    }

    /// Whether the definition is the operator's.
    func isOwn(_ name: String) -> Bool { own[name] != nil }

    /// The provider of that name; nil when there is none. `changes` are parts that a source has otherwise.
    func kind(named name: String, changes: [String: JSONValue] = [:]) throws(ConfigurationError) -> ProviderKind? {
        guard let value = try definition(named: name) else {
            guard let native = ProviderCatalog.named(name) else { return nil }
            guard changes.isEmpty else {
                throw ConfigurationError(
                    place: "provider \(name)",
                    issues: [
                        ConfigurationIssue(
                            keyPath: "definition", message: "\(name) has no definition that could be changed",
                            remedy: "it is written in Swift; leave the key out")
                    ])
            }
            return .native(native)
        }
        let place = isOwn(name) ? "providers.\(name)" : name
        guard !changes.isEmpty else { return .declared(try DefinitionReader.read(value, named: name, at: place)) }
        // The vectors are about the definition as it is bundled.
        var changed = Self.merging(.object(changes), over: value)
        if case .object(var members) = changed {
            members["vectors"] = nil
            changed = .object(members)
        }
        return .declared(try DefinitionReader.read(changed, named: name, at: "definition"))
    }

    /// The text of a definition as a value; nil when the provider is written in Swift or unknown.
    func definition(named name: String) throws(ConfigurationError) -> JSONValue? {
        if let own = own[name] { return own }
        guard let bundled = BundledDefinitions.named(name) else { return nil }
        return try Self.value(of: Array(bundled.json5.utf8), place: "provider \(name)")
    }

    /// Reads JSON5.
    static func value(of bytes: [UInt8], place: String) throws(ConfigurationError) -> JSONValue {
        let duplicates: [String]
        do throws(JSON5Outline.Failure) {
            duplicates = try JSON5Outline(bytes).duplicates
        } catch {
            throw ConfigurationError(
                place: "\(place):\(error.line):\(error.column)",
                issues: [ConfigurationIssue(keyPath: "", message: error.reason, remedy: "")])
        }
        guard duplicates.isEmpty else {
            throw ConfigurationError(
                place: place,
                issues: duplicates.map {
                    ConfigurationIssue(keyPath: $0, message: "stands twice", remedy: "keep one of them")
                })
        }
        do {
            return try JSON5.value(of: bytes)
        } catch {
            throw ConfigurationError(
                place: place, issues: [ConfigurationIssue(keyPath: "", message: "not valid JSON5", remedy: "")])
        }
    }

    /// `changes` over `value`: objects member by member, everything else as a whole.
    private static func merging(_ changes: JSONValue, over value: JSONValue) -> JSONValue {
        guard case .object(let new) = changes, case .object(var members) = value else { return changes }
        for (key, change) in new { members[key] = members[key].map { merging(change, over: $0) } ?? change }
        return .object(members)
    }
}

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

    /// A definition as a value, with what it inherits from its `base`; nil when the provider is written in Swift or
    /// unknown.
    func definition(named name: String) throws(ConfigurationError) -> JSONValue? {
        try definition(named: name, for: [])
    }

    /// `heirs` are the definitions that inherit from this one. One that names itself means the bundled one.
    private func definition(named name: String, for heirs: [String]) throws(ConfigurationError) -> JSONValue? {
        let value: JSONValue
        if let own = own[name], heirs.last != name {
            value = own
        } else if let bundled = BundledDefinitions.named(name) {
            value = try Self.value(of: Array(bundled.json5.utf8), place: "provider \(name)")
        } else {
            return nil
        }
        guard case .object(var members) = value, let base = members.removeValue(forKey: "base") else { return value }
        func problem(_ message: String, _ remedy: String) -> ConfigurationError {
            let place = isOwn(name) ? "providers.\(name)" : name
            return ConfigurationError(
                place: "provider \(name)",
                issues: [ConfigurationIssue(keyPath: "\(place).base", message: message, remedy: remedy)])
        }
        guard case .text(let baseName) = base else {
            throw problem("expected a provider's name, found \(base.kind)", "as in \"standard-webhooks\"")
        }
        guard !heirs.contains(baseName) else {
            throw problem(
                "definitions inherit from each other in a circle",
                "take one out: \((heirs + [name, baseName]).joined(separator: " inherits from "))")
        }
        guard case .object(let inherited)? = try definition(named: baseName, for: heirs + [name]) else {
            if ProviderCatalog.named(baseName) != nil {
                throw problem("\(baseName) has no definition", "it is written in Swift; name another")
            }
            let guess = NearestName.to(baseName, among: names).map { "did you mean \"\($0)\"?" }
            throw problem(
                "\(TextRule.quoted(baseName)) is no provider", guess ?? "`providers list` names those there are")
        }
        return Self.inheriting(members, from: inherited, isSameProvider: baseName == name)
    }

    /// What a definition has of its own, over what it inherits. `event` and `lookup` are merged member by member; what people
    /// read, the tests, and vectors of another proof are not passed on to another provider.
    private static func inheriting(
        _ own: [String: JSONValue], from base: [String: JSONValue], isSameProvider: Bool
    ) -> JSONValue {
        var members = base
        let personal = ["title", "documentation", "setup", "facts", "tests"]
        for key in personal where !isSameProvider { members[key] = nil }
        if own["proof"] != nil || own["proofs"] != nil {
            for key in ["proof", "proofs", "vectors"] { members[key] = nil }
        }
        for (key, value) in own {
            members[key] =
                ["event", "lookup"].contains(key) ? members[key].map { merging(value, over: $0) } ?? value : value
        }
        return .object(members)
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

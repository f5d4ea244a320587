extension KnownParts {
    /// What this program has.
    static let builtIn = KnownParts(
        destinationTypes: Set(DestinationCatalog.types),
        singleEventTypes: Set(DestinationCatalog.all.map { $0.card }.filter(\.isSingleEvent).map(\.type)),
        provider: { (name, own, changes) throws(ConfigurationError) in
            try ProviderLibrary(own: own).kind(named: name, changes: changes)
        },
        mappingIssues: { name, all in
            do throws(ConfigurationError) {
                _ = try MappingCatalog(overrides: all).rules(named: name)
                return []
            } catch {
                return error.issues
            }
        },
        destinationIssues: { destination in
            DestinationCatalog.problems(of: destination).map { problem in
                let isPlaceholder = destination.credentials.contains { name, secret in
                    problem.key == "credentials.\(name)" && secret.isPlaceholder
                }
                return ConfigurationIssue(
                    keyPath: problem.key, message: isPlaceholder ? "an example's placeholder" : problem.reason,
                    remedy: isPlaceholder ? "set it before serve: with it serve does not start" : "",
                    severity: isPlaceholder ? .warning : .error)
            }
        })
}

/// Makes entries of the configuration out of integrations, by the same rules as those of a file; one that is wrong is
/// told and stops no other.
struct IntegrationReader {
    /// An entry, or what is wrong with it.
    enum Outcome: Sendable {
        case source(SourceConfiguration)
        case destination(DestinationConfiguration)
        case invalid([ConfigurationIssue])
    }

    /// What the file says: its own entries, providers, mappings and limits.
    let file: Configuration
    let known: KnownParts

    /// Keys of a source's entry that are members of the integration itself or hold secrets.
    static let sourceKeys: Set<String> = ["provider", "secrets", "verifyToken", "tenant", "enabled"]
    /// Likewise of a destination's entry.
    static let destinationKeys: Set<String> = ["type", "url", "credentials", "enabled", "filter", "settings"]

    /// In the order given; each with its opened credentials, by name.
    func read(_ integrations: [(integration: Integration, secrets: [String: Secret])]) -> [Outcome] {
        var trial = Configuration()
        trial.listen = file.listen
        trial.dedupe = file.dedupe
        trial.providers = file.providers
        trial.mappings = file.mappings
        let notes = ConfigurationReader.Notes(SecretResolver(environment: [:]))
        for (integration, secrets) in integrations {
            notes.issues += conflicts(of: integration)
            switch integration.id.kind {
            case .source: trial.sources.append(source(integration, secrets, notes))
            case .destination: trial.destinations.append(destination(integration, secrets, notes))
            }
        }
        notes.issues += trial.resolveProviders(known, after: notes.issues)
        notes.issues += ConfigurationValidation.issues(trial, known: known, after: notes.issues)
        let issues = Dictionary(grouping: notes.issues.filter { $0.severity == .error }) { issue in
            issue.keyPath.split(separator: ".").prefix(2).joined(separator: ".")
        }
        let sources = Dictionary(trial.sources.map { ($0.name, $0) }) { first, _ in first }
        let destinations = Dictionary(trial.destinations.map { ($0.name, $0) }) { first, _ in first }
        return integrations.map { integration, _ in
            let id = integration.id
            if let issues = issues[id.description] { return .invalid(issues.map { $0.within(id) }) }
            switch id.kind {
            case .source: return sources[id.key].map { .source($0) } ?? .invalid([])
            case .destination: return destinations[id.key].map { .destination($0) } ?? .invalid([])
            }
        }
    }

    private func source(
        _ integration: Integration, _ secrets: [String: Secret], _ notes: ConfigurationReader.Notes
    ) -> SourceConfiguration {
        var source = SourceConfiguration(
            name: integration.id.key, maxBodyBytes: file.listen.maxBodyBytes,
            dedupeWindowSeconds: file.dedupe.windowSeconds)
        var members = integration.settings.filter { !Self.sourceKeys.contains($0.key) }
        members["provider"] = .text(integration.type)
        members["tenant"] = .text(integration.tenant)
        members["enabled"] = .boolean(integration.enabled)
        ConfigurationReader.read(&source, members, path: integration.id.description, notes: notes)
        source.secrets = [Integration.secretName, Integration.previousSecretName].compactMap { secrets[$0] }
        source.verifyToken = secrets[Integration.verifyTokenName]
        return source
    }

    private func destination(
        _ integration: Integration, _ secrets: [String: Secret], _ notes: ConfigurationReader.Notes
    ) -> DestinationConfiguration {
        var destination = DestinationConfiguration(name: integration.id.key)
        var members = integration.delivery.filter { !Self.destinationKeys.contains($0.key) }
        members["type"] = .text(integration.type)
        members["enabled"] = .boolean(integration.enabled || integration.drainingSince != nil)
        members["settings"] = .object(integration.settings)
        ConfigurationReader.read(&destination, members, path: integration.id.description, notes: notes)
        destination.filter = integration.filter
        destination.filter.tenants = [integration.tenant]
        // Nothing new comes in: what waits is all that it still delivers.
        if integration.drainingSince != nil { destination.filter.types = [] }
        destination.credentials = secrets.filter { $0.key != Integration.urlName }
        destination.url = secrets[Integration.urlName]
        if let url = destination.url, let problem = TextRule.httpURL.problem(url.text) {
            notes.issues.append(
                ConfigurationIssue(keyPath: "\(integration.id).credentials.url", message: problem, remedy: ""))
        }
        return destination
    }

    /// What the integration must not say, or another says already.
    private func conflicts(of integration: Integration) -> [ConfigurationIssue] {
        let id = integration.id
        let isDeclared =
            switch id.kind {
            case .source: file.source(named: id.key) != nil
            case .destination: file.destination(named: id.key) != nil
            }
        var issues: [ConfigurationIssue] = []
        if isDeclared {
            issues.append(
                ConfigurationIssue(
                    keyPath: id.description, message: "the configuration file has an entry of that name",
                    remedy: "remove it from the file, or create this integration under another key"))
        }
        let (given, reserved) =
            switch id.kind {
            case .source: (integration.settings, Self.sourceKeys)
            case .destination: (integration.delivery, Self.destinationKeys)
            }
        for key in given.keys.sorted() where reserved.contains(key) {
            issues.append(
                ConfigurationIssue(
                    keyPath: "\(id).\(key)", message: "does not belong there",
                    remedy: "it is a member of the integration itself, secrets are under credentials"))
        }
        return issues
    }
}

extension Integration {
    /// The credential of a source that deliveries are proved by.
    static let secretName = "secret"
    /// The one before it, still accepted during a rotation.
    static let previousSecretName = "previousSecret"
    /// What a provider sends back to prove that it was told of this endpoint.
    static let verifyTokenName = "verifyToken"
    /// Where a destination of the caller's own is; it may carry a password.
    static let urlName = "url"
}

extension ConfigurationIssue {
    /// The same with its key path inside the integration.
    fileprivate func within(_ id: Integration.ID) -> ConfigurationIssue {
        var issue = self
        issue.keyPath = String(keyPath.dropFirst(id.description.count).drop { $0 == "." })
        return issue
    }
}

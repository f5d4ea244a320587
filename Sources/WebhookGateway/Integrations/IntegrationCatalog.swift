/// All managed integrations as this process knows them, and what they make of the configuration: to the rest of the
/// program an entry is an entry, wherever it came from.
@ControlPlane
final class IntegrationCatalog {
    /// Opens sealed credentials, each for itself.
    typealias Open = @ControlPlane ([(integration: Integration, name: String)]) async -> [Result<Secret, VaultError>]

    /// An integration and what became of it.
    struct Entry: Sendable {
        var integration: Integration
        var outcome: IntegrationReader.Outcome

        /// Why it is not in force, in one sentence; nil when it is.
        var problem: String? {
            guard case .invalid(let issues) = outcome else { return nil }
            return issues.isEmpty ? "it cannot be read" : issues.map(\.line).joined(separator: "; ")
        }
    }

    private(set) var entries: [Integration.ID: Entry] = [:]
    /// Those whose record cannot be read.
    private(set) var damaged: Set<Integration.ID> = []
    /// Whether all that the store has is here; until then a source that is not known may yet be.
    private(set) var isComplete = false
    private let known: KnownParts
    private let open: Open
    private var secrets: [Integration.ID: [String: Secret]] = [:]
    /// Those whose credentials could not be opened, and whether trying again may help though nothing else changes.
    private var unopened: [Integration.ID: (integration: Integration, isTemporary: Bool)] = [:]

    /// - Parameters:
    ///   - known: what entries are checked against.
    ///   - open: opens a sealed credential.
    init(known: KnownParts, open: @escaping Open) {
        self.known = known
        self.open = open
    }

    /// The integrations of a tenant; `tenant` nil: of all of them.
    func integrations(of tenant: String?) -> [Integration] {
        entries.values.lazy.map(\.integration).filter { tenant == nil || $0.tenant == tenant }
    }

    /// Takes up what has changed in the store; returns the entries that are new, other or gone.
    ///
    /// - Parameter file: the configuration without managed entries.
    @discardableResult
    func take(_ changes: IntegrationStore.Changes, file: Configuration) async -> EntryNames {
        var names = EntryNames()
        if changes.isWhole {
            let there = Set(changes.changed.map(\.id))
            for id in Array(entries.keys) where !there.contains(id) {
                forget(id)
                names.insert(id)
            }
            damaged = []
        }
        damaged.subtract(changes.removed + changes.changed.map(\.id))
        damaged.formUnion(changes.damaged)
        for id in changes.removed + changes.damaged {
            forget(id)
            names.insert(id)
        }
        let fresh = changes.changed.filter { entries[$0.id]?.integration != $0 }
        await take(fresh, file)
        for integration in fresh { names.insert(integration.id) }
        isComplete = true
        return names
    }

    /// Tries once more to open what could not be opened; returns what could be now.
    ///
    /// - Parameter all: also those where the reason does not pass by itself, since there are other master keys now.
    func openAgain(file: Configuration, all: Bool = false) async -> EntryNames {
        var names = EntryNames()
        let before = unopened.values.filter { all || $0.isTemporary }.map(\.integration)
        guard !before.isEmpty else { return names }
        await take(before, file)
        for integration in before where unopened[integration.id] == nil { names.insert(integration.id) }
        return names
    }

    private func take(_ fresh: [Integration], _ file: Configuration) async {
        var readable: [Integration] = []
        for (integration, opened) in zip(fresh, await opened(fresh)) {
            forget(integration.id)
            switch opened {
            case .success(let opened):
                secrets[integration.id] = opened
                readable.append(integration)
            case .failure(let error):
                unopened[integration.id] = (integration, error.isTemporary)
                let issue = ConfigurationIssue(
                    keyPath: "credentials", message: "cannot be opened: \(error)", remedy: "")
                entries[integration.id] = Entry(integration: integration, outcome: .invalid([issue]))
            }
        }
        read(readable, file)
    }

    /// Reads every entry again, because the file has changed.
    func rebase(on file: Configuration) {
        read(entries.values.map(\.integration).filter { secrets[$0.id] != nil }, file)
    }

    /// The file's configuration with the managed entries that are in force.
    func applied(to file: Configuration) -> Configuration {
        guard !entries.isEmpty else { return file }
        var result = file
        for entry in entries.values {
            switch entry.outcome {
            case .source(let source): result.sources.append(source)
            case .destination(let destination): result.destinations.append(destination)
            case .invalid: result.heldDestinations += held(entry.integration).map { [$0] } ?? []
            }
        }
        result.sources.sort { $0.name < $1.name }
        result.destinations.sort { $0.name < $1.name }
        result.heldDestinations.sort { $0.name < $1.name }
        return result
    }

    /// What events for a destination wait for that cannot be delivered to.
    private func held(_ integration: Integration) -> DestinationConfiguration? {
        guard integration.id.kind == .destination, integration.enabled else { return nil }
        var destination = DestinationConfiguration(name: integration.id.key)
        destination.filter = integration.filter
        return destination
    }

    /// Puts the entries of these names into a configuration as they are now; those of the file stay.
    func apply(_ names: EntryNames, to configuration: inout Configuration, file: Configuration) {
        for name in names.sources where file.source(named: name) == nil {
            var source: SourceConfiguration?
            if case .source(let own)? = entries[Integration.ID(kind: .source, key: name)]?.outcome { source = own }
            configuration.sources.set(source, named: name)
        }
        for name in names.destinations where file.destination(named: name) == nil {
            var destination: DestinationConfiguration?
            var waiting: DestinationConfiguration?
            let entry = entries[Integration.ID(kind: .destination, key: name)]
            switch entry?.outcome {
            case .destination(let own): destination = own
            case .invalid: waiting = entry.flatMap { held($0.integration) }
            case .source, nil: break
            }
            configuration.destinations.set(destination, named: name)
            configuration.heldDestinations.set(waiting, named: name)
        }
    }

    private func forget(_ id: Integration.ID) {
        entries[id] = nil
        secrets[id] = nil
        unopened[id] = nil
    }

    /// The credentials of each, by name, or why one of them does not open.
    private func opened(_ integrations: [Integration]) async -> [Result<[String: Secret], VaultError>] {
        let names = integrations.flatMap { integration in integration.credentials.keys.map { (integration, $0) } }
        var results = await open(names)[...]
        return integrations.map { integration in
            Result { () throws(VaultError) in
                let own = results.prefix(integration.credentials.count)
                results = results.dropFirst(own.count)
                var opened: [String: Secret] = [:]
                for (name, result) in zip(integration.credentials.keys, own) { opened[name] = try result.get() }
                return opened
            }
        }
    }

    private func read(_ integrations: [Integration], _ file: Configuration) {
        let outcomes = IntegrationReader(file: file, known: known).read(
            integrations.map { ($0, secrets[$0.id] ?? [:]) })
        for (integration, outcome) in zip(integrations, outcomes) {
            entries[integration.id] = Entry(integration: integration, outcome: outcome)
        }
    }
}

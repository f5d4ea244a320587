import Verifiers

/// Changes to managed integrations on behalf of one caller: checked, sealed, kept, and taken up by this process at once.
/// The tenant comes from the caller's token, never from the request.
@ControlPlane
struct IntegrationDesk {
    let principal: Principal
    let store: IntegrationStore
    let vault: Vault
    /// The configuration without managed entries.
    let file: Configuration
    /// Those that the caller may know of.
    let others: () -> [Integration]
    /// Whether events or refused deliveries are kept under an id, whoever had it.
    let hasHistory: (Integration.ID) async throws(RedisFailure) -> Bool
    /// Has this process take up what was changed.
    let changed: () async -> Void

    private var rules: IntegrationRules { IntegrationRules(principal: principal, known: .builtIn) }

    /// An integration of the caller's by its id, as the store has it now.
    func integration(_ id: Integration.ID) async throws -> Integration {
        switch try await store.record(id, of: principal.tenant) {
        case .integration(let found)?: return found
        case .damaged?:
            throw Problem(.conflict, "The record of \(id) in the store is damaged; delete it, and add it anew.")
        case nil: throw unknown(id)
        }
    }

    /// What the caller has under an id; throws when that is nothing.
    func record(_ id: Integration.ID) async throws -> IntegrationStore.Record {
        guard let record = try await store.record(id, of: principal.tenant) else { throw unknown(id) }
        return record
    }

    func unknown(_ id: Integration.ID) -> Problem {
        if isDeclared(id) {
            return Problem(
                .conflict, "\(id) stands in the configuration file; change it there and send SIGHUP.")
        }
        return Problem(.notFound, "There is no integration \(TextRule.quoted(id.description)).")
    }

    /// Whether the file has it and the caller may know.
    private func isDeclared(_ id: Integration.ID) -> Bool {
        switch id.kind {
        case .source: file.source(named: id.key).map { principal.sees($0.tenant) } ?? false
        case .destination:
            file.destination(named: id.key).map { principal.sees(IntegrationView($0).tenant) } ?? false
        }
    }

    // MARK: Changes

    /// Keeps a new integration.
    ///
    /// - Parameter skipsCheck: whether it is kept even if its service does not confirm its credentials.
    func add(
        _ integration: Integration, _ credentials: IntegrationDraft.NewCredentials, skipsCheck: Bool = false
    ) async throws -> Integration {
        var integration = integration
        let secrets = plain(credentials, over: [:])
        try rules.check(integration)
        try rules.check(integration, isAloneAmong: others(), file: file)
        try rules.check(integration, secrets, file: file)
        if !skipsCheck { try await rules.askService(integration, secrets, file: file) }
        try await seal(credentials, into: &integration)
        // Whoever takes a key over gets what is kept under it: waiting events, and refused deliveries to look at.
        let needsOwner = principal.tenant == nil ? false : try await hasHistory(integration.id)
        let limit = file.tenantLimits.limits(of: integration.tenant).integrations
        switch try await store.add(integration, limit: limit, needsOwner: needsOwner) {
        case .done: break
        case .conflict, .isAnothers:
            throw Problem(.conflict, "\(integration.id) is taken; choose another key.")
        case .taken: throw IntegrationRules.taken(integration)
        case .limitReached:
            throw Problem(
                .conflict,
                "The tenant \(integration.tenant) has \(limit) integrations, which is its limit; delete one, or have an operator raise tenantLimits.integrations."
            )
        }
        await changed()
        return integration
    }

    /// Changes an integration that is there.
    ///
    /// - Parameter expected: the version that the caller knows; nil: whatever there is.
    func change(
        _ id: Integration.ID, expected: Int?, _ credentials: IntegrationDraft.NewCredentials = [:],
        _ edit: (inout Integration) throws(Problem) -> Void
    ) async throws -> Integration {
        let old = try await integration(id)
        try check(old, expected)
        var new = old
        try edit(&new)
        new.filter.tenants = [new.tenant]
        new.version = old.version + 1
        new.updatedAt = Clock.unixMilliseconds()
        try rules.check(new)
        try rules.check(new, isAloneAmong: others(), file: file)
        try rules.check(new, plain(credentials, over: try await opened(old)), file: file, before: old)
        try await seal(credentials, into: &new)
        switch try await store.replace(old, with: new) {
        case .done: break
        case .taken: throw IntegrationRules.taken(new)
        case .conflict, .limitReached, .isAnothers: throw Self.outrun(id)
        }
        await changed()
        return new
    }

    /// Removes an integration.
    func remove(_ id: Integration.ID, expected: Int?) async throws {
        let old = try await integration(id)
        try check(old, expected)
        let leaves = try await hasHistory(id)
        guard try await store.remove(old, leaves: leaves) == .done else { throw Self.outrun(id) }
        await changed()
    }

    /// Removes what is kept under an id and cannot be read.
    ///
    /// - Parameter bytes: as the caller has seen it.
    func remove(_ id: Integration.ID, damaged bytes: [UInt8]) async throws {
        guard try await store.remove(id, damaged: bytes) == .done else { throw Self.outrun(id) }
        await changed()
    }

    private func check(_ integration: Integration, _ expected: Int?) throws(Problem) {
        guard let expected, expected != integration.version else { return }
        throw Problem(
            .conflict,
            "\(integration.id) has version \(integration.version) by now, not \(expected); read it again and repeat the change."
        )
    }

    private static func outrun(_ id: Integration.ID) -> Problem {
        Problem(.conflict, "\(id) was changed at the same moment; read it again and repeat the change.")
    }

    // MARK: Credentials

    /// A credential of an integration, opened.
    func opened(_ integration: Integration) async throws -> [String: Secret] {
        let names = integration.credentials.keys.sorted()
        let results = await vault.open(names.map { (integration, $0) })
        var secrets: [String: Secret] = [:]
        // One that does not open is as good as none: the caller may be about to set it anew.
        for (name, result) in zip(names, results) { secrets[name] = try? result.get() }
        return secrets
    }

    private func plain(
        _ credentials: IntegrationDraft.NewCredentials, over old: [String: Secret]
    ) -> [String: Secret] {
        var result = old
        for (name, text) in credentials {
            result[name] = text.map { Secret(origin: .managed, bytes: Array($0.utf8)) }
        }
        return result
    }

    private func seal(
        _ credentials: IntegrationDraft.NewCredentials, into integration: inout Integration
    ) async throws {
        for (name, text) in credentials {
            guard let text else {
                integration.credentials[name] = nil
                continue
            }
            let sealed = try await vault.seal(
                SecretBytes(Array(text.utf8)), integration.vaultContext(of: name))
            integration.credentials[name] = Integration.Credential(
                sealed: sealed.text, ending: Integration.Credential.ending(of: text), setAt: Clock.unixMilliseconds())
        }
    }
}

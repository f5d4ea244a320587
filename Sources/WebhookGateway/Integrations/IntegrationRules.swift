/// What may be managed through the API, beyond what any configuration must fulfil.
struct IntegrationRules {
    let principal: Principal
    let known: KnownParts

    /// Keys that reach beyond a tenant: only who has to do with all of them sets these.
    private static let installationKeys: [Integration.Kind: Set<String>] = [
        .source: ["queues", "tenants"], .destination: ["allowPrivateAddresses"],
    ]

    /// Refuses what the caller must not ask for.
    func check(_ integration: Integration) throws(Problem) {
        guard principal.sees(integration.tenant) else {
            throw Problem(.forbidden, "A tenant's admin manages that tenant's integrations only.")
        }
        if principal.tenant != nil {
            let given = integration.id.kind == .source ? integration.settings : integration.delivery
            if let key = given.keys.sorted().first(where: {
                Self.installationKeys[integration.id.kind]?.contains($0) == true
            }) {
                throw Problem(.forbidden, "The key \(key) concerns all tenants; the token is for one of them.")
            }
        }
        guard integration.id.kind == .destination, let card = DestinationCatalog.type(named: integration.type)?.card
        else { return }
        guard card.address != .none else {
            throw Problem(
                .unprocessableContent,
                "The type \(card.type) writes on the gateway's own machine; declare it in the configuration file.")
        }
    }

    /// Refuses a second integration where the type wants one a tenant, and a second source of one account.
    ///
    /// - Parameter file: the configuration without managed entries.
    func check(
        _ integration: Integration, isAloneAmong others: some Sequence<Integration>, file: Configuration
    ) throws(Problem) {
        switch integration.id.kind {
        case .destination: try checkDestination(integration, others, file)
        case .source: try checkAccount(integration, others, file)
        }
    }

    private func checkDestination(
        _ integration: Integration, _ others: some Sequence<Integration>, _ file: Configuration
    ) throws(Problem) {
        guard DestinationCatalog.type(named: integration.type)?.card.isOnePerTenant == true else { return }
        let managed = others.first { other in
            other.id != integration.id && other.id.kind == .destination && other.type == integration.type
                && other.tenant == integration.tenant
        }
        let declared = file.destinations.first { other in
            other.type == integration.type && other.filter.tenants == [integration.tenant]
        }
        guard let other = managed?.id.description ?? declared.map({ "destinations.\($0.name)" }) else { return }
        throw Problem(
            .conflict,
            "The tenant \(integration.tenant) has a destination of type \(integration.type) already, \(other); there is one a tenant. Change that one, or delete it first."
        )
    }

    private func checkAccount(
        _ integration: Integration, _ others: some Sequence<Integration>, _ file: Configuration
    ) throws(Problem) {
        guard case .text(let account)? = integration.settings[Integration.accountName] else { return }
        guard
            let other = Integration.source(
                of: account, type: integration.type, tenant: integration.tenant, among: others, file: file,
                besides: integration.id)
        else { return }
        throw Problem(
            .conflict,
            "The tenant \(integration.tenant) has a source for \(TextRule.quoted(account)) of \(integration.type) already, \(other). Change that one, or delete it first."
        )
    }

    /// Another was added at the same moment.
    static func taken(_ integration: Integration) -> Problem {
        Problem(
            .conflict,
            "The tenant \(integration.tenant) has another integration of type \(integration.type) for the same already; there is one. Change that one, or delete it first."
        )
    }

    /// Whether its service is asked before it is kept.
    static func isCheckedFirst(_ integration: Integration) -> Bool {
        integration.id.kind == .destination
            && DestinationCatalog.type(named: integration.type)?.card.isCheckedFirst == true
    }

    /// Asks the service of an integration that is checked before it is kept whether it knows the credentials.
    @ControlPlane
    func askService(_ integration: Integration, _ secrets: [String: Secret], file: Configuration) async throws {
        guard Self.isCheckedFirst(integration),
            case .destination(let destination)? = IntegrationReader(file: file, known: known)
                .read([(integration, secrets)]).first
        else { return }
        let check: CredentialCheck
        do throws(InvalidDestination) {
            check = try await CredentialCheck.run(destination)
        } catch {
            throw Problem(.unprocessableContent, "The destination cannot be made: \(error).")
        }
        guard case .failed = check.verdict else { return }
        throw Problem(
            .unprocessableContent,
            "It was not added, because the check failed: \(check.explanation). Mend that, or say skipCheck to add it all the same."
        )
    }

    /// Refuses what could not be an entry of a configuration; a source that still waits for its secret could.
    ///
    /// - Parameters:
    ///   - file: the configuration without managed entries.
    ///   - before: what the integration was.
    func check(
        _ integration: Integration, _ secrets: [String: Secret], file: Configuration, before: Integration? = nil
    ) throws(Problem) {
        if integration.id.kind == .source,
            let name = secrets.keys.sorted().first(where: { !Self.sourceCredentials.contains($0) })
        {
            throw Problem(
                .unprocessableContent,
                "A source has no credential \(TextRule.quoted(name)); it has \(Self.sourceCredentials.joined(separator: ", "))."
            )
        }
        try checkShare(of: integration, file, before: before)
        let outcome = IntegrationReader(file: file, known: known).read([(integration, secrets)])
        guard case .invalid(let issues)? = outcome.first, !IntegrationReader.lacksCredentials(issues) else { return }
        throw Problem(
            .unprocessableContent, "It cannot be used: \(issues.map(\.line).joined(separator: "; ")).")
    }

    /// Refuses a tenant's admin what would take more memory and connections than one integration may.
    private func checkShare(
        of integration: Integration, _ file: Configuration, before: Integration?
    ) throws(Problem) {
        guard principal.tenant != nil else { return }
        // What an admin of all tenants has granted stays when a tenant's admin changes something else.
        if let before, before.settings == integration.settings, before.delivery == integration.delivery { return }
        let limits: [(key: String, most: Int)] =
            switch integration.id.kind {
            case .source:
                [("maxBodyBytes", file.listen.maxBodyBytes), ("dedupeWindowSeconds", file.dedupe.windowSeconds)]
            case .destination:
                [
                    ("concurrency", 32), ("timeoutSeconds", 60), ("batch.maxBytes", 16_777_216),
                    ("batch.maxEvents", 10_000), ("batch.lingerMilliseconds", 60_000),
                ]
            }
        let given = integration.id.kind == .source ? integration.settings : integration.delivery
        for (key, most) in limits {
            guard let number = JSONValue.object(given).number(at: key), number > Double(most) else { continue }
            throw Problem(
                .forbidden, "\(key) is for a tenant's token at most \(most); an admin of all tenants may set more.")
        }
    }

    private static let sourceCredentials = [
        Integration.secretName, Integration.previousSecretName, Integration.verifyTokenName,
    ]
}

extension IntegrationReader {
    /// Whether all that is wrong is that a source's secret is not there yet: providers tell it when they know the URL.
    static func lacksCredentials(_ issues: [ConfigurationIssue]) -> Bool {
        !issues.isEmpty
            && issues.allSatisfy { ["secrets", "verifyToken"].contains($0.keyPath) && $0.message == "missing" }
    }
}

extension Integration {
    /// The key of a source that says which of its provider's accounts it is for: a shop, a store.
    static let accountName = "account"

    /// What there may be once: the type for its tenant, the tenant's source for an account. The store compares these, so
    /// that two that are added at the same moment are not both kept. Nil: any number.
    var claim: String? {
        switch id.kind {
        case .destination:
            DestinationCatalog.type(named: type)?.card.isOnePerTenant == true ? "\(id.kind):\(tenant):\(type)" : nil
        case .source:
            if case .text(let account)? = settings[Self.accountName] {
                "\(id.kind):\(tenant):\(type):\(account)"
            } else {
                nil
            }
        }
    }

    /// The id of the source that a tenant has for an account already; nil when it has none.
    ///
    /// - Parameters:
    ///   - file: the configuration without managed entries.
    ///   - own: one that does not count.
    static func source(
        of account: String, type: String, tenant: String, among managed: some Sequence<Integration>,
        file: Configuration, besides own: ID? = nil
    ) -> ID? {
        let other = managed.first { other in
            other.id != own && other.id.kind == .source && other.type == type && other.tenant == tenant
                && other.settings[accountName] == .text(account)
        }
        if let other { return other.id }
        let declared = file.sources.first { $0.provider == type && $0.tenant == tenant && $0.account == account }
        return declared.map { ID(kind: .source, key: $0.name) }
    }
}

extension JSONValue {
    /// The number at a path such as `batch.maxBytes`; nil when there is none.
    fileprivate func number(at path: String) -> Double? {
        var value = self
        for part in path.split(separator: ".") {
            guard case .object(let members) = value, let member = members[String(part)] else { return nil }
            value = member
        }
        return switch value {
        case .integer(let whole): Double(whole)
        case .decimal(let number): number
        default: nil
        }
    }
}

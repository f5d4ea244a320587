/// What may be managed through the API, beyond what any configuration must fulfil.
struct IntegrationRules {
    let principal: Principal
    let known: KnownParts

    /// How many integrations a tenant may have.
    static let mostPerTenant = 1000

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

    /// Refuses a second integration where the type wants one a tenant.
    func check(_ integration: Integration, isAloneAmong others: some Sequence<Integration>) throws(Problem) {
        guard integration.id.kind == .destination,
            DestinationCatalog.type(named: integration.type)?.card.isOnePerTenant == true
        else { return }
        let other = others.first { other in
            other.id != integration.id && other.id.kind == .destination && other.type == integration.type
                && other.tenant == integration.tenant
        }
        if let other {
            throw Problem(
                .conflict,
                "The tenant \(integration.tenant) has a destination of type \(integration.type) already, \(other.id); there is one a tenant. Change that one, or delete it first."
            )
        }
    }

    /// Refuses what could not be an entry of a configuration; a source that still waits for its secret could.
    ///
    /// - Parameter file: the configuration without managed entries.
    func check(_ integration: Integration, _ secrets: [String: Secret], file: Configuration) throws(Problem) {
        if integration.id.kind == .source,
            let name = secrets.keys.sorted().first(where: { !Self.sourceCredentials.contains($0) })
        {
            throw Problem(
                .unprocessableContent,
                "A source has no credential \(TextRule.quoted(name)); it has \(Self.sourceCredentials.joined(separator: ", "))."
            )
        }
        let outcome = IntegrationReader(file: file, known: known).read([(integration, secrets)])
        guard case .invalid(let issues)? = outcome.first, !IntegrationReader.lacksCredentials(issues) else { return }
        throw Problem(
            .unprocessableContent, "It cannot be used: \(issues.map(\.line).joined(separator: "; ")).")
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

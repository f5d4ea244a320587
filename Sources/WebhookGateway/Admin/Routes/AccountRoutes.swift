import Verifiers

/// Which of a provider's accounts a source could be for, by a key that is given for this once.
enum AccountRoutes {
    static let lookUp = Route(
        .post, "/api/v1/providers/{provider}/accounts", "providers.accounts",
        "Ask a provider which accounts (shops, stores) a key is for; the key is used for that and kept nowhere",
        .role(.admin), parameters: [Shape.Member("provider", .name, "a provider with a `lookup`")],
        body: .object([
            Shape.Member("key", .text(longest: 4096), required: true, "a key of the provider's API"),
            Shape.Member("tenant", .name, "whose sources are compared; the token's, or `default`"),
            Shape.Member("baseURL", .text(longest: 2000), "another address of the API"),
        ]),
        answer: .page(
            "The accounts that the key is for.",
            of: .record([
                Shape.Member("value", .string, "its id"), Shape.Member("label", .string, "its name"),
                Shape.Member("takenBy", .optional(.string), "the tenant's source that is for it already"),
            ]),
            and: [
                Shape.Member("setting", .string, required: true, "the key of `settings` that the value goes into")
            ]), problems: [.unprocessableContent, .tooManyRequests, .badGateway], handle: lookUp)

    @ControlPlane
    private static func lookUp(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let name = request.path("provider")
        let library = ProviderLibrary(own: services.configuration.providers)
        guard let card = try library.card(named: name) else {
            throw Problem(.notFound, "There is no provider \(TextRule.quoted(name)).")
        }
        guard let lookup = card.lookup else {
            throw Problem(
                .unprocessableContent, "\(card.title) is not asked for accounts; its sources need none.")
        }
        let tenant = request.text("tenant") ?? request.principal.tenant ?? SourceConfiguration(name: "").tenant
        guard request.principal.sees(tenant) else {
            throw Problem(.forbidden, "A tenant's admin manages that tenant's integrations only.")
        }
        try services.outbound.take(request.principal)
        let baseURL = request.text("baseURL")
        // What the file allows holds for the file's address; a tenant cannot point it at a machine of the operator's.
        let allowsPrivate = lookup.allowsPrivateAddresses && (baseURL == nil || request.principal.tenant == nil)
        let accounts = try await AccountFinder(lookup: lookup, title: card.title, provider: name).accounts(
            for: Secret(origin: .literal, bytes: Array((request.text("key") ?? "").utf8)), at: baseURL,
            allowsPrivateAddresses: allowsPrivate)
        let managed = services.catalog?.entries.values.map(\.integration) ?? []
        let items = accounts.map { account in
            var line = JSONLine()
            line.add("value", account.value)
            line.add("label", account.label)
            let other = Integration.source(
                of: account.value, type: name, tenant: tenant, among: managed, file: services.declared)
            line.add("takenBy", other?.description)
            return line.json
        }
        var reply = Reply.page(items, next: nil) { $0.add("setting", Integration.accountName) }
        reply.note = "\(accounts.count) \(lookup.noun)s"
        return reply
    }
}

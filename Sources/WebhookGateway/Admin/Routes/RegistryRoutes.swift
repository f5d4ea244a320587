import Verifiers

/// What integrations can be made of: the providers and the destination types, with what each asks for.
enum RegistryRoutes {
    private static let search: [Shape.Member] = [
        Shape.Member("q", .text(), "a part of name or description"),
        Shape.Member("category", .choice(IntegrationCategory.allCases.map(\.rawValue))),
    ]

    private static let credential = Shape.record([
        Shape.Member("name", .string), Shape.Member("required", .boolean), Shape.Member("sensitive", .boolean),
        Shape.Member("hint", .string),
    ])

    private static let lookup = Shape.record([
        Shape.Member("noun", .string, "what an account is called: shop"),
        Shape.Member("hint", .string, "where to find the key"),
        Shape.Member("setting", .string, "the key of `settings` that the account's value goes into"),
    ])

    static let all: [Route] = [
        AccountRoutes.lookUp,
        Route(
            .get, "/api/v1/providers", "providers.list", "The kinds of source", .role(.viewer),
            query: search + Shape.Member.part,
            answer: .page(
                "The providers.",
                of: .record([
                    Shape.Member("provider", .string), Shape.Member("name", .string),
                    Shape.Member("category", .choice(IntegrationCategory.allCases.map(\.rawValue))),
                    Shape.Member("types", .list(.string), "what its events become"),
                    Shape.Member("handshakes", .boolean, "whether it asks by GET"),
                    Shape.Member("requiredCredentials", .list(credential)),
                    Shape.Member("settings", .list(.string), "keys that a source of it needs beside its secrets"),
                    Shape.Member(
                        "chosenSecret", .boolean, "whether the receiver makes up the secret: `generateSecret`"),
                    Shape.Member("lookup", .optional(lookup), "how to find out which account the source is for"),
                    Shape.Member("setup", .list(.string), "what to do in the provider's own dashboard"),
                    Shape.Member("documentation", .optional(.string)),
                ])), handle: providers),
        Route(
            .get, "/api/v1/destination-types", "destinations.types", "The kinds of destination", .role(.viewer),
            query: search + Shape.Member.part, answer: .page("The registry.", of: .anything)
        ) { request, _ in
            let cards = DestinationCatalog.all.map { $0.card }.filter { card in
                matches(request, card.category, [card.type, card.name, card.description])
            }
            return try request.page(
                cards.map { card in
                    var line = card.line
                    line.add("category", card.category.rawValue)
                    line.add("onePerTenant", card.isOnePerTenant)
                    line.add("checkedFirst", card.isCheckedFirst)
                    line.add("manageable", card.address != .none)
                    return line.json
                })
        },
    ]

    @ControlPlane
    private static func providers(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        var items: [[UInt8]] = []
        for (name, card, kind) in try services.gallery.providers(services.configuration.providers) {
            let category = IntegrationCategory.of(provider: name)
            guard matches(request, category, [name, card.title]) else { continue }
            var line = JSONLine()
            line.add("provider", name)
            line.add("name", card.title)
            line.add("category", category.rawValue)
            line.add("types", list: Set(card.types.map(\.ours)).sorted().map(\.quotedJSON))
            line.add("handshakes", !kind.handshakeMethods.isEmpty)
            line.add("requiredCredentials", list: credentials(of: card).map(\.json))
            line.add("settings", list: card.keys.map(\.name).filter { !secretKeys.contains($0) }.map(\.quotedJSON))
            line.add("chosenSecret", card.isSecretChosen)
            line.add("lookup", json: card.lookup?.line.json ?? [])
            line.add("setup", list: card.setup.map(\.quotedJSON))
            line.add("documentation", card.documentation)
            items.append(line.json)
        }
        return try request.page(items)
    }

    private static let secretKeys = ["secrets", "verifyToken"]

    /// The credentials that a source of the provider needs, by their names in an integration.
    private static func credentials(of card: ProviderCard) -> [JSONLine] {
        card.keys.compactMap { key, _ in
            let (name, hint): (String, String)
            switch key {
            case "secrets":
                (name, hint) = (Integration.secretName, "what its deliveries are proved by; see the set-up steps")
            case "verifyToken":
                (name, hint) = (
                    Integration.verifyTokenName,
                    "a word of yours that it sends back to prove that it was told of the endpoint"
                )
            default: return nil
            }
            var line = JSONLine()
            line.add("name", name)
            line.add("required", true)
            line.add("sensitive", true)
            line.add("hint", hint)
            return line
        }
    }

    private static func matches(_ request: AdminRequest, _ category: IntegrationCategory, _ texts: [String]) -> Bool {
        if let wanted = request.query("category"), wanted != category.rawValue { return false }
        guard let word = request.query("q")?.lowercased() else { return true }
        return texts.contains { $0.lowercased().contains(word) }
    }
}

extension DestinationCard {
    /// What the type is about.
    fileprivate var category: IntegrationCategory { .of(destination: type) }
}

extension AccountLookup {
    /// What the registry tells of it.
    fileprivate var line: JSONLine {
        var line = JSONLine()
        line.add("noun", noun)
        line.add("hint", hint)
        line.add("setting", Integration.accountName)
        return line
    }
}

/// Every destination type there is: the one list.
enum DestinationCatalog {
    static let all: [any Destination.Type] = [
        ConsoleDestination.self, FileDestination.self, WebhookDestination.self, GoogleAnalyticsDestination.self,
        MixpanelDestination.self,
        SegmentDestination.self,
        RudderStackDestination.self,
        MetaConversionsDestination.self,
        AmplitudeDestination.self,
        PostHogDestination.self,
        HubSpotDestination.self,
        SalesforceDestination.self,
        BigQueryDestination.self,
        SnowflakeDestination.self,
        ClickHouseDestination.self,
        SendGridDestination.self, MailgunDestination.self, ResendDestination.self,
    ]

    /// The names of the types.
    static var types: [String] { all.map { $0.card.type } }

    /// The destination type of that name.
    static func type(named name: String) -> (any Destination.Type)? { all.first { $0.card.type == name } }

    /// Makes a destination, or says the first thing that is wrong with its configuration.
    @ControlPlane
    static func make(_ context: DestinationContext) throws(InvalidDestination) -> any Destination {
        if let problem = problems(of: context.configuration).first { throw problem }
        guard let type = type(named: context.configuration.type) else {
            throw unknownType(context.configuration.type)
        }
        return try type.init(context)
    }

    /// Everything that is wrong with a destination's configuration; nothing is opened or asked for that.
    static func problems(of configuration: DestinationConfiguration) -> [InvalidDestination] {
        guard let type = type(named: configuration.type) else { return [unknownType(configuration.type)] }
        let problems = type.card.problems(of: configuration)
        guard problems.isEmpty else { return problems }
        do throws(InvalidDestination) {
            try type.validate(configuration)
            return []
        } catch {
            return [error]
        }
    }

    private static func unknownType(_ name: String) -> InvalidDestination {
        let guess = NearestName.to(name, among: types).map { "; did you mean \($0)?" } ?? ""
        return InvalidDestination(
            key: "type", reason: "there is no destination type \(name)\(guess) (\(types.joined(separator: ", ")))")
    }
}

extension DestinationCard {
    /// What is missing, unknown or out of place, going by the card alone.
    func problems(of configuration: DestinationConfiguration) -> [InvalidDestination] {
        addressProblems(of: configuration)
            + unknown(
                configuration.credentials.keys, known: requiredCredentials.map(\.name), section: "credentials")
            + requiredCredentials.filter { $0.isRequired && configuration.credentials[$0.name] == nil }.map {
                InvalidDestination(key: "credentials.\($0.name)", reason: "missing; \($0.hint)")
            }
            + unknown(configuration.settings.keys, known: settings.map(\.name), section: "settings")
            + settings.filter { $0.defaultValue == nil && configuration.settings[$0.name] == nil }.map {
                InvalidDestination(key: "settings.\($0.name)", reason: "missing; set it to \($0.description)")
            }
    }

    private func addressProblems(of configuration: DestinationConfiguration) -> [InvalidDestination] {
        var problems: [InvalidDestination] = []
        switch address {
        case .url where configuration.url == nil:
            problems.append(
                InvalidDestination(key: "url", reason: "missing; set it to the address that events are posted to"))
        case .none where configuration.url != nil, .service where configuration.url != nil:
            problems.append(InvalidDestination(key: "url", reason: "the type \(type) takes no url; remove it"))
        case .none, .url, .service: break
        }
        if configuration.baseURL != nil, address == .none || address == .url {
            problems.append(InvalidDestination(key: "baseURL", reason: "the type \(type) takes no baseURL; remove it"))
        }
        return problems
    }

    private func unknown(_ names: some Sequence<String>, known: [String], section: String) -> [InvalidDestination] {
        names.filter { !known.contains($0) }.sorted().map { name in
            let guess = NearestName.to(name, among: known).map { "did you mean \($0)? " } ?? ""
            let list =
                known.isEmpty ? "the type \(type) has none" : "the type \(type) has \(known.joined(separator: ", "))"
            return InvalidDestination(key: "\(section).\(name)", reason: "unknown; \(guess)\(list)")
        }
    }
}

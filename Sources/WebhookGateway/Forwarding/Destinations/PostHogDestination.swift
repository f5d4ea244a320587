import Verifiers

/// Sends events to a PostHog project by the capture API.
///
/// PostHog refuses a whole batch for one bad event, and takes events of a well-formed key that belongs to nobody.
/// https://posthog.com/docs/api/capture
@ControlPlane
final class PostHogDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "posthog", name: "PostHog", description: "Sends events to a PostHog project by the capture API.",
        address: .service("https://us.i.posthog.com"),
        requiredCredentials: [
            .init(
                name: "projectApiKey", isSensitive: true, isRequired: true,
                hint: "the project's API key (phc_…): Settings, Project, General")
        ],
        settings: [
            .init(
                name: "region", defaultValue: #""us""#,
                description: "us or eu; for a PostHog of your own set baseURL instead")
        ] + CommerceSettings.card,
        documentation: "https://posthog.com/docs/api/capture")

    /// 20 MB a batch; so many events that an attempt stays short.
    let limits = BatchLimits(events: 2000, bytes: 15_000_000)
    let context: DestinationContext
    let secrets: [Secret]
    let unverifiable: String? =
        "accepted, unverifiable: PostHog answers so to any well-formed key, also to one that belongs to nobody"

    private static let maximumEventBytes = 900_000
    private static let maximumIDCharacters = 200
    /// What is over the billing limit comes back after an hour, to be asked again.
    private static let quotaPause = Duration.seconds(3600)

    private let settings: CommerceSettings
    private let mapping: DestinationMapping
    private let url: OutboundURL
    private let flags: OutboundURL
    private let key: Secret

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try CommerceSettings(configuration)
        _ = try DestinationMapping(bundled: CommerceMapping.rules, configuration)
        _ = try url(configuration, "/batch/")
        guard configuration.credentials["projectApiKey"]?.text.hasPrefix("phx_") != true else {
            throw InvalidDestination(
                key: "credentials.projectApiKey",
                reason: "this is a personal key (phx_…); set the project's (phc_…): Settings, Project, General")
        }
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        try Self.validate(context.configuration)
        settings = try CommerceSettings(context.configuration)
        mapping = try DestinationMapping(bundled: CommerceMapping.rules, context.configuration)
        url = try Self.url(context.configuration, "/batch/")
        flags = try Self.url(context.configuration, "/flags/?v=2")
        guard let key = context.configuration.credentials["projectApiKey"] else {
            throw InvalidDestination(key: "credentials.projectApiKey", reason: "missing")
        }
        self.key = key
        secrets = [key]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let commerce = CommerceEvent(event, settings)
        let mapped = try mapping.map(commerce)
        var properties = JSONObject(extending: mapped.properties)
        properties.add("$lib", "webhook-gateway")
        // The request comes from the gateway, not from where the customer is.
        properties.add("$geoip_disable", true)
        if commerce.identity == nil {
            properties.add("$process_person_profile", false)
        } else {
            var person = JSONObject()
            person.add("email", commerce.email)
            person.add("name", commerce.customerName)
            person.add("phone", commerce.phone)
            if !person.isEmpty { properties.add("$set", person) }
        }
        var object = JSONObject()
        object.add("event", EventName.titleCase(mapped.type))
        object.add("distinct_id", String((commerce.identity ?? event.id).prefix(Self.maximumIDCharacters)))
        object.add("properties", properties)
        object.add("timestamp", commerce.time)
        object.add("uuid", UUIDv5.text(of: event.deduplicationKey))
        guard object.json.count <= Self.maximumEventBytes else {
            throw .dataError("\(object.json.count) bytes; PostHog takes 900 KB an event and refuses the whole batch")
        }
        return BatchEntry(key: event.deduplicationKey, json: object.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("api_key", key.text)
        body.add("batch", json: entries.jsonList)
        return OutboundRequest(.post, url, headers: [("Content-Type", "application/json")], body: body.json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard answer.isSuccess else { return answer.verdict(refusal: .dataError) }
        guard let document = answer.document else { return answer.unreadable }
        let limited = document.children(of: document.member("quota_limited"))
        guard !limited.contains(where: { document.string(of: $0) == "events" }) else {
            return .whole(
                .retry(
                    .rateLimit, reason: "over PostHog's billing limit, events are dropped: \(answer.words)",
                    after: Self.quotaPause))
        }
        let status = document.member("status")
        // Older servers answer 1.
        let isOK =
            document.integer(of: status ?? .root) == 1
            || ["ok", "1"].contains(document.string(of: status)?.lowercased() ?? "")
        return isOK ? .whole(.delivered) : answer.unreadable
    }

    func check() async -> CredentialCheck {
        var body = JSONObject()
        body.add("api_key", key.text)
        body.add("distinct_id", "credential check")
        let request = OutboundRequest(
            .post, flags, headers: [("Content-Type", "application/json")], body: body.json)
        switch await ask(request) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.isSuccess, let document = answer.document,
                document.member("flags") ?? document.member("featureFlags") != nil
            else { return failedCheck(answer) }
            return .verified(
                "PostHog knows the project's key: it answered which feature flags there are; that it takes events shows the first one"
            )
        }
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ target: String
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: ServiceAddress.Region.us)
        return try ServiceAddress.url(
            configuration, service: "https://\(region.rawValue).i.posthog.com", target: target)
    }
}

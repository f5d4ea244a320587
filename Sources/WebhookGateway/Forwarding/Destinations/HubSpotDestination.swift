import Verifiers

/// Sends events to HubSpot: as occurrences of custom events, or as contacts that are made or brought up to date.
///
/// https://developers.hubspot.com/docs/api-reference/events-send-event-completions-v3/guide,
/// https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide
@ControlPlane
final class HubSpotDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "hubspot", name: "HubSpot",
        description: "Sends events to HubSpot as custom events of contacts, or brings the contacts up to date.",
        address: .service("https://api.hubapi.com"),
        defaultRate: LaneRules.Rate(requests: 100, period: .seconds(10)),
        requiredCredentials: [
            .init(
                name: "accessToken", isSensitive: true, isRequired: true,
                hint:
                    "a private app's token: Settings, Integrations, Private apps; scopes crm.objects.contacts.write and behavioral_events.event_definitions.read_write"
            )
        ],
        settings: [
            .init(
                name: "object", defaultValue: #""event""#,
                description: "event: custom events (Enterprise); contact: contacts by e-mail"),
            .init(
                name: "hubId", defaultValue: "null",
                description: "the account's number, which names of custom events start with; needed for event"),
            .init(
                name: "eventName", defaultValue: "null",
                description: "one custom event (pe123_name) for all; else pe<hubId>_<type>, as in pe123_order_completed"
            ),
        ] + CommerceSettings.card,
        documentation: "https://developers.hubspot.com/docs/api-reference/events-send-event-completions-v3/guide")

    private enum Object: String, CaseIterable {
        case event, contact
    }

    let limits: BatchLimits
    let context: DestinationContext
    let secrets: [Secret]
    let unverifiable: String?
    private let object: Object
    private let settings: CommerceSettings
    private let mapping: DestinationMapping
    private let url: OutboundURL
    private let contacts: OutboundURL
    private let hubID: Int?
    private let eventName: String?
    private let headers: [(name: String, value: String)]

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let settings = DestinationSettings(configuration)
        let object = try settings.choice("object", default: Object.event)
        _ = try CommerceSettings(configuration)
        _ = try DestinationMapping(bundled: rules(object), configuration)
        _ = try url(configuration, "/")
        let eventName = try settings.text("eventName")
        let hubID = try hubID(configuration)
        guard object == .contact || eventName != nil || hubID != nil else {
            throw InvalidDestination(
                key: "settings.hubId",
                reason: "missing; the account's number stands in HubSpot's account menu and in its addresses")
        }
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        try Self.validate(configuration)
        self.context = context
        settings = try CommerceSettings(configuration)
        object = try DestinationSettings(configuration).choice("object", default: Object.event)
        mapping = try DestinationMapping(bundled: Self.rules(object), configuration)
        let isEvent = object == .event
        limits = BatchLimits(events: isEvent ? 500 : 100, bytes: 2_000_000)
        unverifiable =
            isEvent
            ? "accepted, unverifiable: HubSpot works events off later, and drops those of contacts it does not know"
            : nil
        url = try Self.url(
            configuration, isEvent ? "/events/v3/send/batch" : "/crm/v3/objects/contacts/batch/upsert")
        contacts = try Self.url(configuration, "/crm/v3/objects/contacts?limit=1")
        hubID = try Self.hubID(configuration)
        eventName = try DestinationSettings(configuration).text("eventName")
        let token = configuration.credentials["accessToken"]
        secrets = [token].compactMap { $0 }
        headers = [("Content-Type", "application/json"), ("Authorization", "Bearer \(token?.text ?? "")")]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let commerce = CommerceEvent(event, settings)
        guard let email = commerce.email, email.contains("@") else {
            throw .dataError("it has no customer's e-mail, by which HubSpot knows a contact")
        }
        let mapped = try mapping.map(commerce)
        var input = JSONObject()
        switch object {
        case .event:
            input.add("eventName", eventName ?? "pe\(hubID ?? 0)_\(EventName.snakeCase(mapped.type))")
            input.add("email", email)
            input.add("occurredAt", commerce.time)
            input.add("uuid", UUIDv5.text(of: event.deduplicationKey))
            input.add("properties", json: mapped.properties)
            return BatchEntry(key: event.deduplicationKey, json: input.json)
        case .contact:
            var properties = JSONObject(extending: mapped.properties)
            let name = commerce.customerName.flatMap { PersonName($0) }
            properties.add("firstname", name?.first)
            properties.add("lastname", name?.last)
            input.add("id", email)
            input.add("idProperty", "email")
            input.add("objectWriteTraceId", event.deduplicationKey)
            input.add("properties", properties)
            // HubSpot refuses a request that names a contact twice.
            return BatchEntry(key: event.deduplicationKey, json: input.json, isolation: email.lowercased())
        }
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("inputs", json: entries.jsonList)
        return OutboundRequest(.post, url, headers: headers, body: body.json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        switch answer.status {
        case 200...299:
            if object == .event { return isEmptyOrJSON(answer) ? .whole(.delivered) : answer.unreadable }
            return HubSpotUpsertAnswer(answer)?.verdict(entries) ?? answer.unreadable
        // An event's definition may be missing while others are there.
        case 404: return .split(.dead(.configuration, reason: answer.words))
        case 429: return .whole(.retry(.rateLimit, reason: answer.words, after: pause(answer)))
        // Too much at once, or the account is being moved (https://developers.hubspot.com/docs/api-reference/error-handling).
        case 423, 477: return .whole(.retry(.providerError, reason: answer.words, after: answer.retryAfter))
        default: return answer.verdict(refusal: .dataError)
        }
    }

    func check() async -> CredentialCheck {
        switch await ask(OutboundRequest(.get, contacts, headers: headers)) {
        case .failure(let problem): return problem.check
        case .success(let answer) where answer.isSuccess && answer.document?.member("results") != nil:
            return .verified("the token may read contacts; whether it may write shows the first event")
        case .success(let answer): return failedCheck(answer)
        }
    }

    private func isEmptyOrJSON(_ answer: APIAnswer) -> Bool { answer.body.isEmpty || answer.document != nil }

    /// The account's limits are for ten seconds or for the day (its time zone is not known: ask again in an hour).
    private func pause(_ answer: APIAnswer) -> Duration? {
        if let retryAfter = answer.retryAfter { return retryAfter }
        switch answer.document.flatMap({ $0.string(of: $0.member("policyName")) }) {
        case "DAILY": return .seconds(3600)
        case "TEN_SECONDLY_ROLLING", "SECONDLY": return .seconds(10)
        default: return nil
        }
    }

    private nonisolated static func rules(_ object: Object) -> String {
        object == .event ? HubSpotMapping.events : HubSpotMapping.contacts
    }

    private nonisolated static func hubID(_ configuration: DestinationConfiguration) throws(InvalidDestination) -> Int?
    {
        switch configuration.settings["hubId"] {
        case nil, .null: return nil
        case .integer(let number) where number > 0: return number
        case .text(let text):
            if let number = Int(text), number > 0 { return number }
            fallthrough
        case .some:
            throw InvalidDestination(key: "settings.hubId", reason: "the account's id is a number")
        }
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ target: String
    ) throws(InvalidDestination) -> OutboundURL {
        try ServiceAddress.url(configuration, service: "https://api.hubapi.com", target: target)
    }
}

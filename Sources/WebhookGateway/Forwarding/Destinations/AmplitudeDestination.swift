import Verifiers

/// Sends events to an Amplitude project by the HTTP V2 API.
///
/// Of a request with a bad event Amplitude takes nothing and lists the bad ones; of one that goes too fast for some user
/// it takes nothing and lists those. The others are sent again at once. https://amplitude.com/docs/apis/analytics/http-v2
@ControlPlane
final class AmplitudeDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "amplitude", name: "Amplitude", description: "Sends events to an Amplitude project by the HTTP V2 API.",
        address: .service("https://api2.amplitude.com"),
        defaultRate: LaneRules.Rate(requests: 100, period: .seconds(1)),
        requiredCredentials: [
            .init(
                name: "apiKey", isSensitive: true, isRequired: true,
                hint: "the project's API key: Settings, Organization settings, Projects, your project, General")
        ],
        settings: [
            .init(name: "region", defaultValue: #""us""#, description: "us or eu: where the project's data lives")
        ] + CommerceSettings.card,
        documentation: "https://amplitude.com/docs/apis/analytics/http-v2")

    /// Fewer than 2000 events and 1 MB a request.
    let limits = BatchLimits(events: 1999, bytes: 1_000_000)
    let context: DestinationContext
    let secrets: [Secret]
    private let settings: CommerceSettings
    private let mapping: DestinationMapping
    private let url: OutboundURL
    private let key: Secret

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try CommerceSettings(configuration)
        _ = try DestinationMapping(bundled: CommerceMapping.rulesWithoutMoney, configuration)
        _ = try url(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        settings = try CommerceSettings(context.configuration)
        mapping = try DestinationMapping(bundled: CommerceMapping.rulesWithoutMoney, context.configuration)
        url = try Self.url(context.configuration)
        guard let key = context.configuration.credentials["apiKey"] else {
            throw InvalidDestination(key: "credentials.apiKey", reason: "missing")
        }
        self.key = key
        secrets = [key]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let commerce = CommerceEvent(event, settings)
        let mapped = try mapping.map(commerce)
        var object = JSONObject()
        if let user = commerce.identity {
            object.add("user_id", user)
        } else {
            object.add("device_id", event.id)
        }
        object.add("event_type", EventName.titleCase(mapped.type))
        object.add("time", commerce.unixMilliseconds)
        object.add("insert_id", event.deduplicationKey)
        object.add("event_properties", json: mapped.properties)
        if let amount = commerce.amount {
            // Amplitude adds up every revenue it finds: only sales and refunds have one.
            switch commerce.role {
            case .purchase: object.add("revenue", json: amount.number.utf8)
            case .refund:
                let isSigned = amount.number.hasPrefix("-")
                object.add("revenue", json: (isSigned ? amount.number : "-\(amount.number)").utf8)
                object.add("revenueType", "refund")
            case .other: break
            }
            object.add("currency", amount.currency)
        }
        object.add("library", "webhook-gateway")
        return BatchEntry(key: commerce.identity ?? event.id, json: object.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("api_key", key.text)
        body.add("events", json: entries.jsonList)
        // Ids of fewer than five characters would be taken out of the events.
        body.add("options", json: #"{"min_id_length":1}"#.utf8)
        return OutboundRequest(.post, url, headers: [("Content-Type", "application/json")], body: body.json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard let document = answer.document else {
            return answer.isSuccess ? answer.unreadable : answer.verdict(refusal: .validation)
        }
        if answer.isSuccess {
            let ingested = document.integer(of: document.member("events_ingested"))
            return ingested == Int64(entries.count) ? .whole(.delivered) : answer.unreadable
        }
        let refusal = AmplitudeRefusal(document)
        switch answer.status {
        case 400 where refusal.isKeyInvalid: return .whole(.dead(.authentication, reason: answer.words))
        case 400:
            let named = refusal.refused(entries)
            return named.isEmpty ? answer.verdict(refusal: .validation) : .resend(except: named)
        case 429:
            let named = refusal.throttled(entries, unixMilliseconds: answer.unixMilliseconds)
            guard named.isEmpty else { return .resend(except: named) }
            return .whole(.retry(.rateLimit, reason: answer.words, after: answer.retryAfter ?? AmplitudeRefusal.pause))
        default: return answer.verdict(refusal: .validation)
        }
    }

    func check() async -> CredentialCheck {
        switch await ask(request([])) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.status == 400, let document = answer.document else { return failedCheck(answer) }
            guard !AmplitudeRefusal(document).isKeyInvalid else {
                return CredentialCheck(
                    verdict: .failed(.authentication),
                    explanation: AnswerExcerpt.text(Array(answer.words.utf8), hiding: secrets))
            }
            return .unverifiable(
                "Amplitude did not refuse the key together with a request without events; whether it is your project's shows the first event"
            )
        }
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: ServiceAddress.Region.us)
        let service = region == .us ? "https://api2.amplitude.com" : "https://api.eu.amplitude.com"
        return try ServiceAddress.url(configuration, service: service, target: "/2/httpapi")
    }
}

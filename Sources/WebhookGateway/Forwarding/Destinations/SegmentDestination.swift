import Verifiers

/// Sends events to a Segment source by the HTTP Tracking API.
///
/// Segment answers `{"success":true}` to nearly everything, also to a wrong write key, so a delivered event is one that
/// was accepted, no more. https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
@ControlPlane
final class SegmentDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "segment", name: "Segment", description: "Sends events to a Segment source by the HTTP Tracking API.",
        address: .service("https://api.segment.io"),
        defaultRate: LaneRules.Rate(requests: 1000, period: .seconds(1)),
        requiredCredentials: [
            .init(
                name: "writeKey", isSensitive: true, isRequired: true,
                hint: "the source's write key: Connections, Sources, your HTTP API source, Settings, API Keys")
        ],
        settings: [
            .init(
                name: "region", defaultValue: #""us""#,
                description: "us or eu; a key of an EU workspace is taken by the US address and its events are lost")
        ] + CommerceSettings.card,
        documentation: "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/")

    /// 2500 messages and 500 KB a batch.
    let limits = BatchLimits(events: 2500, bytes: 480_000)
    let context: DestinationContext
    let unverifiable: String? =
        "accepted, unverifiable: Segment answers so to everything, also to a wrong write key or an event that it drops"

    private static let maximumMessageBytes = 32_000
    private static let maximumIDBytes = 99

    private let source: SegmentSource

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try SegmentEvent(configuration)
        _ = try url(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        source = try SegmentSource(context.configuration, url: Self.url(context.configuration))
    }

    var secrets: [Secret] { source.secrets }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        // Segment knows repeated ids across all sources and workspaces: two destinations must not share one.
        let full = "\(context.name):\(event.deduplicationKey)"
        let messageID = full.utf8.count <= Self.maximumIDBytes ? full : UUIDv5.text(of: full)
        let json = try source.message(event, id: messageID)
        guard json.count <= Self.maximumMessageBytes else {
            throw .dataError("\(json.count) bytes; Segment takes 32 KB an event and would drop it silently")
        }
        return BatchEntry(key: event.deduplicationKey, json: json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest { source.request(entries) }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        if answer.isSuccess {
            guard let document = answer.document, document.boolean(of: document.member("success")) == true else {
                return answer.unreadable
            }
            return .whole(.delivered)
        }
        guard answer.status == 429, answer.retryAfter == nil,
            let reset = answer.response.headers.first("x-ratelimit-reset"),
            let seconds = DecimalText(reset)?.scaled(byPowerOfTen: 0), seconds >= 0
        else { return answer.verdict(refusal: .validation) }
        return .whole(
            .retry(.rateLimit, reason: answer.words, after: min(.seconds(seconds), HTTPOutcome.longestRetryAfter)))
    }

    func check() async -> CredentialCheck {
        .unverifiable(
            "Segment answers success to any write key; look into the source's debugger after the first event")
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: ServiceAddress.Region.us)
        let service = region == .us ? "https://api.segment.io" : "https://events.eu1.segmentapis.com"
        return try ServiceAddress.url(configuration, service: service, target: "/v1/batch")
    }
}

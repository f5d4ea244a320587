import Verifiers

/// Sends events to a RudderStack source: Segment's format, but the data plane knows its keys and refuses a whole batch
/// for one bad message. https://www.rudderstack.com/docs/api/http-api/
@ControlPlane
final class RudderStackDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "rudderstack", name: "RudderStack", description: "Sends events to a RudderStack source by its HTTP API.",
        address: .service("the data plane's URL"),
        requiredCredentials: [
            .init(
                name: "writeKey", isSensitive: true, isRequired: true,
                hint: "the source's write key: Sources, your HTTP source, Setup"),
            .init(
                name: "dataPlaneUrl", isSensitive: false, isRequired: false,
                hint: "the data plane's URL, on top of the Connections page; needed unless baseURL is set"),
        ],
        settings: CommerceSettings.card,
        documentation: "https://www.rudderstack.com/docs/api/http-api/")

    /// `Gateway.maxReqSizeInKB` is 4000; the number of messages is ours.
    let limits = BatchLimits(events: 2500, bytes: 3_900_000)
    let context: DestinationContext
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
        BatchEntry(key: event.deduplicationKey, json: try source.message(event, id: event.deduplicationKey))
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest { source.request(entries) }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        if answer.isSuccess {
            let isOK = answer.words.trimmingQuotes.uppercased() == "OK"
            return isOK ? .whole(.delivered) : answer.unreadable
        }
        return answer.verdict(refusal: .dataError)
    }

    func check() async -> CredentialCheck {
        switch await ask(request([])) {
        case .failure(let problem): return problem.check
        case .success(let answer) where answer.status == 400:
            return .verified(
                "the data plane knows the write key: it was sent an empty batch, which it refuses after that; what its destinations make of events shows there"
            )
        case .success(let answer): return failedCheck(answer)
        }
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> OutboundURL {
        let plane = configuration.credentials["dataPlaneUrl"]?.text
        guard configuration.baseURL != nil || plane != nil else {
            throw InvalidDestination(
                key: "credentials.dataPlaneUrl",
                reason: "missing; the data plane's URL stands on top of RudderStack's Connections page")
        }
        do throws(InvalidDestination) {
            return try ServiceAddress.url(configuration, service: plane ?? "", target: "/v1/batch")
        } catch {
            throw configuration.baseURL == nil
                ? InvalidDestination(key: "credentials.dataPlaneUrl", reason: error.reason) : error
        }
    }
}

extension String {
    /// RudderStack's `OK` comes plain or as a JSON text.
    fileprivate var trimmingQuotes: Substring {
        hasPrefix("\"") && hasSuffix("\"") && utf8.count > 1 ? dropFirst().dropLast() : self[...]
    }
}

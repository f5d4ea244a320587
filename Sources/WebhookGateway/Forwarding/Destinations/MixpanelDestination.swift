import Verifiers

/// Sends events to Mixpanel by `/import`, which says of each event whether it was taken.
///
/// With status 400 the good events of a request are in and the bad ones are listed. Repeated events are known by event
/// name, time, distinct_id and `$insert_id` together, so all four are the same in every attempt.
/// https://developer.mixpanel.com/reference/import-events
@ControlPlane
final class MixpanelDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "mixpanel", name: "Mixpanel", description: "Sends events to a Mixpanel project by its import API.",
        address: .service("https://api.mixpanel.com"),
        requiredCredentials: [
            .init(
                name: "projectId", isSensitive: false, isRequired: false,
                hint: "the project's number: Settings, Project Settings, Overview; needed with a service account"),
            .init(
                name: "serviceAccountUsername", isSensitive: false, isRequired: false,
                hint: "Settings, Organization Settings, Service Accounts"),
            .init(
                name: "serviceAccountSecret", isSensitive: true, isRequired: false,
                hint: "shown once when the service account is made"),
            .init(
                name: "projectToken", isSensitive: true, isRequired: false,
                hint: "instead of a service account: Settings, Project Settings, Overview, Project Token"),
        ],
        settings: [
            .init(name: "region", defaultValue: #""us""#, description: "us, eu or in: where the project's data lives")
        ] + CommerceSettings.card,
        documentation: "https://developer.mixpanel.com/reference/import-events")

    private enum Region: String, CaseIterable {
        case us, eu
        case india = "in"

        var address: String {
            switch self {
            case .us: "https://api.mixpanel.com"
            case .eu: "https://api-eu.mixpanel.com"
            case .india: "https://api-in.mixpanel.com"
            }
        }
    }

    let limits = BatchLimits(events: 2000, bytes: 9_500_000)
    let context: DestinationContext
    let secrets: [Secret]
    private let settings: CommerceSettings
    private let mapping: DestinationMapping
    private let url: OutboundURL
    private let authorization: BasicAuthorization

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try CommerceSettings(configuration)
        _ = try DestinationMapping(bundled: CommerceMapping.rules, configuration)
        _ = try url(configuration)
        _ = try authorization(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        settings = try CommerceSettings(context.configuration)
        mapping = try DestinationMapping(bundled: CommerceMapping.rules, context.configuration)
        url = try Self.url(context.configuration)
        authorization = try Self.authorization(context.configuration)
        let credentials = context.configuration.credentials
        secrets =
            [credentials["serviceAccountSecret"], credentials["projectToken"]].compactMap { $0 }
            + [authorization.secret]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let commerce = CommerceEvent(event, settings)
        guard commerce.unixMilliseconds >= Self.earliest else {
            throw .dataError("older than 1971, which Mixpanel refuses; check the event's time")
        }
        let mapped = try mapping.map(commerce)
        var properties = JSONObject(extending: mapped.properties)
        // Mixpanel overwrites times that lie ahead with its own, another in each attempt, and knows repeated events by
        // their time: a clock that is fast is set right by the gateway's, once for all attempts.
        properties.add("time", min(commerce.unixMilliseconds, event.receivedAt ?? unixMilliseconds))
        // An empty one is taken, and left out of what counts users.
        properties.add("distinct_id", commerce.identity ?? "")
        properties.add("$insert_id", Self.insertID(event.deduplicationKey))
        // Without it the gateway's own address would say where the customer is.
        properties.add("ip", 0)
        var object = JSONObject()
        object.add("event", EventName.titleCase(mapped.type))
        object.add("properties", properties)
        guard object.json.count <= Self.maximumEventBytes else {
            throw .dataError("\(object.json.count) bytes; Mixpanel takes 1 MB an event")
        }
        return BatchEntry(key: event.deduplicationKey, json: object.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest { request(body: entries.jsonList) }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard let document = answer.document else {
            return answer.isSuccess ? answer.unreadable : answer.verdict(refusal: .validation)
        }
        let imported = document.integer(of: document.member("num_records_imported"))
        if answer.isSuccess {
            guard imported == Int64(entries.count) else { return answer.unreadable }
            return .whole(.delivered)
        }
        guard answer.status == 400, let failed = document.member("failed_records"), document.count(of: failed) > 0
        else { return answer.verdict(refusal: .validation) }
        var outcomes = Array(repeating: DeliveryOutcome.delivered, count: entries.count)
        for record in document.children(of: failed) {
            guard let index = document.integer(of: document.member("index", of: record)),
                outcomes.indices.contains(Int(index))
            else { return answer.verdict(refusal: .validation) }
            let field = document.string(of: document.member("field", of: record)) ?? "event"
            let message = document.string(of: document.member("message", of: record)) ?? "refused"
            outcomes[Int(index)] = .dead(.dataError, reason: "Mixpanel refuses \(field): \(message)")
        }
        return .each(outcomes)
    }

    func check() async -> CredentialCheck {
        // Lacks all that is required: it can only be refused, after the credentials have been looked at.
        switch await ask(request(body: Array(#"[{"event":"credential check","properties":{}}]"#.utf8))) {
        case .failure(let problem): return problem.check
        case .success(let answer) where answer.status == 400 && answer.document?.member("failed_records") != nil:
            return .verified(
                "Mixpanel knows the credentials; an event that it had to refuse was sent, nothing is stored")
        case .success(let answer): return failedCheck(answer)
        }
    }

    private static let earliest: Int64 = 31_536_000_000
    private static let maximumEventBytes = 1_000_000

    private func request(body: [UInt8]) -> OutboundRequest {
        OutboundRequest(
            .post, url,
            headers: [("Content-Type", "application/json"), ("Authorization", authorization.value)], body: body)
    }

    /// The event's id where it has at most 36 of `[A-Za-z0-9-]`, else a UUID made of it.
    private static func insertID(_ id: String) -> String {
        let isTaken =
            id.utf8.count <= 36
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
                default: false
                }
            }
        return isTaken ? id : UUIDv5.text(of: id)
    }

    private nonisolated static func authorization(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> BasicAuthorization {
        let credentials = configuration.credentials
        if let user = credentials["serviceAccountUsername"], let secret = credentials["serviceAccountSecret"] {
            guard credentials["projectId"] != nil else {
                throw InvalidDestination(
                    key: "credentials.projectId",
                    reason:
                        "missing; a service account needs the project's number: Settings, Project Settings, Overview")
            }
            return BasicAuthorization(user: user.text, password: secret.text)
        }
        guard let token = credentials["projectToken"] else {
            throw InvalidDestination(
                key: "credentials",
                reason: "set serviceAccountUsername, serviceAccountSecret and projectId, or projectToken alone")
        }
        return BasicAuthorization(user: token.text)
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: Region.us)
        var target = "/import?strict=1"
        if let project = configuration.credentials["projectId"] {
            target += "&project_id=" + String(decoding: PercentEncoding.encode(project.bytes[...]), as: UTF8.self)
        }
        return try ServiceAddress.url(configuration, service: region.address, target: target)
    }
}

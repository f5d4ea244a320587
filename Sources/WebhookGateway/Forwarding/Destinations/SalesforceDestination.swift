import Verifiers

/// Publishes events as platform events of Salesforce, which flows, triggers and other systems subscribe to.
///
/// Many go in one request (sObject Collections); each gets a result of its own, whose `errors` are not empty on success
/// either. https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm
@ControlPlane
final class SalesforceDestination: TokenDestination {
    nonisolated static let card = DestinationCard(
        type: "salesforce", name: "Salesforce", description: "Publishes events as platform events of Salesforce.",
        address: .service("https://login.salesforce.com"),
        requiredCredentials: SalesforceGrant.card,
        settings: [
            .init(
                name: "loginUrl", defaultValue: #""https://login.salesforce.com""#,
                description:
                    "where tokens come from; https://test.salesforce.com for a sandbox, your My Domain for a client secret"
            ),
            .init(name: "apiVersion", defaultValue: #""v63.0""#, description: "the REST API's version"),
            .init(
                name: "event", defaultValue: #""Webhook_Event__e""#,
                description: "the platform event's API name; a rule of your mapping may give another as its type"),
            .init(
                name: "payload", defaultValue: "true",
                description: "whether the field Payload__c gets the whole event as JSON"),
            .init(
                name: "mapping", defaultValue: "null",
                description: "rules of your own for the fields, in the language of docs/mappings.md"),
        ],
        documentation:
            "https://developer.salesforce.com/docs/atlas.en-us.platform_events.meta/platform_events/platform_events_publish_api.htm"
    )

    /// 200 records a request; a platform event holds 1 MB at most.
    let limits = BatchLimits(events: 200, bytes: 5_000_000)
    let context: DestinationContext
    let tokens: AccessTokens
    private let grant: SalesforceGrant
    private let login: OutboundURL
    private let mapping: DestinationMapping
    private let event: String
    private let hasPayload: Bool
    private let data: String

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try SalesforceGrant(configuration)
        _ = try DestinationMapping(bundled: SalesforceMapping.rules, configuration)
        _ = try event(configuration)
        _ = try version(configuration)
        _ = try DestinationSettings(configuration).boolean("payload", default: true)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        self.context = context
        mapping = try DestinationMapping(bundled: SalesforceMapping.rules, configuration)
        event = try Self.event(configuration)
        hasPayload = try DestinationSettings(configuration).boolean("payload", default: true)
        data = "/services/data/\(try Self.version(configuration))"
        let grant = try SalesforceGrant(configuration)
        self.grant = grant
        login = grant.login
        let request = TokenGrant(
            context: context, url: grant.login.appending("/services/oauth2/token"),
            standardSeconds: SalesforceGrant.standardSeconds)
        tokens = AccessTokens(unixMilliseconds: context.unixMilliseconds) { () async throws(Unanswered) in
            let form = grant.form(unixMilliseconds: context.unixMilliseconds())
            return try await request.token(form.fields, hiding: form.secrets)
        }
    }

    var secrets: [Secret] { grant.secrets + tokens.secrets }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        // Salesforce knows no repetitions; whoever listens tells them by Event_Id__c.
        let mapped = try mapping.map(CommerceEvent(event.keyed, .none))
        let name = mapped.isNamed ? mapped.type : self.event
        guard Self.isEventName(name) else {
            throw RefusedEvent(
                category: .configuration,
                reason: "the mapping's type is no platform event's API name, which ends with __e")
        }
        var attributes = JSONObject()
        attributes.add("type", name)
        var record = JSONObject(extending: mapped.properties)
        record.add("attributes", attributes)
        if hasPayload { record.add("Payload__c", String(decoding: event.json, as: UTF8.self)) }
        guard record.json.count <= Self.maximumRecordBytes else {
            throw .dataError("\(record.json.count) bytes; a platform event holds 1 MB")
        }
        return BatchEntry(key: event.deduplicationKey, json: record.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("allOrNone", false)
        body.add("records", json: entries.jsonList)
        return OutboundRequest(
            .post, login.appending("\(data)/composite/sobjects"), headers: [("Content-Type", "application/json")],
            body: body.json)
    }

    /// The token says which instance it is for: requests go there, not to where tokens come from.
    func authorize(_ request: inout OutboundRequest, with token: AccessToken) {
        request.headers.append(("Authorization", "Bearer \(token.secret.text)"))
        if let instance = token.address { request.url = instance.appending(target(of: request.url)) }
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        SalesforceAnswer(answer).verdict(records: entries.count)
    }

    func check() async -> CredentialCheck {
        let describe = OutboundRequest(.get, login.appending("\(data)/sobjects/\(event)/describe"))
        switch await ask(describe) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.isSuccess, let document = answer.document, let fields = document.member("fields") else {
                return failedCheck(answer, SalesforceAnswer(answer).verdict(records: 0).outcome)
            }
            guard document.boolean(of: document.member("createable")) == true else {
                return CredentialCheck(
                    verdict: .failed(.authorization),
                    explanation:
                        "Salesforce knows the user, who may not create \(event); give the permission Create on it")
            }
            let names = Set(
                document.children(of: fields).compactMap { document.string(of: document.member("name", of: $0)) })
            let missing = missingFields(names)
            guard missing.isEmpty else {
                return CredentialCheck(
                    verdict: .failed(.configuration),
                    explanation: "\(event) lacks the fields \(missing.joined(separator: ", ")); add them")
            }
            return .verified(
                "Salesforce knows the user, who may publish \(event), which has all fields; what subscribers make of it is theirs"
            )
        }
    }

    private static let maximumRecordBytes = 1_000_000

    private func missingFields(_ names: Set<String>) -> [String] {
        let own = context.configuration.settings["mapping"] ?? .null
        guard own == .null else { return [] }
        return (SalesforceMapping.fields + (hasPayload ? ["Payload__c"] : [])).filter { !names.contains($0) }
    }

    /// What stands behind the login address.
    private func target(of url: OutboundURL) -> String {
        let base = login.path.hasSuffix("/") ? login.path.dropLast() : login.path
        return String(url.target.dropFirst(base.count))
    }

    private nonisolated static func event(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> String {
        let event = try DestinationSettings(configuration).text("event") ?? "Webhook_Event__e"
        guard isEventName(event) else {
            throw InvalidDestination(
                key: "settings.event", reason: "not a platform event's API name, which ends with __e")
        }
        return event
    }

    private nonisolated static func isEventName(_ name: String) -> Bool {
        name.hasSuffix("__e") && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
                default: false
                }
            }
    }

    private nonisolated static func version(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> String {
        let version = try DestinationSettings(configuration).text("apiVersion") ?? "v63.0"
        let parts = version.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard version.hasPrefix("v"), parts.count == 2, parts.allSatisfy({ Int($0) != nil }) else {
            throw InvalidDestination(key: "settings.apiVersion", reason: "not a version such as v63.0")
        }
        return version
    }
}

import Verifiers

/// Sends events to a Facebook Pixel by Meta's Conversions API.
///
/// Meta refuses a whole request for one event that it does not like, so what can be checked is checked before, and the
/// rest is found by halving. https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
@ControlPlane
final class MetaConversionsDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "meta-conversions", name: "Facebook Pixel (Meta Conversions API)",
        description: "Sends events to a Facebook Pixel from server to server.",
        address: .service("https://graph.facebook.com"),
        isOnePerTenant: true, isCheckedFirst: true,
        requiredCredentials: [
            .init(
                name: "pixelId", isSensitive: false, isRequired: true,
                hint: "the pixel's (data set's) number: Events Manager, Data sources, your pixel, Settings"),
            .init(
                name: "accessToken", isSensitive: true, isRequired: true,
                hint: "Events Manager, your pixel, Settings, Conversions API, Generate access token"),
        ],
        settings: [
            .init(name: "apiVersion", defaultValue: #""v25.0""#, description: "the Graph API's version"),
            .init(
                name: "actionSource", defaultValue: #""system_generated""#,
                description:
                    "where the sales happen: system_generated, email, phone_call, chat, physical_store, business_messaging, app or other"
            ),
            .init(
                name: "phoneCountryCode", defaultValue: "null",
                description:
                    "calling code (\"1\", \"44\") of phone numbers that come without one; else these are left out"),
            .init(
                name: "testEventCode", defaultValue: "null",
                description: "shows events in Test events; they count all the same, so never in production"),
        ] + CommerceSettings.card,
        documentation: "https://developers.facebook.com/docs/marketing-api/conversions-api")

    private enum ActionSource: String, CaseIterable {
        case systemGenerated = "system_generated"
        case email
        case phoneCall = "phone_call"
        case chat
        case physicalStore = "physical_store"
        case businessMessaging = "business_messaging"
        case app
        case other
    }

    /// 1000 events; no size is published, a request stays well below what Graph takes.
    let limits = BatchLimits(events: 1000, bytes: 4_000_000)
    let context: DestinationContext
    let secrets: [Secret]
    private let settings: CommerceSettings
    private let mapping: DestinationMapping
    private let options: Options
    private let token: Secret

    private struct Options {
        var url: OutboundURL
        var pixel: OutboundURL
        var actionSource: ActionSource
        var phoneCountryCode: String?
        var testEventCode: String?
    }

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try CommerceSettings(configuration)
        _ = try DestinationMapping(bundled: MetaMapping.rules, configuration)
        _ = try options(configuration)
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        settings = try CommerceSettings(context.configuration)
        mapping = try DestinationMapping(bundled: MetaMapping.rules, context.configuration)
        options = try Self.options(context.configuration)
        guard let token = context.configuration.credentials["accessToken"] else {
            throw InvalidDestination(key: "credentials.accessToken", reason: "missing")
        }
        self.token = token
        secrets = [token]
    }

    func entry(_ event: Event, unixMilliseconds now: Int64) throws(RefusedEvent) -> BatchEntry {
        let commerce = CommerceEvent(event, settings)
        let isInStore = options.actionSource == .physicalStore
        let days: Int64 = isInStore ? 62 : 7
        // A minute's margin: the request may wait for a connection, and clocks differ.
        guard now - commerce.unixMilliseconds < days * 86_400_000 - 60_000 else {
            throw .dataError("older than \(days) days, for which Meta would refuse the whole request")
        }
        let user = try userData(commerce)
        let mapped = try mapping.map(commerce)
        var object = JSONObject()
        object.add("event_name", mapped.isNamed ? mapped.type : EventName.pascalCase(mapped.type))
        // A time that lies ahead is refused; the clock that told it was fast.
        object.add("event_time", min(commerce.unixMilliseconds, now) / 1000)
        object.add("event_id", event.deduplicationKey)
        object.add("action_source", options.actionSource.rawValue)
        object.add("user_data", user)
        if mapped.properties.count > 2 { object.add("custom_data", json: mapped.properties) }
        return BatchEntry(key: event.deduplicationKey, json: object.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        var body = JSONObject()
        body.add("data", json: entries.jsonList)
        // Not in the query, which ends up in logs.
        body.add("access_token", token.text)
        body.add("test_event_code", options.testEventCode)
        return OutboundRequest(
            .post, options.url, headers: [("Content-Type", "application/json")], body: body.json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard let document = answer.document else {
            return answer.isSuccess ? answer.unreadable : answer.verdict(refusal: .validation)
        }
        if let failure = MetaFailure(document) {
            return failure.verdict(retryAfter: answer.retryAfter) ?? answer.verdict(refusal: .validation)
        }
        guard answer.isSuccess else { return answer.verdict(refusal: .validation) }
        guard let received = document.integer(of: document.member("events_received")) else { return answer.unreadable }
        guard received < Int64(entries.count) else { return .whole(.delivered) }
        // Halving tells which; Meta knows the others by their event_id.
        return .split(
            .retry(
                .unknown, reason: "Meta received \(received) of \(entries.count) events: \(answer.words)", after: nil))
    }

    func check() async -> CredentialCheck {
        let token = String(decoding: PercentEncoding.encode(token.bytes[...]), as: UTF8.self)
        var url = options.pixel
        url.target += "?fields=id,name&access_token=\(token)"
        switch await ask(OutboundRequest(.get, url)) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard let document = answer.document else { return failedCheck(answer) }
            if let verdict = MetaFailure(document)?.verdict(retryAfter: nil) {
                return failedCheck(verdict) ?? failedCheck(answer)
            }
            guard answer.isSuccess, document.string(of: document.member("id")) != nil else {
                return failedCheck(answer)
            }
            return .verified(
                "the token may read the pixel \(document.string(of: document.member("name")) ?? ""); whether it may send events shows the first one"
            )
        }
    }

    /// What to do about a refusal, in Meta's own pages.
    private static func remedy(_ category: FailureCategory) -> String? {
        switch category {
        case .authentication:
            "make a new accessToken: Events Manager, your pixel, Settings, Conversions API, Generate access token"
        case .authorization:
            "give the token's system user the pixel: Business settings, Data sources, Pixels, Add people"
        case .configuration:
            "compare pixelId with Events Manager, Data sources, your pixel, Settings"
        case .rateLimit: "Meta's limit is reached; try again in some minutes"
        default: nil
        }
    }

    private func failedCheck(_ verdict: BatchVerdict) -> CredentialCheck? {
        switch verdict {
        case .whole(let outcome), .split(let outcome):
            guard var check = CredentialCheck.failure(outcome) else { return nil }
            check.explanation = AnswerExcerpt.text(Array(check.explanation.utf8), hiding: secrets)
            if let remedy = check.verdict.category.flatMap(Self.remedy) { check.explanation += "; \(remedy)" }
            return check
        case .each, .resend: return nil
        }
    }

    /// The customer's hashes; without one of them Meta has nobody to attribute the event to and refuses it.
    private func userData(_ commerce: CommerceEvent) throws(RefusedEvent) -> JSONObject {
        let hashes: [(StaticString, String?)] = [
            ("em", commerce.email.flatMap(MetaCustomerData.email)),
            (
                "ph",
                commerce.phone.flatMap { MetaCustomerData.phone($0, countryCode: options.phoneCountryCode) }
            ),
            ("external_id", commerce.identity.flatMap(MetaCustomerData.externalID)),
        ]
        var user = JSONObject()
        for (name, hash) in hashes {
            if let hash { user.add(name, json: #"["\#(hash)"]"#.utf8) }
        }
        guard !user.isEmpty else {
            throw .dataError("it names no customer by e-mail, phone with country code, or id; Meta takes no such event")
        }
        let name = commerce.customerName.flatMap { PersonName($0) }
        for (key, part) in [("fn", name?.first), ("ln", name?.last)] as [(StaticString, String?)] {
            if let hash = part.flatMap(MetaCustomerData.name) { user.add(key, json: #"["\#(hash)"]"#.utf8) }
        }
        return user
    }

    private nonisolated static func options(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> Options {
        let settings = DestinationSettings(configuration)
        let version = try settings.text("apiVersion") ?? "v25.0"
        guard version.hasPrefix("v"), version.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else {
            throw InvalidDestination(key: "settings.apiVersion", reason: "a version looks like v25.0")
        }
        let pixel = configuration.credentials["pixelId"]?.text ?? ""
        guard !pixel.isEmpty, pixel.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw InvalidDestination(
                key: "credentials.pixelId",
                reason: "a pixel's id is a number; find it in Events Manager, Data sources, your pixel, Settings")
        }
        let countryCode = try settings.text("phoneCountryCode")
        if let countryCode,
            countryCode.isEmpty || countryCode.count > 3 || countryCode.contains(where: { !("0"..."9").contains($0) })
        {
            throw InvalidDestination(
                key: "settings.phoneCountryCode", reason: "a calling code has one to three digits and no plus: \"44\"")
        }
        let service = "https://graph.facebook.com"
        return Options(
            url: try ServiceAddress.url(configuration, service: service, target: "/\(version)/\(pixel)/events"),
            pixel: try ServiceAddress.url(configuration, service: service, target: "/\(version)/\(pixel)"),
            actionSource: try settings.choice("actionSource", default: ActionSource.systemGenerated),
            phoneCountryCode: countryCode, testEventCode: try settings.text("testEventCode"))
    }
}

import Verifiers

/// Sends a mail for each event by SendGrid.
///
/// SendGrid has no deduplication key: a request that was sent and not answered may have become a mail.
/// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
@ControlPlane
final class SendGridDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "sendgrid", name: "SendGrid", description: "Sends a mail for each event, made from a template.",
        address: .service("https://api.sendgrid.com"), isSingleEvent: true,
        requiredCredentials: [
            .init(
                name: "apiKey", isSensitive: true, isRequired: true,
                hint: "Settings, API Keys, Create API Key; restricted access with Mail Send is enough")
        ],
        settings: MailTemplate.card + [
            .init(
                name: "region", defaultValue: #""us""#, description: "us, or eu for a subuser of the EU region"),
            AfterUnknownOutcome.card,
            .init(
                name: "sandbox", defaultValue: "false",
                description: "SendGrid checks the requests and sends nothing"),
        ],
        documentation: "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send")

    let limits = BatchLimits(events: 1, bytes: .max)
    let context: DestinationContext
    let secrets: [Secret]
    private let template: MailTemplate
    private let afterUnknownOutcome: AfterUnknownOutcome
    private let isSandbox: Bool
    private let url: OutboundURL
    private let scopes: OutboundURL
    private let headers: [(name: String, value: String)]

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try MailTemplate(configuration)
        _ = try AfterUnknownOutcome(configuration)
        _ = try DestinationSettings(configuration).boolean("sandbox", default: false)
        _ = try url(configuration, "/")
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        self.context = context
        template = try MailTemplate(configuration)
        afterUnknownOutcome = try AfterUnknownOutcome(configuration)
        isSandbox = try DestinationSettings(configuration).boolean("sandbox", default: false)
        url = try Self.url(configuration, "/v3/mail/send")
        scopes = try Self.url(configuration, "/v3/scopes")
        let key = configuration.credentials["apiKey"]
        secrets = [key].compactMap { $0 }
        headers = [
            ("Content-Type", "application/json"), ("Accept", "application/json"),
            ("Authorization", "Bearer \(key?.text ?? "")"),
        ]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let message = try template.message(event)
        var personalization = JSONObject()
        personalization.add("to", json: Self.list([Self.address(message.to)]))
        var arguments = JSONObject()
        arguments.add("event_id", event.id)
        personalization.add("custom_args", arguments)
        var body = JSONObject()
        body.add("personalizations", json: Self.list([personalization]))
        body.add("from", Self.address(message.from))
        body.add("subject", message.subject)
        // Plain text must come first.
        var contents = [Self.content("text/plain", message.text)]
        if let html = message.html { contents.append(Self.content("text/html", html)) }
        body.add("content", json: Self.list(contents))
        if isSandbox { body.add("mail_settings", json: #"{"sandbox_mode":{"enable":true}}"#.utf8) }
        return BatchEntry(key: event.deduplicationKey, json: body.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        OutboundRequest(.post, url, headers: headers, body: entries[0].json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        switch answer.status {
        case 202: return .whole(.delivered)
        // The sandbox's way to say that the request is right.
        case 200 where isSandbox && answer.body.isEmpty: return .whole(.delivered)
        case 200...299: return .each([afterUnknownOutcome.decided(answer.unreadableOutcome)])
        case 429: return .whole(.retry(.rateLimit, reason: answer.words, after: pause(answer)))
        default: return answer.verdict(refusal: .dataError)
        }
    }

    func judge(_ error: HTTPClientError, _ entries: [BatchEntry]) -> BatchVerdict {
        afterUnknownOutcome.verdict(of: error)
    }

    /// Only a header says what SendGrid calls the mail.
    func shown(_ answer: APIAnswer) -> [UInt8] {
        guard answer.isSuccess, let id = answer.response.headers.first("x-message-id") else { return answer.body }
        return Array("X-Message-Id: ".utf8) + id
    }

    func check() async -> CredentialCheck {
        switch await ask(OutboundRequest(.get, scopes, headers: headers)) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.isSuccess, let document = answer.document, let scopes = document.member("scopes") else {
                return failedCheck(answer)
            }
            guard document.children(of: scopes).contains(where: { document.string(of: $0) == "mail.send" }) else {
                return CredentialCheck(
                    verdict: .failed(.authorization),
                    explanation: "SendGrid knows the key, but it lacks the scope mail.send; give it Mail Send")
            }
            return .verified(
                "SendGrid knows the key, which may send mail; whether it may send from settings.from shows the first one"
            )
        }
    }

    /// `X-RateLimit-Reset` is when, in Unix seconds, the limit is lifted.
    private func pause(_ answer: APIAnswer) -> Duration? {
        if let retryAfter = answer.retryAfter { return retryAfter }
        guard let value = answer.response.headers.first("x-ratelimit-reset"),
            let reset = DecimalText(value)?.scaled(byPowerOfTen: 0)
        else { return nil }
        let seconds = reset.subtractingReportingOverflow(answer.unixMilliseconds / 1000)
        guard !seconds.overflow, seconds.partialValue > 0 else { return nil }
        return min(.seconds(seconds.partialValue), HTTPOutcome.longestRetryAfter)
    }

    private static func address(_ address: MailAddress) -> JSONObject {
        var object = JSONObject()
        object.add("email", address.address)
        object.add("name", address.name)
        return object
    }

    private static func content(_ type: String, _ value: String) -> JSONObject {
        var object = JSONObject()
        object.add("type", type)
        object.add("value", value)
        return object
    }

    private static func list(_ objects: [JSONObject]) -> [UInt8] {
        [UInt8(ascii: "[")] + objects.map(\.json).joined(separator: ",".utf8) + [UInt8(ascii: "]")]
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ target: String
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: ServiceAddress.Region.us)
        let service = region == .us ? "https://api.sendgrid.com" : "https://api.eu.sendgrid.com"
        return try ServiceAddress.url(configuration, service: service, target: target)
    }
}

import Verifiers

/// Sends a mail for each event by Mailgun.
///
/// Mailgun has no deduplication key: a request that was sent and not answered may have become a mail. The mails of one
/// event have one `Message-Id`, by which many mailboxes know a repeated one.
/// https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
@ControlPlane
final class MailgunDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "mailgun", name: "Mailgun", description: "Sends a mail for each event, made from a template.",
        address: .service("https://api.mailgun.net"), isSingleEvent: true,
        requiredCredentials: [
            .init(
                name: "apiKey", isSensitive: true, isRequired: true,
                hint: "Account settings, API Keys; or a sending key of the domain: Domain settings, Sending keys"),
            .init(
                name: "domain", isSensitive: false, isRequired: true,
                hint: "the domain that mails are sent by: Sending, Domains"),
        ],
        settings: MailTemplate.card + [
            .init(name: "region", defaultValue: #""us""#, description: "us or eu: where the domain was made"),
            AfterUnknownOutcome.card,
            .init(
                name: "testMode", defaultValue: "false",
                description: "Mailgun takes (and charges) the mails and sends none (o:testmode)"),
        ],
        documentation: "https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages")

    let limits = BatchLimits(events: 1, bytes: .max)
    let context: DestinationContext
    let secrets: [Secret]
    private let template: MailTemplate
    private let afterUnknownOutcome: AfterUnknownOutcome
    private let isTest: Bool
    private let domain: String
    private let messages: OutboundURL
    private let domains: OutboundURL
    private let authorization: BasicAuthorization

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try MailTemplate(configuration)
        _ = try AfterUnknownOutcome(configuration)
        _ = try DestinationSettings(configuration).boolean("testMode", default: false)
        _ = try url(configuration, "/\(domain(configuration))")
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        self.context = context
        template = try MailTemplate(configuration)
        afterUnknownOutcome = try AfterUnknownOutcome(configuration)
        isTest = try DestinationSettings(configuration).boolean("testMode", default: false)
        domain = try Self.domain(configuration)
        messages = try Self.url(configuration, "/v3/\(domain)/messages")
        domains = try Self.url(configuration, "/v3/domains/\(domain)")
        let key = configuration.credentials["apiKey"]
        authorization = BasicAuthorization(user: "api", password: key?.text ?? "")
        secrets = [key].compactMap { $0 } + [authorization.secret]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let message = try template.message(event)
        var fields = [
            ("from", message.from.text), ("to", message.to.text), ("subject", message.subject), ("text", message.text),
            // The mails of two destinations are two mails.
            ("h:Message-Id", "<\(UUIDv5.text(of: "\(context.name):\(event.deduplicationKey)"))@\(domain)>"),
            ("v:event-id", event.id),
        ]
        if let html = message.html { fields.append(("html", html)) }
        if isTest { fields.append(("o:testmode", "yes")) }
        let form = fields.map { name, value in
            PercentEncoding.encode(Array(name.utf8)[...]) + [UInt8(ascii: "=")]
                + PercentEncoding.encode(Array(value.utf8)[...])
        }
        return BatchEntry(key: event.deduplicationKey, json: Array(form.joined(separator: "&".utf8)))
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        OutboundRequest(
            .post, messages,
            headers: [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", authorization.value),
            ], body: entries[0].json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        guard answer.isSuccess else { return answer.verdict(refusal: .dataError) }
        // {"id":"<…>","message":"Queued. Thank you."}
        guard let document = answer.document, document.string(of: document.member("id")) != nil else {
            return .each([afterUnknownOutcome.decided(answer.unreadableOutcome)])
        }
        return .whole(.delivered)
    }

    func judge(_ error: HTTPClientError, _ entries: [BatchEntry]) -> BatchVerdict {
        afterUnknownOutcome.verdict(of: error)
    }

    func check() async -> CredentialCheck {
        let request = OutboundRequest(.get, domains, headers: [("Authorization", authorization.value)])
        switch await ask(request) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            guard answer.isSuccess, let document = answer.document,
                let state = document.string(of: document.member("state", of: document.member("domain")))
            else { return failedCheck(answer) }
            guard state == "active" else {
                return CredentialCheck(
                    verdict: .failed(.configuration),
                    explanation:
                        "Mailgun knows the key, but the domain \(domain) is \(VisibleText.quoted(state.prefix(40))); see Sending, Domains"
                )
            }
            return .verified(
                "Mailgun knows the key, and the domain \(domain) is active; whether a mail arrives shows the first one")
        }
    }

    private nonisolated static func domain(
        _ configuration: DestinationConfiguration
    ) throws(InvalidDestination) -> String {
        let domain = configuration.credentials["domain"]?.text ?? ""
        guard MailAddress(bare: "x@\(domain)") != nil, domain.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw InvalidDestination(
                key: "credentials.domain", reason: "is no domain name; it looks like mg.shop.example")
        }
        return domain.lowercased()
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ target: String
    ) throws(InvalidDestination) -> OutboundURL {
        let region = try DestinationSettings(configuration).choice("region", default: ServiceAddress.Region.us)
        let service = region == .us ? "https://api.mailgun.net" : "https://api.eu.mailgun.net"
        return try ServiceAddress.url(configuration, service: service, target: target)
    }
}

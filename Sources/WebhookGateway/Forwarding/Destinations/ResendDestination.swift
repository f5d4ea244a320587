import Verifiers

/// Sends a mail for each event by Resend, which knows a repeated request by its `Idempotency-Key` for 24 hours.
/// https://resend.com/docs/api-reference/emails/send-email, https://resend.com/docs/api-reference/errors
@ControlPlane
final class ResendDestination: BatchDestination {
    nonisolated static let card = DestinationCard(
        type: "resend", name: "Resend", description: "Sends a mail for each event, made from a template.",
        address: .service("https://api.resend.com"), isSingleEvent: true,
        // https://resend.com/docs/api-reference/rate-limit: by default and team; pages of another date say 5.
        defaultRate: LaneRules.Rate(requests: 2, period: .seconds(1)),
        requiredCredentials: [
            .init(
                name: "apiKey", isSensitive: true, isRequired: true,
                hint: "API Keys, Create API Key (re_…); sending access is enough")
        ],
        settings: MailTemplate.card,
        documentation: "https://resend.com/docs/api-reference/emails/send-email")

    let limits = BatchLimits(events: 1, bytes: .max)
    let context: DestinationContext
    let secrets: [Secret]
    private let template: MailTemplate
    private let emails: OutboundURL
    private let domains: OutboundURL
    private let senderDomain: String
    private let headers: [(name: String, value: String)]

    private static let maximumKeyBytes = 256
    /// The team's quota of the day or month is used up: asked again by the hour.
    private static let quotaPause = Duration.seconds(3600)
    /// The same event's request is still under way.
    private static let concurrentPause = Duration.seconds(5)

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try MailTemplate(configuration)
        _ = try url(configuration, "/")
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        self.context = context
        template = try MailTemplate(configuration)
        senderDomain = template.senderDomain
        emails = try Self.url(configuration, "/emails")
        domains = try Self.url(configuration, "/domains")
        let key = configuration.credentials["apiKey"]
        secrets = [key].compactMap { $0 }
        headers = [("Content-Type", "application/json"), ("Authorization", "Bearer \(key?.text ?? "")")]
    }

    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry {
        let message = try template.message(event)
        var body = JSONObject()
        body.add("from", message.from.text)
        var to: [UInt8] = []
        JSONWriter.append(message.to.text, to: &to)
        body.add("to", json: [UInt8(ascii: "[")] + to + [UInt8(ascii: "]")])
        body.add("subject", message.subject)
        body.add("text", message.text)
        body.add("html", message.html)
        var tag = JSONObject()
        tag.add("name", "event_id")
        tag.add("value", Self.tag(event.id))
        body.add("tags", json: [UInt8(ascii: "[")] + tag.json + [UInt8(ascii: "]")])
        return BatchEntry(key: event.deduplicationKey, json: body.json)
    }

    func request(_ entries: [BatchEntry]) -> OutboundRequest {
        // Keys are the team's: two destinations that mail for one event must not share one.
        let key = "\(context.name)/\(entries[0].key)"
        let isShort = key.utf8.count <= Self.maximumKeyBytes && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return OutboundRequest(
            .post, emails, headers: headers + [("Idempotency-Key", isShort ? key : UUIDv5.text(of: key))],
            body: entries[0].json)
    }

    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict {
        if answer.isSuccess {
            guard let document = answer.document, document.string(of: document.member("id")) != nil else {
                return answer.unreadable
            }
            return .whole(.delivered)
        }
        switch (answer.status, name(answer)) {
        case (403, "invalid_api_key"): return .whole(.dead(.authentication, reason: answer.words))
        // The sender's domain is not verified, or the team may write to itself only.
        case (403, "validation_error"), (422, "invalid_from_address"):
            return .whole(.dead(.configuration, reason: answer.words))
        case (409, "concurrent_idempotent_requests"):
            return .each([
                .retry(.providerError, reason: answer.words, after: answer.retryAfter ?? Self.concurrentPause)
            ])
        case (409, "invalid_idempotent_request"):
            return .each([
                .dead(
                    .validation,
                    reason: "Resend has taken another mail for this event within 24 hours, the settings have changed "
                        + "since; see in Resend's log whether it went out, and retry after a day if not: \(answer.words)"
                )
            ])
        case (429, "daily_quota_exceeded"), (429, "monthly_quota_exceeded"):
            return .whole(
                .retry(.rateLimit, reason: answer.words, after: max(answer.retryAfter ?? .zero, Self.quotaPause)))
        default: return answer.verdict(refusal: .dataError)
        }
    }

    func check() async -> CredentialCheck {
        switch await ask(OutboundRequest(.get, domains, headers: headers)) {
        case .failure(let problem): return problem.check
        case .success(let answer):
            if answer.status == 401, name(answer) == "restricted_api_key" {
                return .verified(
                    "Resend knows the key; it may send only, so whether it may from \(senderDomain) shows the first mail"
                )
            }
            if case .whole(let outcome) = judge(answer, []), !answer.isSuccess,
                var check = CredentialCheck.failure(outcome)
            {
                check.explanation = AnswerExcerpt.text(Array(check.explanation.utf8), hiding: secrets)
                return check
            }
            guard answer.isSuccess, let document = answer.document, let list = document.member("data") else {
                return failedCheck(answer)
            }
            let verified = document.children(of: list).contains { domain in
                document.string(of: document.member("name", of: domain))?.lowercased() == senderDomain
                    && document.string(of: document.member("status", of: domain)) == "verified"
            }
            if verified {
                return .verified(
                    "Resend knows the key, and the sender's domain \(senderDomain) is verified; whether a mail arrives shows the first one"
                )
            }
            guard document.boolean(of: document.member("has_more")) != true else {
                return .verified("Resend knows the key; whether it may send from \(senderDomain) shows the first mail")
            }
            return CredentialCheck(
                verdict: .failed(.configuration),
                explanation:
                    "Resend knows the key, but the sender's domain \(senderDomain) is not verified; see resend.com/domains"
            )
        }
    }

    /// What Resend calls the error.
    private func name(_ answer: APIAnswer) -> String? {
        answer.document.flatMap { $0.string(of: $0.member("name")) }
    }

    /// A tag's value: letters, digits, `_` and `-` only, at most 256.
    private static func tag(_ id: String) -> String {
        let isTaken =
            (1...256).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
        return isTaken ? id : UUIDv5.text(of: id)
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ target: String
    ) throws(InvalidDestination) -> OutboundURL {
        try ServiceAddress.url(configuration, service: "https://api.resend.com", target: target)
    }
}

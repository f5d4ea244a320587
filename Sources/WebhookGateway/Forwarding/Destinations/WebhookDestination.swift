import Verifiers

/// Posts each event to an address of the operator's, as one CloudEvent in structured mode, signed by the Standard
/// Webhooks specification.
///
/// Every attempt is signed anew with its own time, since receivers refuse old timestamps; the id stays the event's, so
/// that a receiver knows what it has seen.
@ControlPlane
final class WebhookDestination: Destination {
    nonisolated static let card = DestinationCard(
        type: "webhook", name: "Webhook",
        description: "Posts each event as a signed CloudEvent to a URL of yours (Standard Webhooks).",
        address: .url, isSingleEvent: true,
        requiredCredentials: [
            .init(
                name: "secret", isSensitive: true, isRequired: true,
                hint: "the signing secret that the receiver has too; \(StandardWebhookSigner.remedy)"),
            .init(
                name: "previousSecret", isSensitive: true, isRequired: false,
                hint: "during a rotation: the secret before; requests are then signed with both"),
        ],
        documentation: "https://www.standardwebhooks.com")

    let limits = BatchLimits(events: 1, bytes: .max)

    /// A shorter part of a URL hides nothing, and would mask ordinary text.
    private static let shortestSecret = 8

    private let context: DestinationContext
    private let url: OutboundURL
    /// What records show; a URL that was kept out of the configuration file is kept out of them too.
    private let summary: String
    private let secrets: [Secret]
    private let signer: StandardWebhookSigner

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try url(configuration)
        for name in ["secret", "previousSecret"] {
            guard let secret = configuration.credentials[name] else { continue }
            do throws(StandardWebhookSigner.InvalidSecret) {
                _ = try StandardWebhookSigner.keys(of: [secret])
            } catch {
                throw invalidSecret(name, error)
            }
        }
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        let configuration = context.configuration
        try Self.validate(configuration)
        self.context = context
        url = try Self.url(configuration)
        summary = configuration.url?.origin == .literal ? "POST \(url)" : "POST \(url.origin)/\(Secret.mask)"
        let signing = ["secret", "previousSecret"].compactMap { configuration.credentials[$0] }
        // A receiver may tell what it was asked for, which is not the whole URL.
        let parts = [url.target] + url.target.split(separator: "?").dropFirst().flatMap(Self.values(of:))
        secrets =
            signing + [configuration.url].compactMap { $0 }
            + parts.filter { $0.utf8.count >= Self.shortestSecret }.map {
                Secret(origin: .generated, bytes: Array($0.utf8))
            }
        do throws(StandardWebhookSigner.InvalidSecret) {
            signer = try StandardWebhookSigner(signing)
        } catch {
            throw Self.invalidSecret("secret", error)
        }
    }

    /// The values of a query.
    private static func values(of query: Substring) -> [String] {
        query.split(separator: "&").compactMap {
            $0.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
        }
    }

    func send(_ batch: [Event]) async -> AttemptResult {
        guard batch.count == 1 else { return await sendSingly(batch) }
        let event = batch[0]
        let timestamp = context.unixMilliseconds() / 1000
        let request = OutboundRequest(
            .post, url,
            headers: [
                ("Content-Type", "application/cloudevents+json; charset=utf-8"),
                ("webhook-id", event.deduplicationKey),
                ("webhook-timestamp", String(timestamp)),
                (
                    "webhook-signature",
                    signer.signature(id: event.deduplicationKey, timestamp: timestamp, body: event.json)
                ),
            ],
            body: event.json)
        do throws(HTTPClientError) {
            let response = try await context.client.send(request, context.clientOptions)
            return AttemptResult(
                HTTPOutcome.judge(response, unixMilliseconds: context.unixMilliseconds()), count: 1,
                status: Int(response.status.code), request: summary,
                answer: AnswerExcerpt.text(response.body, hiding: secrets))
        } catch {
            return AttemptResult(HTTPOutcome.judge(error), count: 1, request: summary)
        }
    }

    func check() async -> CredentialCheck {
        .unverifiable("whether the receiver has the same secret shows only an event; see `webhook-gateway events show`")
    }

    func close() async {}

    /// The specification knows one event a request; whoever hands over several gets as many requests, in order.
    private func sendSingly(_ batch: [Event]) async -> AttemptResult {
        var result = AttemptResult(outcomes: [], request: summary)
        for event in batch {
            let single = await send([event])
            result.outcomes += single.outcomes
            result.status = single.status
            result.answer = single.answer
        }
        return result
    }

    private nonisolated static func url(_ configuration: DestinationConfiguration) throws(InvalidDestination)
        -> OutboundURL
    {
        do throws(OutboundURL.Malformed) {
            return try OutboundURL(configuration.url?.text ?? "")
        } catch {
            throw InvalidDestination(key: "url", reason: error.description)
        }
    }

    private nonisolated static func invalidSecret(
        _ name: String, _ error: StandardWebhookSigner.InvalidSecret
    ) -> InvalidDestination {
        InvalidDestination(key: "credentials.\(name)", reason: "\(error.reason); \(StandardWebhookSigner.remedy)")
    }
}

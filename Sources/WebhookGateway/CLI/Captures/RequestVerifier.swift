import Verifiers

/// Judges captured requests as the gateway would have judged the deliveries, and says why.
final class RequestVerifier {
    /// What became of one request.
    enum Verdict: Equatable {
        /// The number of the secret that matched, from 1; nil when the address alone decides.
        case accepted(secret: Int?)
        /// A provider's validation request and the status it gets.
        case handshake(status: Int)
        case refused(VerificationFailure, hint: String)
        /// The capture is no request.
        case unreadable(String)

        var isAccepted: Bool {
            switch self {
            case .accepted: true
            case .handshake(let status): status < 400
            case .refused, .unreadable: false
            }
        }
    }

    private let provider: any Provider
    private let others: [Diagnosis.Source]
    private let trustedProxies: [CIDRBlock]

    /// - Throws: `InvalidSettings` when a provider refuses settings that the configuration's check has passed.
    init(_ source: SourceConfiguration, in configuration: Configuration) throws(InvalidSettings) {
        provider = try Self.provider(of: source)
        var others: [Diagnosis.Source] = []
        for other in configuration.sources where other.name != source.name {
            others.append((other.name, try Self.provider(of: other)))
        }
        self.others = others
        trustedProxies = configuration.listen.trustedProxies
    }

    /// `now` and `peer` stand in for what the capture does not say.
    func verdict(on request: CapturedRequest, now: Int64, peer: IPAddress? = nil) -> Verdict {
        let delivery = request.delivery(at: now, from: client(of: request, peer))
        if let reply = provider.handshake(delivery) {
            return .handshake(status: reply.status)
        }
        do throws(VerificationFailure) {
            let secret = try provider.verify(delivery)
            return .accepted(secret: secret > 0 ? secret : nil)
        } catch {
            let hint = Diagnosis.explain(error, of: delivery, by: provider, others: others)
            return .refused(error, hint: request.suspicion.map { "\($0); \(hint)" } ?? hint)
        }
    }

    /// The provider that a source's configuration makes.
    static func provider(of source: SourceConfiguration) throws(InvalidSettings) -> any Provider {
        try source.makeProvider()
    }

    /// As the gateway does: X-Forwarded-For counts if a trusted proxy sent it.
    private func client(of request: CapturedRequest, _ peer: IPAddress?) -> IPAddress? {
        guard let peer = peer ?? request.peer else { return nil }
        return ForwardedFor.client(peer: peer, headers: HeaderFields(request.headers), trusted: trustedProxies)
    }
}

extension RequestVerifier.Verdict {
    /// One line of JSON (contract: `verify --json`).
    var json: String {
        switch self {
        case .accepted(let secret): "{\"accepted\":true,\"secret\":\(secret.map(String.init) ?? "null")}"
        case .handshake(let status): "{\"accepted\":\(isAccepted),\"handshake\":\(status)}"
        case .refused(let failure, let hint): Self.refusal(failure, hint)
        case .unreadable(let reason): Self.refusal(.malformed, "the captured request cannot be read: \(reason)")
        }
    }

    /// One line for a person.
    func sentence(_ secrets: [Secret]) -> String {
        switch self {
        case .accepted(nil): return "accepted by its address; no secret is configured"
        case .accepted(let secret?):
            let reference = secrets.indices.contains(secret - 1) ? secrets[secret - 1].reference : Secret.mask
            return "accepted by secret \(secret)" + (reference == Secret.mask ? "" : " (\(reference))")
        case .handshake(let status): return "a validation request, answered \(status)"
        case .refused(let failure, let hint): return "refused (\(failure.rawValue)): \(VisibleText.escaped(hint))"
        case .unreadable(let reason): return "not a request: \(VisibleText.escaped(reason))"
        }
    }

    private static func refusal(_ failure: VerificationFailure, _ hint: String) -> String {
        "{\"accepted\":false,\"reason\":\"\(failure.rawValue)\",\"hint\":\(JSONValue.text(hint).json)}"
    }
}

/// Stripe: `Stripe-Signature: t=…,v1=…` over timestamp, "." and body (docs.stripe.com/webhooks#verify-manually).
public struct Stripe: NativeProvider {
    /// The name in configuration, metrics and events.
    public static let name = "stripe"
    /// The bundled rules of the field mapping.
    public static var mapping: String { StripeMapping.rules }

    /// Longer values are refused unread: 16 signatures take 1.1 KiB.
    static let maximumHeaderLength = 4096

    let settings: ProviderSettings
    let keys: SigningKeys

    /// Prepares the keys: each secret is the whole text `whsec_…`, not what it would decode to (unlike Svix).
    public init(_ settings: ProviderSettings) throws(InvalidSettings) {
        guard settings.toleranceSeconds >= 0 else {
            throw InvalidSettings(
                key: "toleranceSeconds", reason: "the tolerance is negative; 0 switches the check off")
        }
        self.settings = settings
        keys = try SigningKeys(settings.secrets)
    }

    /// Proves a delivery authentic as Stripe's own libraries do: the age is judged after the signature, and only a
    /// timestamp too far in the past is refused, since a signed one in the future harms nobody.
    public func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int {
        guard let value = delivery.headers.first("stripe-signature"), !value.isEmpty else { throw .missing }
        let header = try StripeSignatureHeader(value)
        guard let secret = match(header, body: delivery.body) else {
            throw header.hasReadableSignature ? .mismatch : .malformed
        }
        if settings.toleranceSeconds > 0 {
            let (oldest, overflow) = delivery.receivedAt.subtractingReportingOverflow(settings.toleranceSeconds)
            if !overflow, header.timestamp < oldest { throw .expired }
        }
        return secret
    }

    /// One event a delivery: a snapshot (`data.object`), or a thin event of API v2 (`related_object`, no data).
    public func events(
        in delivery: Delivery, document: inout JSONDocument
    ) throws(MalformedBody) -> [ProviderEvent] {
        try document.readBody(delivery.body)
        guard document.kind(of: .root) == .object else { throw MalformedBody("the body is not a JSON object") }
        let found = Self.fields.values(in: document)
        return [
            ProviderEvent(
                key: try document.required(found[0], path: "id"), type: try document.required(found[1], path: "type"),
                time: document.timestamp(found[2]),
                subject: document.identifier(found[3]) ?? document.identifier(found[4]),
                account: document.identifier(found[5]) ?? document.identifier(found[6]), payload: .root)
        ]
    }

    /// What `events` reads, looked up together.
    private static let fields = JSONFields<7>([
        ["id"], ["type"], ["created"], ["data", "object", "id"], ["related_object", "id"], ["account"], ["context"],
    ])

    /// Signs a sample with `t` = its time.
    public func sign(_ sample: inout Sample) {
        let timestamp = String(sample.now)
        let signature = keys.sign(prefix: Array("\(timestamp).".utf8)[...], body: sample.body[...])
        sample.setHeader("Content-Type", "application/json; charset=utf-8")
        sample.setHeader("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        sample.setHeader("Stripe-Signature", "t=\(timestamp),v1=\(signature.hex)")
    }

    /// Replaces the event's id by a fresh `evt_…`.
    public func renew(_ sample: inout Sample, serial: Int) {
        sample.replaceValues { document in
            [(document.member("id"), "\"evt_\(FreshIdentity.hex(serial: serial))\"")]
        }
    }

    /// Which secret yields one of the header's signatures: each secret's code is computed once.
    private func match(_ header: StripeSignatureHeader, body: ArraySlice<UInt8>) -> Int? {
        for (index, key) in keys.keys.enumerated() {
            key.restart()
            key.update(header.timestampText)
            key.update(".")
            key.update(body)
            if header.contains(key.finish()) { return index + 1 }
        }
        return nil
    }
}

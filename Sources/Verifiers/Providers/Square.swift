/// Square: `x-square-hmacsha256-signature` over notification URL and body
/// (developer.squareup.com/docs/webhooks/step3validate).
public struct Square: NativeProvider {
    /// The name in configuration, metrics and events.
    public static let name = "square"
    /// The bundled rules of the field mapping.
    public static var mapping: String { SquareMapping.rules }

    let keys: SigningKeys
    let settings: ProviderSettings
    let notificationURL: ArraySlice<UInt8>

    /// Prepares the keys. The URL is signed byte for byte, so it is configured and never rebuilt from the request.
    public init(_ settings: ProviderSettings) throws(InvalidSettings) {
        keys = try SigningKeys(settings.secrets)
        guard let url = settings.notificationURL, !url.isEmpty else {
            throw InvalidSettings(
                key: "notificationURL",
                reason: "Square signs the notification URL; enter it exactly as in the webhook subscription")
        }
        self.settings = settings
        notificationURL = Array(url.utf8)[...]
    }

    /// Proves a delivery authentic. The legacy `x-square-signature` (SHA-1), still sent beside it, is never used; an
    /// empty body is refused as Square's libraries do.
    public func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int {
        guard let value = delivery.headers.first("x-square-hmacsha256-signature"), !value.isEmpty else {
            throw .missing
        }
        guard let signature = Digest(base64: value, count: 32) else { throw .malformed }
        guard !delivery.body.isEmpty, let secret = keys.match(signature, prefix: notificationURL, body: delivery.body)
        else { throw .mismatch }
        return secret
    }

    /// One event a delivery.
    public func events(
        in delivery: Delivery, document: inout JSONDocument
    ) throws(MalformedBody) -> [ProviderEvent] {
        try document.readBody(delivery.body)
        guard document.kind(of: .root) == .object else { throw MalformedBody("the body is not a JSON object") }
        let id = try document.required("event_id", of: .root, path: "event_id")
        let type = try document.required("type", of: .root, path: "type")
        let event = ProviderEvent(
            key: id, type: type, time: document.timestamp(document.member("created_at")),
            subject: document.identifier(document.member("id", of: document.member("data"))),
            account: document.identifier(document.member("merchant_id")),
            payload: .root)
        return [event]
    }

    /// Signs a sample for the configured notification URL.
    public func sign(_ sample: inout Sample) {
        sample.setHeader("Content-Type", "application/json")
        sample.setHeader("User-Agent", "Square Connect v2")
        sample.setHeader("square-environment", "Production")
        sample.setHeader("square-initial-delivery-timestamp", Timestamp(seconds: sample.now).formatted())
        sample.setHeader(
            "x-square-hmacsha256-signature", keys.sign(prefix: notificationURL, body: sample.body[...]).base64)
    }

    /// Replaces `event_id` by a fresh UUID.
    public func renew(_ sample: inout Sample, serial: Int) {
        sample.replaceValues { document in
            [(document.member("event_id"), "\"\(FreshIdentity.uuid(serial: serial))\"")]
        }
    }
}

/// Mailchimp audience webhooks: no signature; a secret in the URL and, if the operator lists them, source addresses
/// (developer.mailchimp.com/marketing/guides/sync-audience-data-webhooks).
///
/// The secret is a query parameter (`?secret=…`) or what follows the source in the path (`/webhooks/mailchimp/…`).
/// What is configured must hold: the address list, the secret, or both.
public struct Mailchimp: NativeProvider {
    /// The name in configuration, metrics and events.
    public static let name = "mailchimp"
    /// The bundled rules of the field mapping.
    public static var mapping: String { MailchimpMapping.rules }
    /// A GET validates the address when the webhook is made.
    public static let answersHandshakes = true
    /// The secret may stand there.
    public let readsPathSuffix = true

    let settings: ProviderSettings
    /// Digests of the secrets: comparing digests hides the secrets' lengths as well as their bytes.
    private let secretDigests: [Digest]
    let parameter: [UInt8]

    /// Prepares the secrets; a source with neither secrets nor an address list would accept everyone and is refused.
    public init(_ settings: ProviderSettings) throws(InvalidSettings) {
        guard !settings.secrets.isEmpty || settings.allowedAddresses != nil else {
            throw InvalidSettings(
                key: "secrets",
                reason: "Mailchimp does not sign: put a secret into the webhook's URL and here, or set allowedAddresses"
            )
        }
        if let empty = settings.secrets.firstIndex(where: \.isEmpty) {
            throw InvalidSettings(key: "secrets[\(empty)]", reason: "the secret is empty; take a long random text")
        }
        guard !settings.secretParameter.isEmpty else {
            throw InvalidSettings(key: "secretParameter", reason: "the name is empty; the default is 'secret'")
        }
        self.settings = settings
        secretDigests = settings.secrets.map { SHA256Hash.digest(of: $0[...]) }
        parameter = Array(settings.secretParameter.utf8)
    }

    /// Proves a delivery authentic; 0 stands for "by its address alone", when no secret is configured.
    public func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int {
        if let allowed = settings.allowedAddresses {
            guard let peer = delivery.peer, allowed.contains(where: { $0.contains(peer) }) else {
                throw .addressNotAllowed
            }
        }
        guard !secretDigests.isEmpty else { return 0 }
        guard let candidate = candidate(in: delivery) else { throw .missing }
        guard let secret = match(candidate) else { throw .mismatch }
        return secret
    }

    /// One event a delivery: the form as JSON. Mailchimp gives no id, so the key is a hash of all decoded fields:
    /// two profile updates within one second differ in `merges` only. The account is the audience (`data[list_id]`).
    public func events(
        in delivery: Delivery, document: inout JSONDocument
    ) throws(MalformedBody) -> [ProviderEvent] {
        let form = try FormDecoder(delivery.body)
        try document.readBody(try form.json()[...])
        let type = try document.required("type", of: .root, path: "type")
        let data = document.member("data")
        let subject: StaticString =
            switch type {
            case "upemail": "new_id"
            case "cleaned": "email"
            default: "id"
            }
        let firedAt = document.member("fired_at").flatMap(document.plainContent(of:))
        let event = ProviderEvent(
            key: SHA256Hash.hex(of: form.canonicalForm[...]), type: type,
            // Without a zone; taken as UTC.
            time: firedAt.flatMap(Timestamp.init(zoneless:)),
            subject: document.string(of: document.member(subject, of: data)),
            account: document.string(of: document.member("list_id", of: data)),
            payload: .root)
        return [event]
    }

    /// Mailchimp validates the URL by a GET when the webhook is saved: 200, unless it carries a wrong secret.
    ///
    /// The address list is not applied, as the validator may come from elsewhere. A status of 401 has no body: the
    /// gateway's own problem document belongs there.
    public func handshake(_ delivery: Delivery) -> HandshakeReply? {
        guard delivery.method == "GET" || delivery.method == "HEAD" else { return nil }
        if !secretDigests.isEmpty, let candidate = candidate(in: delivery), match(candidate) == nil {
            return HandshakeReply(status: 401)
        }
        guard delivery.method == "GET" else { return HandshakeReply(status: 200) }
        return HandshakeReply(status: 200, contentType: "text/plain; charset=utf-8", body: Array("ok\n".utf8))
    }

    /// Puts the first secret into the sample's URL as the query parameter.
    public func sign(_ sample: inout Sample) {
        sample.setHeader("Content-Type", "application/x-www-form-urlencoded")
        sample.setHeader("User-Agent", "MailChimp")
        guard let secret = settings.secrets.first else { return }
        let encoded = String(decoding: PercentEncoding.encode(secret[...]), as: UTF8.self)
        let name = String(decoding: PercentEncoding.encode(parameter[...]), as: UTF8.self)
        sample.target = MailchimpTarget.setting(name, to: encoded, in: sample.target)
    }

    /// Replaces the field that tells the form's events apart, `data[id]` where there is one.
    public func renew(_ sample: inout Sample, serial: Int) {
        sample.body = MailchimpTarget.renewing(sample.body, identity: FreshIdentity.hex(serial: serial))
    }

    /// The secret as the URL has it, undecoded: the query parameter, else the rest of the path; nil without either.
    func candidate(in delivery: Delivery) -> ArraySlice<UInt8>? {
        if let value = QueryString.value(of: parameter, in: delivery.target) { return value }
        return delivery.pathSuffix.isEmpty ? nil : delivery.pathSuffix
    }

    /// Which secret the URL carries, counted from 1. All secrets are compared, whichever matches.
    func match(_ candidate: ArraySlice<UInt8>) -> Int? {
        // A secret pasted into the URL as it is may hold a '+', which is a space to some and itself to others.
        let plain = SHA256Hash.digest(of: PercentEncoding.decode(candidate, plusIsSpace: false)[...])
        let spaced =
            candidate.contains(UInt8(ascii: "+"))
            ? SHA256Hash.digest(of: PercentEncoding.decode(candidate, plusIsSpace: true)[...]) : plain
        var match: Int?
        for (index, digest) in secretDigests.enumerated() {
            let isMatch = plain == digest
            let isSpacedMatch = spaced == digest
            if isMatch || isSpacedMatch, match == nil { match = index + 1 }
        }
        return match
    }
}

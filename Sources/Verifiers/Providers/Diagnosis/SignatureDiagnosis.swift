/// Finds what a signature that does not match was made of: another form of the secret, or another form of the body.
///
/// Every guess is proven by computing it, so that a hint is never a mere possibility. This is for people, not for the
/// path of a webhook: it may compute hundreds of codes.
struct SignatureDiagnosis {
    /// Bodies beyond this are not rewritten: the guesses would take seconds.
    static let maximumBodyLength = 1 << 20

    /// The configured secrets.
    let secrets: [[UInt8]]
    /// The body as received.
    let body: ArraySlice<UInt8>
    /// Whether the received signature is what this key yields for this body.
    let matches: (HMACKey, ArraySlice<UInt8>) -> Bool

    /// The cause, if one was found.
    func cause() -> String? {
        secretCause() ?? bodyCause()
    }

    /// Whether any secret as it is yields the signature for this body.
    func matchesAnySecret(_ body: ArraySlice<UInt8>) -> Bool {
        keys(secrets).contains { matches($0, body) }
    }

    private func secretCause() -> String? {
        for (index, secret) in secrets.enumerated() {
            let name = secrets.count == 1 ? "the secret" : "secret \(index + 1)"
            for variant in SecretVariant.all(of: secret) {
                guard let key = HMACKey(variant.secret), matches(key, body) else { continue }
                return "the signature was made with \(name) \(variant.description)"
            }
        }
        return nil
    }

    private func bodyCause() -> String? {
        guard body.count <= Self.maximumBodyLength else { return nil }
        let keys = keys(secrets)
        for variant in BodyVariant.all(of: body) where keys.contains(where: { matches($0, variant.body[...]) }) {
            return "the body was altered on the way: the signature fits it \(variant.description); "
                + "pass on the raw bytes as they arrive"
        }
        return nil
    }

    private func keys(_ secrets: [[UInt8]]) -> [HMACKey] {
        secrets.compactMap { HMACKey($0) }
    }
}

/// Another text or bytes that people take a secret for.
struct SecretVariant {
    /// How it differs, to follow "made with the secret …".
    let description: String
    let secret: [UInt8]

    static func all(of secret: [UInt8]) -> [SecretVariant] {
        let trimmed = Array(secret[...].trimmingWhitespace)
        let prefix = Array("whsec_".utf8)
        let bare = trimmed.starts(with: prefix) ? Array(trimmed.dropFirst(prefix.count)) : trimmed
        func decoded(_ bytes: [UInt8]?) -> [UInt8] { bytes ?? [] }
        let variants = [
            SecretVariant(
                description: "without the white space around it: remove it from the configuration", secret: trimmed),
            SecretVariant(description: "followed by a line feed: the sender's copy has one", secret: secret + [0x0A]),
            SecretVariant(
                description: "base64-decoded after 'whsec_', as Svix does: this provider uses the text as it is",
                secret: bare == trimmed
                    ? [] : decoded(Base64.decode(bare[...]) ?? Base64.decode(bare[...], alphabet: .urlSafe))),
            SecretVariant(description: "without its prefix 'whsec_'", secret: bare),
            SecretVariant(
                description: "with the prefix 'whsec_', which the configuration lacks", secret: prefix + trimmed),
            SecretVariant(
                description: "base64-decoded: this provider uses the text as it is",
                secret: decoded(Base64.decode(trimmed[...]))),
            SecretVariant(
                description: "hex-decoded: this provider uses the text as it is", secret: decoded(Hex.decode(bare[...]))
            ),
            SecretVariant(
                description: "in base64: the configuration holds what it decodes to", secret: Base64.encode(secret[...])
            ),
        ]
        return variants.filter { !$0.secret.isEmpty && $0.secret != secret }
    }
}

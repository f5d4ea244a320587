import Verifiers

/// A secret that the gateway makes up for a source, where its provider takes one that the receiver chooses.
enum SourceSecret {
    /// Random bytes of a made-up secret.
    private static let length = 24

    /// A new secret in the form that the provider's secrets have.
    static func make(for provider: String) -> String {
        let bytes = EntropySource.bytes(length)
        if provider == "standard-webhooks" || prefixed.contains(provider) {
            return "whsec_" + String(decoding: Base64.encode(bytes[...]), as: UTF8.self)
        }
        return String(decoding: Base64.encode(bytes[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
    }

    private static let prefixed: Set<String> = ["svix", "resend", "stripe"]
}

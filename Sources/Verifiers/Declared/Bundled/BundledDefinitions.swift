/// The one list of bundled definitions. A new provider is a file beside this one and a line here.
public enum BundledDefinitions {
    /// A definition's text; read when a source needs it.
    public struct Text: Sendable {
        /// The provider's name.
        public let name: String
        /// The definition as JSON5 (docs/add-a-provider.md).
        public let json5: String
    }

    /// Every bundled definition.
    public static let all: [Text] = [
        standardWebhooks, svix, resend, gitHub, shopify, meta, sendGrid, mailgun, mandrill,
        hubSpot, salesforce, x, linkedIn, pancake, hmac, sharedSecret, none,
    ]

    /// The definition of that name.
    public static func named(_ name: String) -> Text? {
        all.first { $0.name == name }
    }
}

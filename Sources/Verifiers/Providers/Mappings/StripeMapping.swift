/// The bundled rules for Stripe.
enum StripeMapping {
    /// The rules as JSON5.
    static let rules = "{ rules: [] }"
}

/// The one list of providers. A new provider is a file in `Providers/` and a word here.
public enum ProviderCatalog {
    /// Every provider there is.
    public static let all: [any Provider.Type] = [Stripe.self, Square.self, QuickBooks.self, Mailchimp.self]

    /// The provider of that name.
    public static func named(_ name: String) -> (any Provider.Type)? {
        all.first { $0.name == name }
    }
}

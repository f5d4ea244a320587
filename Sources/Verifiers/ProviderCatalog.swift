/// The one list of providers written in Swift. A new one is a file in `Providers/` and a word here; a provider that a
/// definition can express is a file in `Declared/Bundled/` and a line in `BundledDefinitions`.
public enum ProviderCatalog {
    /// Every provider written in Swift.
    public static let all: [any NativeProvider.Type] = [Stripe.self, Square.self, QuickBooks.self, Mailchimp.self]

    /// The provider of that name.
    public static func named(_ name: String) -> (any NativeProvider.Type)? {
        all.first { $0.name == name }
    }

    /// The names of all providers that are bundled, in Swift and as definitions.
    public static var names: [String] { all.map { $0.name } + BundledDefinitions.all.map(\.name) }
}

/// The bundled rules for QuickBooks.
enum QuickBooksMapping {
    /// The rules as JSON5.
    static let rules = "{ rules: [] }"
}

/// The bundled rules for Square.
enum SquareMapping {
    /// The rules as JSON5.
    static let rules = "{ rules: [] }"
}

/// Canonical types in the styles that services name events in.
enum EventName {
    /// `order.completed` → `Order Completed`, `quickbooks.Vendor.Update` → `Quickbooks Vendor Update`.
    static func titleCase(_ type: String) -> String { words(type).map(capitalized).joined(separator: " ") }

    /// `payment.failed` → `PaymentFailed`.
    static func pascalCase(_ type: String) -> String { words(type).map(capitalized).joined() }

    /// `payment.failed` → `payment_failed`; letters, digits and underscores of ASCII only.
    static func snakeCase(_ type: String) -> String {
        words(type).map { $0.lowercased().filter { $0.isASCII } }.filter { !$0.isEmpty }.joined(separator: "_")
    }

    private static func words(_ type: String) -> [Substring] {
        type.split { !$0.isLetter && !$0.isNumber }
    }

    private static func capitalized(_ word: Substring) -> String {
        word.prefix(1).uppercased() + word.dropFirst()
    }
}

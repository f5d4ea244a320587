/// An event that a mapping cannot make: every field that failed, and why. The delivery is quarantined, never lost.
struct MappingFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// One field that failed.
    struct Field: Error, Equatable, Sendable, CustomStringConvertible {
        /// The field of the event ("amount", "items[2].price", "subject").
        var target: String
        /// The paths it would have come from.
        var sources: [String]
        /// What stands at each path, by its shape and never by its value: payloads hold personal data.
        var found: [String]
        /// What is wrong.
        var reason: String

        /// "amount: it is required and no source has a value (amount_received: nothing)".
        var description: String {
            found.isEmpty ? "\(target): \(reason)" : "\(target): \(reason) (\(found.joined(separator: "; ")))"
        }
    }

    /// The rule's name.
    var rule: String
    /// The provider's type of the event.
    var providerType: String
    var fields: [Field]

    /// One line that names the rule and each field.
    var description: String {
        "\(providerType) does not fit the rule \"\(rule)\": " + fields.map(\.description).joined(separator: ", ")
    }
}

/// An event from which no payload can be made by a mapping: every field that stands in the way, and why.
struct InverseFailure: Error, Equatable, Sendable, CustomStringConvertible {
    struct Field: Equatable, Sendable, CustomStringConvertible {
        /// The field of the event ("customer.email", "items[2].price").
        var target: String
        var reason: String

        var description: String { "\(target): \(reason)" }
    }

    /// The event's type.
    var type: String
    /// The rule's name; nil when no rule makes the type.
    var rule: String?
    var fields: [Field]

    /// One line that names the rule and each field.
    var description: String {
        let reasons = fields.map(\.description).joined(separator: ", ")
        guard let rule else { return "\(type) has no inverse: \(reasons)" }
        return "\(type) has no inverse by the rule \"\(rule)\": \(reasons)"
    }
}

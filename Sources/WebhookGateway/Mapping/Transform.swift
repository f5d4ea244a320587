import Verifiers

/// One step of a chain that turns a payload's value into the event's.
///
/// A step gets a value that is there and returns what it becomes; nil means that nothing is left (an empty text, a
/// place that a list does not have). A value that a step cannot work on is a problem and fails the field.
enum Transform: Sendable {
    case trim
    /// `from` is how the provider writes it, which only the inverse needs.
    case lowercase(from: LetterCase?)
    case uppercase(from: LetterCase?)
    case integer, decimal, boolean
    case timestamp(TimestampUnit)
    case minorUnits(Currency, CurrencyExponents.Scale)
    case majorUnits(Currency)
    case sha256
    case split(separator: [UInt8], at: Int?)
    case join(separator: [UInt8])
    case lookup(LookupTable)
    case concat(before: [UInt8], after: [UInt8])
    case mask(Mask)
    case constant(Constant)

    /// What a number of a timestamp counts; every unit accepts RFC 3339, which `rfc3339` says the provider sends.
    enum TimestampUnit: String, CaseIterable, Sendable {
        case seconds, milliseconds, rfc3339
    }

    enum LetterCase: String, CaseIterable, Sendable {
        case lowercase, uppercase
    }

    /// Where an amount's currency is.
    enum Currency: Sendable {
        /// At a path of the payload, from where the amount's path starts.
        case path(FieldPath)
        /// The same for every event.
        case code(CurrencyCode)
        /// The value is an object of `amount` and `currency`, as Square's are.
        case member
    }

    /// A list's elements are transformed one by one, except by the steps that are about lists.
    func apply(to value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        guard case .list(let values) = value else { return try applyToOne(value, scope) }
        switch self {
        case .join(let separator): return try Self.joined(values, separator, scope)
        case .constant(let constant): return constant.value
        case .trim, .lowercase, .uppercase, .integer, .decimal, .boolean, .timestamp, .minorUnits, .majorUnits, .sha256,
            .split, .lookup, .concat, .mask:
            var results: [MappedValue] = []
            for value in values {
                if let result = try apply(to: value, scope), !result.isAbsent(in: scope.document) {
                    results.append(result)
                }
            }
            return .list(results)
        }
    }

    private func applyToOne(
        _ value: MappedValue, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        switch self {
        case .trim: Self.trimmed(value, scope)
        case .lowercase: Self.recased(value, scope, lower: true)
        case .uppercase: Self.recased(value, scope, lower: false)
        case .integer: try Self.integer(value, scope)
        case .decimal: try Self.decimal(value, scope)
        case .boolean: try Self.boolean(value, scope)
        case .timestamp(let unit): try Self.timestamp(value, unit, scope)
        case .minorUnits(let currency, let scale): try Self.money(minor: value, currency, scale, scope)
        case .majorUnits(let currency): try Self.money(major: value, currency, scope)
        case .sha256: try Self.hashed(value, scope)
        case .split(let separator, let place): try Self.split(value, separator, place, scope)
        case .join: value
        case .lookup(let table): try table.value(for: value, scope)
        case .concat(let before, let after): .text(before + (try Self.text(value, scope)) + after)
        case .mask(let mask): .text(mask.masked(try Self.text(value, scope)))
        case .constant(let constant): constant.value
        }
    }

    /// The value's text; structures have none.
    static func text(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> [UInt8] {
        guard let text = value.scalarText(in: scope.document) else {
            throw TransformProblem("it is \(value.shape(in: scope.document)), not a text, number or boolean")
        }
        return text
    }
}

/// Why a step cannot work on a value; says its shape, never the value.
struct TransformProblem: Error, Equatable, Sendable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Where a mapping reads: the document, what the provider says of the event, and where paths start.
struct MappingScope {
    let document: JSONDocument
    let event: ProviderEvent
    /// Where the rule's paths start; nil when the payload has nothing there.
    var base: JSONDocument.Node?

    var payload: JSONDocument.Node { event.payload }
}

/// Reads a destination's `settings`; what is absent has the default that its card states.
struct DestinationSettings {
    private let values: [String: JSONValue]

    init(_ configuration: DestinationConfiguration) { values = configuration.settings }

    func text(_ name: String) throws(InvalidDestination) -> String? {
        switch values[name] {
        case nil, .null: return nil
        case .text(let text) where !text.isEmpty: return text
        case .some(let value): throw wrong(name, "a text that is not empty", value)
        }
    }

    func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(InvalidDestination) -> Int {
        switch values[name] {
        case nil: return standard
        case .integer(let number) where range.contains(number): return number
        case .some(let value):
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
    }

    func boolean(_ name: String, default standard: Bool) throws(InvalidDestination) -> Bool {
        switch values[name] {
        case nil: return standard
        case .boolean(let value): return value
        case .some(let value): throw wrong(name, "true or false", value)
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default standard: Choice
    ) throws(InvalidDestination) -> Choice where Choice.RawValue == String {
        switch values[name] {
        case nil: return standard
        case .text(let text):
            if let choice = Choice(rawValue: text) { return choice }
            fallthrough
        case .some:
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(name, "one of \(choices)", values[name] ?? .null)
        }
    }

    func texts(_ name: String, default standard: [String]) throws(InvalidDestination) -> [String] {
        guard let value = values[name] else { return standard }
        guard case .array(let elements) = value else { throw wrong(name, "a list of texts", value) }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element else { throw wrong(name, "a list of texts", value) }
            texts.append(text)
        }
        return texts
    }

    private func wrong(_ name: String, _ expected: String, _ found: JSONValue) -> InvalidDestination {
        InvalidDestination(key: "settings.\(name)", reason: "expected \(expected), found \(found.kind)")
    }
}

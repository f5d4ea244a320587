import Verifiers

extension Transform {
    /// A whole number, from a number or a text of one (`12`, `"12"`, `12.0`).
    static func integer(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        if case .node(let node) = value, scope.document.integer(of: node) != nil { return value }
        guard let text = blankFree(try number(value, scope)) else { return nil }
        guard let whole = DecimalText(text)?.scaled(byPowerOfTen: 0) else {
            throw TransformProblem("it is no whole number of at most 64 bits")
        }
        var output: [UInt8] = []
        JSONWriter.append(whole, to: &output)
        return .number(output)
    }

    /// A number with all its digits, from a number or a text of one; never through floating point.
    static func decimal(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        if case .node(let node) = value, scope.document.kind(of: node) == .number { return value }
        if case .number = value { return value }
        guard let text = blankFree(try number(value, scope)) else { return nil }
        guard let decimal = DecimalText(text) else { throw TransformProblem("it is no decimal number such as 19.99") }
        var output: [UInt8] = []
        decimal.append(to: &output)
        return .number(output)
    }

    /// A boolean, from one, from 1 and 0, or from the words for them.
    static func boolean(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        guard let text = blankFree(try text(value, scope)) else { return nil }
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "true", "1", "yes", "on": return .boolean(true)
        case "false", "0", "no", "off": return .boolean(false)
        default: throw TransformProblem("it is none of true, false, 1, 0, yes, no, on, off")
        }
    }

    /// An amount counted in minor units.
    static func money(
        minor value: MappedValue, _ currency: Currency, _ scale: CurrencyExponents.Scale, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        guard let (amount, code) = try amount(value, currency, scope) else { return nil }
        if case .node(let node) = amount, let minor = scope.document.integer(of: node) {
            return .money(try Money(minor: minor, currency: code, scale: scale))
        }
        guard let minor = DecimalText(try number(amount, scope))?.scaled(byPowerOfTen: 0) else {
            throw TransformProblem("it is no whole number of minor units; an amount such as 19.99 takes majorUnits")
        }
        return .money(try Money(minor: minor, currency: code, scale: scale))
    }

    /// An amount as a decimal number of major units.
    static func money(
        major value: MappedValue, _ currency: Currency, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        guard let (amount, code) = try amount(value, currency, scope) else { return nil }
        return .money(try Money(major: try number(amount, scope), currency: code))
    }

    /// Number and currency of an amount; nil unless both are stated.
    private static func amount(
        _ value: MappedValue, _ currency: Currency, _ scope: MappingScope
    ) throws(TransformProblem) -> (MappedValue, CurrencyCode)? {
        let document = scope.document
        let holder: JSONDocument.Node?
        var amount = value
        switch currency {
        case .code(let code): return (value, code)
        case .path(let path): holder = path.node(in: scope)
        case .member:
            guard case .node(let node) = value, document.kind(of: node) == .object else {
                throw TransformProblem("it is \(value.shape(in: document)), not an object of amount and currency")
            }
            guard let number = document.member("amount", of: node) else { return nil }
            amount = .node(number)
            holder = document.member("currency", of: node)
        }
        guard let holder, !MappedValue.isAbsent(holder, in: document), !amount.isAbsent(in: document) else {
            return nil
        }
        guard let text = document.plainContent(of: holder), let code = CurrencyCode(text) else {
            throw TransformProblem(
                "its currency is \(MappedValue.shape(of: holder, in: document)), not a code such as USD")
        }
        return (amount, code)
    }

    /// The text of a number or of a text; a boolean is no number.
    private static func number(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> [UInt8] {
        if case .node(let node) = value, scope.document.kind(of: node) == .boolean {
            throw TransformProblem("it is a boolean, not a number")
        }
        return try text(value, scope)
    }

    /// The text without spaces around it; nil when nothing is left.
    private static func blankFree(_ text: [UInt8]) -> ArraySlice<UInt8>? {
        var rest = text[...]
        while let byte = rest.first, byte <= 0x20 { rest.removeFirst() }
        while let byte = rest.last, byte <= 0x20 { rest.removeLast() }
        return rest.isEmpty ? nil : rest
    }
}

import Verifiers

extension Transform {
    /// Why the step cannot be undone; nil when it can. What it says follows "cannot be undone: ".
    var obstacle: String? {
        switch self {
        case .trim: "the white space that stood around the text is lost"
        case .lowercase(from: nil):
            "which letters were capitals is lost; if the provider writes capitals only, say "
                + "{ lowercase: { from: \"uppercase\" } }"
        case .uppercase(from: nil):
            "which letters were capitals is lost; if the provider writes small letters only, "
                + "say { uppercase: { from: \"lowercase\" } }"
        case .sha256: "a hash does not tell what it was made of"
        case .mask: "what the stars hide is lost"
        case .constant: "it puts one value in place of any other"
        case .split(_, at: .some): "the other parts of the text are lost"
        case .join(let separator) where separator.isEmpty: "without a separator nothing says where the parts end"
        case .lookup(let table): table.obstacle
        case .lowercase, .uppercase, .integer, .decimal, .boolean, .timestamp, .minorUnits, .majorUnits, .split, .join,
            .concat:
            nil
        }
    }

    /// The step's name in a mapping.
    var name: String {
        switch self {
        case .trim: "trim"
        case .lowercase: "lowercase"
        case .uppercase: "uppercase"
        case .integer: "integer"
        case .decimal: "decimal"
        case .boolean: "boolean"
        case .timestamp: "timestamp"
        case .minorUnits: "minorUnits"
        case .majorUnits: "majorUnits"
        case .sha256: "sha256"
        case .split: "split"
        case .join: "join"
        case .lookup: "lookup"
        case .concat: "concat"
        case .mask: "mask"
        case .constant: "constant"
        }
    }

    /// What the step made `value` of. `currencies` gets what an amount's currency is at its path; with the currency
    /// beside the amount, at nil.
    func undone(
        _ value: MappedValue, _ scope: MappingScope, _ currencies: inout [(path: FieldPath?, code: [UInt8])]
    ) throws(TransformProblem) -> MappedValue {
        if case .list(let values) = value {
            if case .split(let separator, at: nil) = self { return try Self.rejoined(values, separator, scope) }
            var results: [MappedValue] = []
            for value in values { results.append(try undone(value, scope, &currencies)) }
            return .list(results)
        }
        switch self {
        case .lowercase(let original): return try Self.recased(value, lower: true, original, scope)
        case .uppercase(let original): return try Self.recased(value, lower: false, original, scope)
        case .integer:
            guard case .node(let node) = value, scope.document.integer(of: node) != nil else {
                throw Self.unlike(value, "a whole number", scope)
            }
            return value
        case .decimal:
            guard case .node(let node) = value, scope.document.kind(of: node) == .number else {
                throw Self.unlike(value, "a number", scope)
            }
            return value
        case .boolean:
            guard case .node(let node) = value, scope.document.kind(of: node) == .boolean else {
                throw Self.unlike(value, "a boolean", scope)
            }
            return value
        case .timestamp(let unit): return try Self.untimed(value, unit, scope)
        case .minorUnits(let currency, let scale):
            let money = try Self.money(value, scope)
            try Self.part(money, currency, scale, &currencies)
            var text: [UInt8] = []
            JSONWriter.append(try money.minor(in: scale), to: &text)
            return .number(text)
        case .majorUnits(let currency):
            let money = try Self.money(value, scope)
            try Self.part(money, currency, .iso, &currencies)
            return .text(money.decimal)
        case .split: throw Self.unlike(value, "a list", scope)
        case .join(let separator): return .list(Self.parts(try Self.text(value, scope), separator).map { .text($0) })
        case .lookup(let table): return try table.undone(value, scope)
        case .concat(let before, let after):
            let text = try Self.text(value, scope)
            guard text.count > before.count + after.count, text.starts(with: before),
                text.suffix(after.count).elementsEqual(after)
            else { throw TransformProblem("it does not stand between the texts that concat puts around it") }
            return .text(Array(text[before.count..<text.count - after.count]))
        case .trim, .sha256, .mask, .constant: throw TransformProblem("\(name) cannot be undone: \(obstacle ?? "")")
        }
    }

    private static func unlike(_ value: MappedValue, _ expected: String, _ scope: MappingScope) -> TransformProblem {
        TransformProblem("it is \(value.shape(in: scope.document)) where the rule makes \(expected)")
    }

    /// The text with the letters the provider has; it must be as the step would have left it.
    private static func recased(
        _ value: MappedValue, lower: Bool, _ original: LetterCase?, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue {
        let text = value.scalarText(in: scope.document)
        guard text == Self.recased(value, scope, lower: lower).scalarText(in: scope.document) else {
            throw TransformProblem("it is not in \(lower ? "lower" : "upper") case, as the rule makes it")
        }
        guard let original else { throw TransformProblem("which letters were capitals is lost") }
        return Self.recased(value, scope, lower: original == .lowercase)
    }

    private static func untimed(
        _ value: MappedValue, _ unit: TimestampUnit, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue {
        guard let text = value.scalarText(in: scope.document), let moment = Timestamp(rfc3339: text[...]) else {
            throw unlike(value, "a time in RFC 3339", scope)
        }
        switch unit {
        case .rfc3339: return .text(text)
        case .seconds: return .number(moment.unixText(fractionDigits: 9))
        case .milliseconds: return .number(moment.unixText(fractionDigits: 6))
        }
    }

    /// An amount of our own form.
    private static func money(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> Money {
        guard case .node(let node) = value,
            let minor = scope.document.integer(of: scope.document.member("minor", of: node)),
            let code = scope.document.member("currency", of: node).flatMap({ scope.document.plainContent(of: $0) }),
            let currency = CurrencyCode(code)
        else { throw unlike(value, "an amount, { minor, currency, decimal }", scope) }
        return Money(minor: minor, currency: currency)
    }

    /// Notes where an amount's currency goes.
    private static func part(
        _ money: Money, _ currency: Currency, _ scale: CurrencyExponents.Scale,
        _ currencies: inout [(path: FieldPath?, code: [UInt8])]
    ) throws(TransformProblem) {
        let code = money.currency.text(in: scale)
        switch currency {
        case .path(let path): currencies.append((path, code))
        case .member: currencies.append((nil, code))
        case .code(let fixed):
            if fixed != money.currency { throw TransformProblem("its currency is not the one that the rule states") }
        }
    }

    private static func rejoined(
        _ values: [MappedValue], _ separator: [UInt8], _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue {
        var output: [UInt8] = []
        for value in values {
            let part = try text(value, scope)
            if parts(part, separator).count > 1 { throw TransformProblem("an element holds the separator") }
            if !output.isEmpty { output.append(contentsOf: separator) }
            output.append(contentsOf: part)
        }
        return .text(output)
    }

    /// The parts of a text between separators, which are not empty.
    static func parts(_ text: [UInt8], _ separator: [UInt8]) -> [[UInt8]] {
        ranges(of: text, between: separator).map { Array(text[$0]) }
    }
}

extension LookupTable {
    /// Why the table cannot be read backwards; nil when it can.
    var obstacle: String? {
        if case .constant = otherwise { return "whatever is not in the table becomes one value" }
        let results = entries.values.map(\.text)
        let twice = Dictionary(grouping: results) { $0 }.filter { $0.value.count > 1 }.keys
        guard let result = twice.map({ String(decoding: $0, as: UTF8.self) }).min() else { return nil }
        return "several entries of the table become \(TextRule.quoted(result))"
    }

    /// The word that stands for a value.
    func undone(_ value: MappedValue, _ scope: MappingScope) throws(TransformProblem) -> MappedValue {
        let text = try Transform.text(value, scope)
        if let entry = entries.first(where: { $0.value.text == text }) { return .text(entry.key) }
        if case .keep = otherwise { return value }
        throw TransformProblem("no entry of the lookup table becomes it")
    }
}

extension Timestamp {
    /// Unix time as a number: with nine fraction digits in seconds, with six in milliseconds; superfluous ones left out.
    fileprivate func unixText(fractionDigits: Int) -> [UInt8] {
        var text: [UInt8] = []
        let unit: Int64 = fractionDigits == 9 ? 1 : 1000
        var divisor: Int64 = 1
        for _ in 0..<fractionDigits { divisor *= 10 }
        var (whole, fraction) = Int64(nanoseconds).quotientAndRemainder(dividingBy: divisor)
        whole += seconds * unit
        // Below zero the fraction counts downwards.
        if whole < 0, fraction > 0 { (whole, fraction) = (whole + 1, divisor - fraction) }
        if whole == 0, seconds < 0 { text.append(UInt8(ascii: "-")) }
        JSONWriter.append(whole, to: &text)
        guard fraction > 0 else { return text }
        text.append(UInt8(ascii: "."))
        while fraction > 0 {
            divisor /= 10
            text.append(UInt8(ascii: "0") + UInt8(fraction / divisor))
            fraction %= divisor
        }
        return text
    }
}

import Verifiers

/// An amount in ISO 4217 minor units, computed in integers only.
struct Money: Equatable, Sendable {
    let minor: Int64
    let currency: CurrencyCode

    /// Takes an amount as it is.
    init(minor: Int64, currency: CurrencyCode) {
        self.minor = minor
        self.currency = currency
    }

    /// Takes an amount that a provider counts in its own minor units.
    init(minor: Int64, currency: CurrencyCode, scale: CurrencyExponents.Scale) throws(TransformProblem) {
        let surplus = CurrencyExponents.iso(currency) - CurrencyExponents.exponent(of: currency, in: scale)
        if surplus >= 0 {
            self.minor = try Self.scaled(minor, by: surplus)
        } else {
            let (quotient, remainder) = minor.quotientAndRemainder(dividingBy: try Self.scaled(1, by: -surplus))
            guard remainder == 0 else { throw TransformProblem("it is no whole number of the currency's minor units") }
            self.minor = quotient
        }
        self.currency = currency
    }

    /// Takes a decimal number of major units: `19.99`, `-5`, `1.50`.
    init(major text: some Collection<UInt8>, currency: CurrencyCode) throws(TransformProblem) {
        let exponent = CurrencyExponents.iso(currency)
        guard let number = DecimalText(text) else { throw TransformProblem("it is no decimal number such as 19.99") }
        guard let minor = number.scaled(byPowerOfTen: exponent) else {
            throw TransformProblem("it is too large, or has more decimals than the currency and is not rounded")
        }
        self.minor = minor
        self.currency = currency
    }

    /// The amount in a provider's own minor units.
    func minor(in scale: CurrencyExponents.Scale) throws(TransformProblem) -> Int64 {
        let surplus = CurrencyExponents.iso(currency) - CurrencyExponents.exponent(of: currency, in: scale)
        guard surplus > 0 else { return try Self.scaled(minor, by: -surplus) }
        let (quotient, remainder) = minor.quotientAndRemainder(dividingBy: try Self.scaled(1, by: surplus))
        guard remainder == 0 else { throw TransformProblem("the provider cannot count so small an amount") }
        return quotient
    }

    /// The amount in major units, "19.99".
    var decimal: [UInt8] {
        var output = ByteBuffer()
        appendDecimal(to: &output)
        return output.bytes
    }

    /// Appends `{"minor":1999,"currency":"USD","decimal":"19.99"}`.
    func append(to output: inout ByteBuffer) {
        output.append(literal: "{\"minor\":")
        JSONWriter.append(minor, to: &output)
        output.append(literal: ",\"currency\":\"")
        currency.append(to: &output)
        output.append(literal: "\",\"decimal\":\"")
        appendDecimal(to: &output)
        output.append(literal: "\"}")
    }

    /// Appends the amount in major units with exactly the currency's decimals.
    private func appendDecimal(to output: inout ByteBuffer) {
        let exponent = CurrencyExponents.iso(currency)
        if minor < 0 { output.append(UInt8(ascii: "-")) }
        var unit: UInt64 = 1
        for _ in 0..<exponent { unit *= 10 }
        let (whole, fraction) = minor.magnitude.quotientAndRemainder(dividingBy: unit)
        JSONWriter.append(unsigned: whole, to: &output)
        guard exponent > 0 else { return }
        output.append(UInt8(ascii: "."))
        var divisor = unit / 10
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / divisor % 10))
            divisor /= 10
        }
    }

    private static func scaled(_ value: Int64, by powerOfTen: Int) throws(TransformProblem) -> Int64 {
        var result = value
        for _ in 0..<powerOfTen {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { throw TransformProblem("it is too large") }
            result = product
        }
        return result
    }
}

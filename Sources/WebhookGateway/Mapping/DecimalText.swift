/// A decimal number as it is written: sign, digits, fraction. Exact: never a floating point number.
struct DecimalText: Equatable, Sendable {
    let isNegative: Bool
    /// All digits, those of the fraction included; at least one.
    let digits: [UInt8]
    /// How many of the digits are the fraction's.
    let fractionCount: Int

    /// Takes `12`, `-12.50`, `+0.5`; nil for everything else, exponents too.
    init?(_ text: some Collection<UInt8>) {
        var rest = text[...]
        let sign = rest.first
        isNegative = sign == UInt8(ascii: "-")
        if isNegative || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var digits: [UInt8] = []
        digits.reserveCapacity(rest.count)
        var pointAt: Int?
        for byte in rest {
            if byte == UInt8(ascii: "."), pointAt == nil, !digits.isEmpty {
                pointAt = digits.count
            } else if byte &- 0x30 < 10 {
                digits.append(byte - 0x30)
            } else {
                return nil
            }
        }
        guard !digits.isEmpty, pointAt != digits.count else { return nil }
        fractionCount = pointAt.map { [count = digits.count] point in count - point } ?? 0
        self.digits = digits
    }

    /// The number times 10^power, when that is whole and fits.
    func scaled(byPowerOfTen power: Int) -> Int64? {
        var value: Int64 = 0
        let wholeCount = digits.count - fractionCount + power
        for index in 0..<max(wholeCount, digits.count) {
            let digit = index < digits.count ? digits[index] : 0
            if index >= wholeCount {
                guard digit == 0 else { return nil }
                continue
            }
            // Built downwards because Int64.min has no positive twin.
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (difference, underflow) = product.subtractingReportingOverflow(Int64(digit))
            if overflow || underflow { return nil }
            value = difference
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// Appends the number as JSON, without superfluous leading zeros or sign.
    func append(to output: inout [UInt8]) {
        if isNegative { output.append(UInt8(ascii: "-")) }
        let wholeCount = digits.count - fractionCount
        let leading = digits.prefix(wholeCount - 1).prefix { $0 == 0 }.count
        for index in leading..<digits.count {
            if index == wholeCount { output.append(UInt8(ascii: ".")) }
            output.append(UInt8(ascii: "0") + digits[index])
        }
    }
}

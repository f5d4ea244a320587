import Verifiers

extension Transform {
    /// A moment in RFC 3339, UTC: from Unix time, RFC 3339 with any offset, or `YYYY-MM-DD HH:MM:SS` taken as UTC.
    static func timestamp(
        _ value: MappedValue, _ unit: TimestampUnit, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        guard let moment = moment(value, unit, scope) else {
            throw TransformProblem("it is \(value.shape(in: scope.document)) that is neither Unix time nor RFC 3339")
        }
        var output: [UInt8] = []
        moment.append(to: &output, precision: .exact)
        return .text(output)
    }

    /// The moment a value names; nil when it names none.
    static func moment(_ value: MappedValue, _ unit: TimestampUnit, _ scope: MappingScope) -> Timestamp? {
        guard let text = value.scalarText(in: scope.document) else { return nil }
        if let moment = Timestamp(rfc3339: text[...]) ?? Timestamp(zoneless: text[...]) { return moment }
        guard let number = DecimalText(text) else { return nil }
        if unit != .milliseconds, let seconds = number.scaled(byPowerOfTen: 0) {
            let moment = Timestamp(seconds: seconds)
            return moment.isRepresentable ? moment : nil
        }
        guard let total = number.scaled(byPowerOfTen: unit == .milliseconds ? 6 : 9) else { return nil }
        let second: Int64 = 1_000_000_000
        let seconds = total >= 0 ? total / second : (total - second + 1) / second
        let moment = Timestamp(seconds: seconds, nanoseconds: Int32(total - seconds * second))
        return moment.isRepresentable ? moment : nil
    }
}

extension Timestamp {
    /// How many fractional digits a formatted moment has.
    public enum Precision: Sendable {
        /// `2026-11-21T08:41:00Z`.
        case seconds
        /// `2026-11-21T08:41:00.123Z`.
        case milliseconds
        /// As many groups of three digits as the moment needs: none, 3, 6 or 9.
        case exact
    }

    /// Appends the moment in RFC 3339, UTC, to `output`; years outside 0001 ... 9999 are held at the nearest bound.
    public func append(to output: inout [UInt8], precision: Precision = .seconds) {
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let date = CivilDate.date(daysSinceEpoch: days)
        Self.append(date.year, digits: 4, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &output)
        output.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &output)
        output.append(UInt8(ascii: "T"))
        Self.append(time / 3600, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(time / 60 % 60, digits: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        Self.append(time % 60, digits: 2, to: &output)
        appendFraction(precision, to: &output)
        output.append(UInt8(ascii: "Z"))
    }

    /// The moment in RFC 3339, UTC.
    public func formatted(_ precision: Precision = .seconds) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        append(to: &bytes, precision: precision)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func appendFraction(_ precision: Precision, to output: inout [UInt8]) {
        let nanoseconds = Int64(nanoseconds)
        let digits: Int
        switch precision {
        case .seconds: digits = 0
        case .milliseconds: digits = 3
        case .exact:
            digits = nanoseconds == 0 ? 0 : nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1000 == 0 ? 6 : 9
        }
        guard digits > 0 else { return }
        output.append(UInt8(ascii: "."))
        let divisor: Int64 = digits == 3 ? 1_000_000 : digits == 6 ? 1000 : 1
        Self.append(nanoseconds / divisor, digits: digits, to: &output)
    }

    private static func append(_ value: Int64, digits: Int, to output: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}

/// The proleptic Gregorian calendar as arithmetic (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
enum CivilDate {
    /// Days from 1970-01-01 to a date.
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        // Years begin in March, so that the leap day is the last of its year; eras are the calendar's 400-year period.
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date that many days after 1970-01-01.
    static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The length of a month.
    static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

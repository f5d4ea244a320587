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
        output.append(addingCapacity: Self.longestText) { span in
            span.withUnsafeMutableBufferPointer { text, count in
                count = write(to: text, precision)
            }
        }
    }

    /// Appends the moment as it is appended to an array.
    public func append(to output: inout ByteBuffer, precision: Precision = .seconds) {
        output.append(room: Self.longestText) { write(to: $0, precision) }
    }

    /// `0001-01-01T00:00:00.000000000Z`, in bytes.
    private static let longestText = 30

    /// Writes the text, of `longestText` bytes at most; returns its length.
    private func write(to text: UnsafeMutableBufferPointer<UInt8>, _ precision: Precision) -> Int {
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let date = CivilDate.date(daysSinceEpoch: days)
        let fraction = fraction(precision)
        var count = 0
        Self.write(date.year, digits: 4, to: text, before: &count, "-")
        Self.write(date.month, digits: 2, to: text, before: &count, "-")
        Self.write(date.day, digits: 2, to: text, before: &count, "T")
        Self.write(time / 3600, digits: 2, to: text, before: &count, ":")
        Self.write(time / 60 % 60, digits: 2, to: text, before: &count, ":")
        Self.write(time % 60, digits: 2, to: text, before: &count, fraction.count > 0 ? "." : "Z")
        if fraction.count > 0 { Self.write(fraction.value, digits: fraction.count, to: text, before: &count, "Z") }
        return count
    }

    /// The moment in RFC 3339, UTC.
    public func formatted(_ precision: Precision = .seconds) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        append(to: &bytes, precision: precision)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The digits after the point, as a number of that many places.
    private func fraction(_ precision: Precision) -> (value: Int64, count: Int) {
        let nanoseconds = Int64(nanoseconds)
        switch precision {
        case .seconds: return (0, 0)
        case .milliseconds: return (nanoseconds / 1_000_000, 3)
        case .exact:
            if nanoseconds == 0 { return (0, 0) }
            if nanoseconds % 1_000_000 == 0 { return (nanoseconds / 1_000_000, 3) }
            return nanoseconds % 1000 == 0 ? (nanoseconds / 1000, 6) : (nanoseconds, 9)
        }
    }

    /// Writes a number with leading zeros and what follows it.
    @inline(__always)
    private static func write(
        _ value: Int64, digits: Int, to text: UnsafeMutableBufferPointer<UInt8>, before count: inout Int,
        _ mark: Unicode.Scalar
    ) {
        var rest = UInt64(truncatingIfNeeded: value)
        for place in stride(from: count + digits - 1, through: count, by: -1) {
            text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[count + digits] = UInt8(ascii: mark)
        count += digits + 1
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

/// Dates in HTTP's preferred format, "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 §5.6.7).
enum HTTPDate {
    /// Appends the date of these Unix seconds; years 0 to 9999.
    static func append(_ unixSeconds: Int64, to output: inout [UInt8]) {
        let days = Int(unixSeconds.dividingRounded(down: 86400))
        let second = Int(unixSeconds - Int64(days) * 86400)
        let date = CivilDate(daysSinceEpoch: days)
        // 1970-01-01 was a Thursday.
        let weekday = ((days + 4) % 7 + 7) % 7
        output.append(literal: weekdayName(weekday))
        output.append(literal: ", ")
        output.append(twoDigits: date.day)
        output.append(ASCII.space)
        output.append(literal: monthName(date.month))
        output.append(ASCII.space)
        output.append(twoDigits: date.year / 100)
        output.append(twoDigits: date.year % 100)
        output.append(ASCII.space)
        output.append(twoDigits: second / 3600)
        output.append(UInt8(ascii: ":"))
        output.append(twoDigits: second / 60 % 60)
        output.append(UInt8(ascii: ":"))
        output.append(twoDigits: second % 60)
        output.append(literal: " GMT")
    }

    /// The Unix seconds of an IMF-fixdate; nil for anything else, the obsolete formats too.
    static func parse(_ text: Span<UInt8>) -> Int64? {
        guard text.count == 29, ASCII.isEqual(text.extracting(25..<29), " GMT"),
            ASCII.isEqual(text.extracting(3..<5), ", "), text[7] == ASCII.space, text[11] == ASCII.space,
            text[16] == ASCII.space, text[19] == UInt8(ascii: ":"), text[22] == UInt8(ascii: ":")
        else { return nil }
        guard let day = number(text.extracting(5..<7)), let year = number(text.extracting(12..<16)),
            let hour = number(text.extracting(17..<19)), let minute = number(text.extracting(20..<22)),
            let second = number(text.extracting(23..<25)),
            let month = (1...12).first(where: { ASCII.isEqual(text.extracting(8..<11), monthName($0)) })
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        // A leap second is a legal 60.
        guard day >= 1, date == CivilDate(daysSinceEpoch: date.daysSinceEpoch), hour < 24, minute < 60, second <= 60
        else { return nil }
        return Int64(date.daysSinceEpoch) * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// The seconds to wait that a `Retry-After` asks for, given as a number or as a date (RFC 9110 §10.2.3).
    static func delay(retryAfter value: Span<UInt8>, now unixSeconds: Int64) -> Int64? {
        // Ten digits are three centuries: longer than anyone means.
        if value.count > 0, value.count <= 10, let seconds = number(value) { return Int64(seconds) }
        guard let date = parse(value) else { return nil }
        return max(0, date - unixSeconds)
    }

    private static func number(_ digits: Span<UInt8>) -> Int? {
        var value = 0
        for index in digits.indices {
            guard ASCII.isDigit(digits[index]) else { return nil }
            value = value * 10 + Int(digits[index] - 0x30)
        }
        return value
    }

    private static func weekdayName(_ weekday: Int) -> StaticString {
        switch weekday {
        case 0: "Sun"
        case 1: "Mon"
        case 2: "Tue"
        case 3: "Wed"
        case 4: "Thu"
        case 5: "Fri"
        default: "Sat"
        }
    }

    private static func monthName(_ month: Int) -> StaticString {
        switch month {
        case 1: "Jan"
        case 2: "Feb"
        case 3: "Mar"
        case 4: "Apr"
        case 5: "May"
        case 6: "Jun"
        case 7: "Jul"
        case 8: "Aug"
        case 9: "Sep"
        case 10: "Oct"
        case 11: "Nov"
        default: "Dec"
        }
    }
}

/// The value of `Date`, written anew only when the second has changed.
struct CachedDate: Sendable {
    private var seconds: Int64?
    /// The date last written.
    private(set) var bytes: [UInt8] = []

    /// Brings the date up to these Unix seconds.
    mutating func update(to unixSeconds: Int64) {
        guard seconds != unixSeconds else { return }
        seconds = unixSeconds
        bytes.removeAll(keepingCapacity: true)
        HTTPDate.append(unixSeconds, to: &bytes)
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate: Equatable {
    var year, month, day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counts in years that begin on 1 March, so that the leap day comes last, and in cycles of 400 years.
    init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.dividingRounded(down: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.dividingRounded(down: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension BinaryInteger {
    /// The quotient rounded towards negative infinity, for a positive divisor.
    fileprivate func dividingRounded(down divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Timestamp {
    /// Parses Unix seconds: digits only, at most 19 and within 64 bits (a hostile header must not overflow).
    public init?(unixSeconds text: ArraySlice<UInt8>) {
        guard let seconds = Digits.number(text, maximumCount: 19) else { return nil }
        self.init(seconds: seconds)
    }

    /// Parses an RFC 3339 moment: `T`, `t` or a space between date and time; any number of fractional digits (those
    /// past nanoseconds are dropped); offset `Z`, `+hh:mm` or `+hhmm` (Intuit writes `-0700`).
    public init?(rfc3339 text: ArraySlice<UInt8>) {
        var reader = Reader(text)
        guard let seconds = reader.date(), reader.separator(), let time = reader.time(),
            let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(seconds: seconds + time - offset, nanoseconds: nanoseconds)
        guard isRepresentable else { return nil }
    }

    /// Parses `YYYY-MM-DD HH:MM:SS` without a zone as UTC (Mailchimp's `fired_at`).
    public init?(zoneless text: ArraySlice<UInt8>) {
        var reader = Reader(text)
        guard let seconds = reader.date(), reader.separator(), let time = reader.time(),
            let nanoseconds = reader.fraction(), reader.isAtEnd
        else { return nil }
        self.init(seconds: seconds + time, nanoseconds: nanoseconds)
    }

    /// Whether the moment lies in the years 0001 ... 9999, which are all that RFC 3339 can write.
    public var isRepresentable: Bool {
        (-62_135_596_800...253_402_300_799).contains(seconds) && (0..<1_000_000_000).contains(nanoseconds)
    }
}

/// Reads the parts of a moment from left to right; each part is nil when it is not there or out of bounds.
private struct Reader {
    private var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// `YYYY-MM-DD` as seconds since 1970.
    mutating func date() -> Int64? {
        guard let year = digits(4), year >= 1, skip("-"), let month = digits(2), (1...12).contains(month), skip("-"),
            let day = digits(2), day >= 1, day <= CivilDate.daysInMonth(year: year, month: month)
        else { return nil }
        return CivilDate.daysSinceEpoch(year: year, month: month, day: day) * 86_400
    }

    mutating func separator() -> Bool {
        skip("T") || skip("t") || skip(" ")
    }

    /// `HH:MM:SS` as seconds; a leap second (60) counts as the first second after it, as POSIX time has it.
    mutating func time() -> Int64? {
        guard let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60, skip(":"),
            let second = digits(2), second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// `.` and digits as nanoseconds; 0 when there is no `.`.
    mutating func fraction() -> Int32? {
        guard skip(".") else { return 0 }
        var value: Int32 = 0
        var count = 0
        while let byte = rest.first, let digit = Digits.value(byte) {
            if count < 9 { value = value * 10 + Int32(digit) }
            count += 1
            rest = rest.dropFirst()
        }
        for _ in count..<max(count, 9) { value *= 10 }
        return count > 0 ? value : nil
    }

    /// The zone's offset from UTC in seconds.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hour = digits(2), hour < 24 else { return nil }
        // The colon may be missing.
        _ = skip(":")
        guard let minute = digits(2), minute < 60 else { return nil }
        let seconds = hour * 3600 + minute * 60
        return isNegative ? -seconds : seconds
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard rest.count >= count, let value = Digits.number(rest.prefix(count), maximumCount: count) else {
            return nil
        }
        rest = rest.dropFirst(count)
        return value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, byte == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}

/// Strict decimal digits: no sign, no space, no overflow.
enum Digits {
    @inline(__always)
    static func value(_ byte: UInt8) -> UInt8? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : nil
    }

    static func number(_ text: ArraySlice<UInt8>, maximumCount: Int) -> Int64? {
        guard !text.isEmpty, text.count <= maximumCount else { return nil }
        var number: Int64 = 0
        for byte in text {
            guard let digit = value(byte) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            number = sum
        }
        return number
    }
}

import Verifiers

/// Points in time as a command line states them and tables show them.
enum Moment {
    /// Reads RFC 3339, Unix seconds, or how long ago (`90s`, `15m`, `2h`, `7d`); Unix milliseconds.
    static func read(_ text: String, option: String, now: Int64 = Clock.unixMilliseconds()) throws(UsageError) -> Int64
    {
        let bytes = Array(text.utf8)[...]
        if let moment = Timestamp(rfc3339: bytes) {
            return moment.seconds * 1000 + Int64(moment.nanoseconds) / 1_000_000
        }
        if let moment = Timestamp(unixSeconds: bytes), moment.isRepresentable { return moment.seconds * 1000 }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...1_000_000).contains(count)
        {
            return now - count * unit * 1000
        }
        throw UsageError(
            "\(option) is 2026-11-21T08:41:00Z, Unix seconds, or how long ago (30m, 2h, 7d), not \(TextRule.quoted(text))"
        )
    }

    /// `2026-11-21T08:41:00.123Z`.
    static func text(_ milliseconds: Int64) -> String {
        Timestamp(unixMilliseconds: milliseconds).formatted(.milliseconds)
    }

    /// A time for a table: as it is, or how long ago, where the terminal is narrow; `-` when there is none.
    static func cell(_ text: String?, _ now: Int64) -> String {
        guard let text else { return "-" }
        guard let width = Terminal.width, width < 120, let moment = Shape.milliseconds(text) else { return text }
        return "\(length(milliseconds: now - moment)) ago"
    }

    /// A length of time in its largest unit: `4 s`, `12 min`, `3 h`, `9 d`.
    static func length(milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}

/// `log`: what is written to stderr, and how.
struct LogConfiguration: ConfigurationSection {
    var level = LogLevel.info
    var format = Format.auto

    /// How a log line looks; `auto` is human on a terminal and JSON elsewhere.
    enum Format: String, CaseIterable, Sendable {
        case auto, json, human
    }

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.choice("level", &level)
        keys.choice("format", &format)
    }
}

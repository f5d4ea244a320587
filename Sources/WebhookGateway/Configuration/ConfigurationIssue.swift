/// One thing that is wrong with the configuration: where, what, and how to mend it.
struct ConfigurationIssue: Error, Sendable, Equatable {
    enum Severity: Sendable, Equatable {
        /// The configuration is refused.
        case error
        /// It works, but probably not as meant.
        case warning
    }

    /// The way through the file ("sources.square.notificationURL"); empty for the file as a whole.
    var keyPath: String
    var message: String
    var remedy: String
    var severity = Severity.error

    /// The key path, what is wrong, and the remedy, as one line.
    var line: String {
        let sentence = remedy.isEmpty ? message : "\(message); \(remedy)"
        return keyPath.isEmpty ? sentence : "\(keyPath): \(sentence)"
    }
}

/// A configuration that cannot be used, with everything that is wrong with it.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name, with line and column where the JSON5 itself is broken.
    var place: String
    var issues: [ConfigurationIssue]

    /// One line an issue, each with the file's name.
    var description: String {
        issues.map { "\(place): \($0.line)" }.joined(separator: "\n")
    }
}

/// What the doctor says about one thing: how it is, and, if it is not well, what to do.
struct Finding: Equatable, Sendable {
    enum Verdict: String, Sendable {
        case ok
        /// It works; something should be known or changed.
        case warning
        /// It does not work, or events can be lost.
        case problem
    }

    var verdict: Verdict
    /// `redis`, `persistence`, `ports`, …
    var subject: String
    var sentence: String

    static func ok(_ subject: String, _ sentence: String) -> Finding {
        Finding(verdict: .ok, subject: subject, sentence: sentence)
    }

    static func warning(_ subject: String, _ sentence: String) -> Finding {
        Finding(verdict: .warning, subject: subject, sentence: sentence)
    }

    static func problem(_ subject: String, _ sentence: String) -> Finding {
        Finding(verdict: .problem, subject: subject, sentence: sentence)
    }

    /// One line of JSON.
    var json: String {
        var line = JSONLine()
        line.add("check", subject)
        line.add("verdict", verdict.rawValue)
        line.add("sentence", sentence)
        return line.text
    }
}

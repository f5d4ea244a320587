import Verifiers

/// What the SQL API says of a statement: a status and `{"code","message","sqlState","statementHandle"}`.
struct SnowflakeAnswer {
    private static let success = "090001"

    private let answer: APIAnswer
    private let code: String?

    init(_ answer: APIAnswer) {
        self.answer = answer
        code = answer.document.flatMap { $0.string(of: $0.member("code")) }
    }

    /// A statement takes all of its rows or none.
    var verdict: BatchVerdict {
        switch answer.status {
        case 202:
            .whole(
                .retry(
                    .providerError, reason: "the statement has not ended in settings.statementTimeoutSeconds",
                    after: nil))
        case 200...299: code == Self.success ? .whole(.delivered) : answer.unreadable
        case 422: refusal
        case 400, 413: answer.verdict(refusal: .validation)
        default: .whole(answer.worded)
        }
    }

    /// Status 422: the statement was run and failed, or could not be.
    private var refusal: BatchVerdict {
        let reason = answer.words
        return switch code {
        // No such object, or none that the role may see; no warehouse; a warehouse that is gone.
        case "002003", "002043", "000606", "000607", "390201": .whole(.dead(.configuration, reason: reason))
        case "003001": .whole(.dead(.authorization, reason: reason))
        // A column that the table lacks, or a name that SQL keeps for itself: only some rows may have it.
        case "000904", "001003": .split(.dead(.configuration, reason: reason))
        // Cancelled, timed out, too many statements waiting for the table.
        case "000604", "000630", "000625": .whole(.retry(.providerError, reason: reason, after: nil))
        default: .split(.dead(.dataError, reason: reason))
        }
    }
}

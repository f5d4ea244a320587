import Verifiers

/// What BigQuery says of single rows: `insertErrors` `[{"index","errors":[{"reason","location","message"}]}]`.
struct BigQueryRowErrors {
    /// Reasons that pass by themselves.
    private static let passing: Set<String> = [
        "timeout", "backendError", "internalError", "rateLimitExceeded", "quotaExceeded",
    ]

    private var invalid: [Int: DeliveryOutcome] = [:]
    private var passingReason: String?

    /// Nil when the answer speaks of rows that were not sent.
    init?(_ document: JSONDocument, _ list: JSONDocument.Node?, rows: Int) {
        for row in document.children(of: list) {
            guard let index = document.integer(of: document.member("index", of: row)), (0..<Int64(rows)).contains(index)
            else { return nil }
            for error in document.children(of: document.member("errors", of: row)) {
                let reason = document.string(of: document.member("reason", of: error)) ?? "invalid"
                // Good rows that were not taken for the sake of a bad one.
                guard reason != "stopped" else { continue }
                let location = document.string(of: document.member("location", of: error)) ?? ""
                let message = document.string(of: document.member("message", of: error)) ?? "refused"
                let words = "BigQuery says \(reason)\(location.isEmpty ? "" : " of \(location)"): \(message)"
                if Self.passing.contains(reason) {
                    passingReason = words
                } else if invalid[Int(index)] == nil {
                    invalid[Int(index)] = .dead(.dataError, reason: words)
                }
            }
        }
    }

    /// Nothing was taken: the invalid rows are dead, the others are sent again without them.
    var verdict: BatchVerdict {
        guard invalid.isEmpty else { return .resend(except: invalid) }
        return .whole(
            .retry(.providerError, reason: passingReason ?? "BigQuery stopped all rows and blames none", after: nil))
    }
}

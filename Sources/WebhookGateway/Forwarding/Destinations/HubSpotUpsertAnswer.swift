import Verifiers

/// What HubSpot says of a list of contacts: with status 207 some are in and some are not, and only a trace id tells which.
struct HubSpotUpsertAnswer {
    private let document: JSONDocument
    private let words: String

    /// Nil when the answer is not JSON.
    init?(_ answer: APIAnswer) {
        guard let document = answer.document else { return nil }
        self.document = document
        words = answer.words
    }

    /// Nil when it lists neither results nor errors: nothing was done then, whatever the status.
    func verdict(_ entries: [BatchEntry]) -> BatchVerdict? {
        let errors = document.member("errors")
        let results = document.count(of: document.member("results"))
        let problems = document.count(of: errors)
        guard results > 0 || problems > 0 else { return nil }
        var outcomes: [Int: DeliveryOutcome] = [:]
        for error in document.children(of: errors) {
            let message = document.string(of: document.member("message", of: error)) ?? words
            let category = document.string(of: document.member("category", of: error)) ?? "error"
            let traces = document.member("objectWriteTraceId", of: document.member("context", of: error))
            for trace in document.children(of: traces) {
                guard let key = document.string(of: trace), let place = entries.firstIndex(where: { $0.key == key })
                else { continue }
                outcomes[place] = outcome(category, message)
            }
        }
        guard !outcomes.isEmpty || problems == 0 else {
            // An error that names nobody: halving finds whom it is about; a contact written twice is the same.
            return .split(.dead(.dataError, reason: words))
        }
        guard results + outcomes.count >= entries.count else {
            return .split(
                .retry(.unknown, reason: "HubSpot tells of \(results) of \(entries.count) contacts", after: nil))
        }
        return .each(entries.indices.map { outcomes[$0] ?? .delivered })
    }

    private func outcome(_ category: String, _ message: String) -> DeliveryOutcome {
        let reason = "HubSpot says \(category): \(message)"
        switch category {
        case "RATE_LIMITS", "RATE_LIMIT": return .retry(.rateLimit, reason: reason, after: nil)
        case "INTERNAL_ERROR", "SERVER_ERROR": return .retry(.providerError, reason: reason, after: nil)
        default: return .dead(.dataError, reason: reason)
        }
    }
}

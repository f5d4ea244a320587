import Verifiers

/// What Salesforce answers: a list of results, one a record, or a list of errors about the whole request.
struct SalesforceAnswer {
    /// The limit counts the last 24 hours.
    private static let pauseAtLimit = Duration.seconds(900)
    private static let wrongTarget: Set<String> = [
        "INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "INVALID_TYPE_FOR_OPERATION",
    ]

    private let answer: APIAnswer

    init(_ answer: APIAnswer) { self.answer = answer }

    func verdict(records: Int) -> BatchVerdict {
        guard answer.isSuccess else { return refusal }
        guard let document = answer.document, document.kind(of: .root) == .array,
            document.count(of: .root) == records
        else { return answer.unreadable }
        var outcomes: [DeliveryOutcome] = []
        for result in document.children(of: .root) {
            guard let success = document.boolean(of: document.member("success", of: result)) else {
                return answer.unreadable
            }
            // `errors` holds OPERATION_ENQUEUED then: `success` alone tells.
            outcomes.append(success ? .delivered : outcome(of: result, document))
        }
        return .each(outcomes)
    }

    /// `{"success":false,"errors":[{"statusCode","message","fields"}]}`
    private func outcome(of result: JSONDocument.Node, _ document: JSONDocument) -> DeliveryOutcome {
        let error = document.element(0, of: document.member("errors", of: result))
        let code = document.string(of: document.member("statusCode", of: error)) ?? "an error"
        let message = document.string(of: document.member("message", of: error)) ?? answer.words
        return outcome(code, reason: "Salesforce says \(code): \(message)")
            ?? .dead(.dataError, reason: "Salesforce says \(code): \(message)")
    }

    /// `[{"errorCode","message"}]`
    private var refusal: BatchVerdict {
        let document = answer.document
        let code = document.flatMap { $0.string(of: $0.member("errorCode", of: $0.element(0, of: .root))) }
        if let code, let outcome = outcome(code, reason: answer.words) {
            // One record may be to blame, where its rule names another event or field.
            if answer.status == 400, case .dead = outcome { return .split(outcome) }
            return .whole(outcome)
        }
        return answer.verdict(refusal: .dataError)
    }

    /// What a code means wherever it stands; nil: what the place says.
    private func outcome(_ code: String, reason: String) -> DeliveryOutcome? {
        switch code {
        case "REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED":
            .retry(.rateLimit, reason: reason, after: answer.retryAfter ?? Self.pauseAtLimit)
        case "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "PLATFORM_EVENT_PUBLISH_FAILED":
            .retry(.providerError, reason: reason, after: answer.retryAfter)
        case "INVALID_SESSION_ID": .dead(.authentication, reason: reason)
        case let code where code.hasPrefix("INSUFFICIENT_ACCESS"): .dead(.authorization, reason: reason)
        case let code where Self.wrongTarget.contains(code): .dead(.configuration, reason: reason)
        default: reason.contains("Too many SOQL queries") ? .retry(.providerError, reason: reason, after: nil) : nil
        }
    }
}

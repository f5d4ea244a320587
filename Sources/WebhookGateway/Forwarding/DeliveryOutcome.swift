/// What came of delivering one event.
enum DeliveryOutcome: Equatable, Sendable {
    case delivered
    /// Try again later, not before `after` when the destination said so.
    case retry(FailureCategory, reason: String, after: Duration?)
    /// Trying again cannot help.
    case dead(FailureCategory, reason: String)
}

/// What came of one attempt: an outcome for each event of the batch, and what is recorded about it.
struct AttemptResult: Sendable {
    /// One outcome an event, in the batch's order.
    var outcomes: [DeliveryOutcome]
    /// The HTTP status of the answer; nil without an answer, or for destinations that do not speak HTTP.
    var status: Int?
    /// What was asked, for people, without credentials ("POST https://crm.example.com/in").
    var request: String?
    /// The answer's first 2 KiB, credentials redacted.
    var answer: String?
    /// Whether the answer's yes proves nothing: what counts as delivered was accepted, no more.
    var isUnverifiable = false

    init(outcomes: [DeliveryOutcome], status: Int? = nil, request: String? = nil, answer: String? = nil) {
        self.outcomes = outcomes
        self.status = status
        self.request = request
        self.answer = answer
    }

    /// The same outcome for every event.
    init(_ outcome: DeliveryOutcome, count: Int, status: Int? = nil, request: String? = nil, answer: String? = nil) {
        self.init(
            outcomes: Array(repeating: outcome, count: count), status: status, request: request, answer: answer)
    }
}

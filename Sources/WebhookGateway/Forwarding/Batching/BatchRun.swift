import Verifiers

/// One attempt of a batch on its way through several requests: what is still to be sent, and what came of the rest.
struct BatchRun {
    /// So many requests does one attempt make at most: what is left over then waits for the next attempt, whose batch is
    /// smaller by all that was settled. A request that is refused as a whole would else cost two requests an event.
    static let maximumRequests = 64

    private var outcomes: [DeliveryOutcome]
    private var waiting: [[BatchEntry]] = []
    private var requests = 0
    private var summary: String?
    private var status: Int?
    private var answer: String?
    private var hasFailure = false
    /// What is masked.
    var secrets: [Secret]
    private let unverifiable: String?

    init(count: Int, secrets: [Secret], unverifiable: String?) {
        outcomes = Array(
            repeating: .retry(
                .unknown, reason: "others of its batch were refused one by one; it is sent in the next attempt",
                after: .zero), count: count)
        self.secrets = secrets
        self.unverifiable = unverifiable
    }

    mutating func plan(_ requests: [[BatchEntry]]) { waiting = requests.reversed() }

    /// The entries of the next request; nil when the attempt is over.
    mutating func next() -> [BatchEntry]? {
        guard requests < Self.maximumRequests else { return nil }
        return waiting.popLast()
    }

    /// Notes a request for the attempt's record: the first that fails is what is shown, else the last.
    mutating func record(_ request: OutboundRequest, status: Int?, answer: [UInt8]?) {
        requests += 1
        guard !hasFailure else { return }
        summary = request.summary
        self.status = status
        self.answer = answer.map { AnswerExcerpt.text($0, hiding: secrets) }
    }

    mutating func apply(_ verdict: BatchVerdict, to entries: [BatchEntry]) {
        switch verdict {
        case .whole(let outcome):
            for entry in entries { settle(entry.place, outcome) }
            guard outcome != .delivered else { return }
            for entry in waiting.joined() { settle(entry.place, outcome) }
            waiting = []
        case .each(let each):
            precondition(each.count == entries.count, "an outcome for each entry")
            for (entry, outcome) in zip(entries, each) { settle(entry.place, outcome) }
        case .split(let outcome):
            guard entries.count > 1 else { return apply(.each([outcome]), to: entries) }
            hasFailure = true
            let middle = entries.count / 2
            waiting.append(Array(entries[middle...]))
            waiting.append(Array(entries[..<middle]))
        case .resend(let settled):
            precondition(!settled.isEmpty, "sending the same again would go on for ever")
            hasFailure = true
            for (index, outcome) in settled { settle(entries[index].place, outcome) }
            let rest = entries.indices.filter { settled[$0] == nil }.map { entries[$0] }
            if !rest.isEmpty { waiting.append(rest) }
        }
    }

    mutating func settle(_ place: Int, _ outcome: DeliveryOutcome) {
        outcomes[place] = outcome.masking(secrets)
        if outcome != .delivered { hasFailure = true }
    }

    var result: AttemptResult {
        var shown = answer
        if let unverifiable, outcomes.contains(.delivered) {
            shown = hasFailure ? "\(unverifiable); another answer: \(answer ?? "none")" : unverifiable
        }
        var result = AttemptResult(
            outcomes: outcomes, status: status,
            request: summary.map { requests > 1 ? "\($0) (\(requests) requests)" : $0 }, answer: shown)
        result.isUnverifiable = unverifiable != nil
        return result
    }
}

extension DeliveryOutcome {
    /// The outcome with credentials that the API may have echoed masked in its reason.
    func masking(_ secrets: [Secret]) -> DeliveryOutcome {
        func masked(_ reason: String) -> String { AnswerExcerpt.text(Array(reason.utf8), hiding: secrets) }
        return switch self {
        case .delivered: self
        case .retry(let category, let reason, let after): .retry(category, reason: masked(reason), after: after)
        case .dead(let category, let reason): .dead(category, reason: masked(reason))
        }
    }
}

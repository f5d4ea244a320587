/// What becomes of an event that was sent to a service that did not answer, where the service would not know it again:
/// the operator's choice between at least once and at most once.
enum AfterUnknownOutcome: String, CaseIterable, Sendable {
    /// At least once: it may be counted, or arrive, twice.
    case retry
    /// At most once: it goes to the dead list, to be retried by hand.
    case giveUp

    static let card = DestinationCard.Setting(
        name: "afterUnknownOutcome", defaultValue: #""retry""#,
        description: "retry or giveUp, when a request was sent and not answered")

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        self = try DestinationSettings(configuration).choice(Self.card.name, default: .retry)
    }

    /// What a request without an answer means for its event.
    func outcome(of error: HTTPClientError) -> DeliveryOutcome {
        let outcome = HTTPOutcome.judge(error)
        return error.isOutcomeUnknown ? decided(outcome) : outcome
    }

    /// The same for a request among others: what is given up is so for its event alone.
    func verdict(of error: HTTPClientError) -> BatchVerdict {
        let outcome = outcome(of: error)
        if case .dead = outcome { return .each([outcome]) }
        return .whole(outcome)
    }

    /// The outcome of a request that may have been carried out.
    func decided(_ outcome: DeliveryOutcome) -> DeliveryOutcome {
        guard self == .giveUp, case .retry(let category, let reason, _) = outcome else { return outcome }
        return .dead(
            category,
            reason: "\(reason); not repeated, as it may have been carried out (settings.\(Self.card.name))")
    }
}

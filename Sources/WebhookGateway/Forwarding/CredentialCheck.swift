/// What asking a destination about its credentials brought to light.
struct CredentialCheck: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        /// The destination knows the credentials.
        case verified
        /// They may be right: the destination has no way to say so without taking an event.
        case unverifiable
        /// They are refused, or the destination could not be asked.
        case failed(FailureCategory)
    }

    var verdict: Verdict
    /// One sentence for a person: what was asked, and what that does and does not prove.
    var explanation: String

    static func verified(_ explanation: String) -> CredentialCheck {
        CredentialCheck(verdict: .verified, explanation: explanation)
    }

    static func unverifiable(_ explanation: String) -> CredentialCheck {
        CredentialCheck(verdict: .unverifiable, explanation: explanation)
    }

    /// What an outcome that is no success says of the credentials; nil for a success.
    static func failure(_ outcome: DeliveryOutcome) -> CredentialCheck? {
        switch outcome {
        case .delivered: nil
        case .retry(let category, let reason, _), .dead(let category, let reason):
            CredentialCheck(verdict: .failed(category), explanation: reason)
        }
    }
}

extension Destination {
    func check() async -> CredentialCheck {
        .unverifiable("a destination of type \(Self.card.type) cannot be asked without sending it an event")
    }
}

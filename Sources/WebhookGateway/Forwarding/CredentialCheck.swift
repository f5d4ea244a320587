/// What asking a destination about its credentials brought to light.
struct CredentialCheck: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        /// The destination knows the credentials.
        case verified
        /// They may be right: the destination has no way to say so without taking an event.
        case unverifiable
        /// They are refused, or the destination could not be asked.
        case failed(FailureCategory)

        /// The verdict in one word.
        var word: String {
            switch self {
            case .verified: "verified"
            case .unverifiable: "unverifiable"
            case .failed: "failed"
            }
        }

        /// Why it failed; nil otherwise.
        var category: FailureCategory? { if case .failed(let category) = self { category } else { nil } }
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

extension CredentialCheck {
    /// Makes the destination, asks it and closes it again.
    @ControlPlane
    static func run(_ configuration: DestinationConfiguration) async throws(InvalidDestination) -> CredentialCheck {
        let client = HTTPClient(version: Version.number)
        defer { client.close() }
        let destination = try DestinationCatalog.make(DestinationContext(configuration, client: client))
        let check = await destination.check()
        await destination.close()
        return check
    }
}

extension Destination {
    func check() async -> CredentialCheck {
        .unverifiable("a destination of type \(Self.card.type) cannot be asked without sending it an event")
    }
}

/// Why a delivery failed: what an admin sees, groups by and acts on (contract §9; references: destinations.md §18).
enum FailureCategory: String, Sendable, CaseIterable {
    /// The credential is missing, wrong or expired.
    case authentication
    /// The credential is known but may not do this.
    case authorization
    /// The destination asks to slow down.
    case rateLimit = "rate_limit"
    /// The request as a whole is malformed.
    case validation
    /// No HTTP answer: name look-up, connect, TLS, time-out, reset, an unreadable answer; the outcome is unknown.
    case network
    /// The destination failed (5xx, HTML where JSON is spoken).
    case providerError = "provider_error"
    /// The content of this event is refused.
    case dataError = "data_error"
    /// The target is wrong or gone.
    case configuration
    /// None of these.
    case unknown
}

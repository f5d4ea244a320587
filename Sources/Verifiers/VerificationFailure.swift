/// Why a delivery was not accepted as authentic; the raw value is the public reason (contract §3, `verify --json`).
public enum VerificationFailure: String, Error, Equatable, Sendable, CaseIterable {
    /// The signature, timestamp or URL secret is not there.
    case missing
    /// It is there but cannot be read (wrong alphabet, wrong length, no timestamp).
    case malformed
    /// It is well-formed and none of the configured secrets yields it.
    case mismatch
    /// It is right, but its timestamp lies outside the tolerance.
    case expired
    /// The client's address is not among those allowed.
    case addressNotAllowed = "address_not_allowed"
}

/// An authentic body that cannot be read as the provider's events; the delivery is quarantined, never refused.
public struct MalformedBody: Error, Equatable, Sendable {
    /// What is wrong and where, for an admin ("not JSON: expected ':' at byte 17").
    public var reason: String

    /// Makes the error from its reason.
    public init(_ reason: String) { self.reason = reason }
}

/// A provider's settings that cannot work; the configuration is refused.
public struct InvalidSettings: Error, Equatable, Sendable {
    /// The key below the source that is wrong ("secrets", "notificationURL").
    public var key: String
    /// What is wrong and how to mend it.
    public var reason: String

    /// Makes the error.
    public init(key: String, reason: String) {
        self.key = key
        self.reason = reason
    }
}

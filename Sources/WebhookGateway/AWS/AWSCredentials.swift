import Verifiers

/// What requests to AWS are signed with.
struct AWSCredentials: Sendable, Equatable {
    /// Public: it is sent with each request.
    var accessKeyID: String
    var secretKey: Secret
    /// Of credentials that end.
    var sessionToken: Secret?
    /// When they end, in Unix milliseconds; nil: never.
    var expires: Int64?
}

import Verifiers

/// What requests of a service are authorised with for a while.
struct AccessToken: Sendable, Equatable {
    let secret: Secret
    /// Where requests are to go with it; nil: to the service's own address.
    var address: OutboundURL?
    /// When it ends, in Unix milliseconds.
    let expires: Int64
}

/// The access token of a destination: kept until shortly before it ends, and fetched once however many ask for it.
@ControlPlane
final class AccessTokens {
    /// So long before its end a token is replaced: a request takes its time, and clocks differ.
    private static let margin: Int64 = 60_000

    private let unixMilliseconds: @ControlPlane () -> Int64
    private let issue: @ControlPlane () async throws(Unanswered) -> AccessToken
    private var token: AccessToken?
    private var fetch: Task<Result<AccessToken, Unanswered>, Never>?
    /// The last two tokens: a request that is under way may still carry the one before.
    private(set) var secrets: [Secret] = []

    /// - Parameter issue: makes or fetches a token.
    init(
        unixMilliseconds: @escaping @ControlPlane () -> Int64,
        issue: @escaping @ControlPlane () async throws(Unanswered) -> AccessToken
    ) {
        self.unixMilliseconds = unixMilliseconds
        self.issue = issue
    }

    /// The token; throws what fetching one failed of. The next who asks tries again.
    func current() async throws(Unanswered) -> AccessToken {
        if let token, token.expires - Self.margin > unixMilliseconds() { return token }
        return try await (fetch ?? begin()).value.get()
    }

    /// The service refuses the token before its time: the next who asks gets another one.
    func refuse(_ refused: AccessToken) {
        if token == refused { token = nil }
    }

    private func begin() -> Task<Result<AccessToken, Unanswered>, Never> {
        let task = Task { @ControlPlane in
            let result: Result<AccessToken, Unanswered>
            do throws(Unanswered) {
                let fetched = try await issue()
                token = fetched
                secrets = secrets.suffix(1) + [fetched.secret]
                result = .success(fetched)
            } catch {
                result = .failure(error)
            }
            fetch = nil
            return result
        }
        fetch = task
        return task
    }
}

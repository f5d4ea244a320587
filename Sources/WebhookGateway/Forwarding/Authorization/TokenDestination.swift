/// A destination whose requests carry an access token that ends and is renewed.
@ControlPlane
protocol TokenDestination: BatchDestination {
    var tokens: AccessTokens { get }

    /// Puts the token into a request, and the address that goes with it.
    func authorize(_ request: inout OutboundRequest, with token: AccessToken)
}

extension TokenDestination {
    func authorize(_ request: inout OutboundRequest, with token: AccessToken) {
        request.headers.append(("Authorization", "Bearer \(token.secret.text)"))
    }

    func answer(to request: inout OutboundRequest) async throws(Unanswered) -> APIAnswer {
        try await authorizedAnswer(to: &request)
    }

    /// Sends with a token. One that is refused is replaced once: it may have been revoked, or the clocks differ.
    func authorizedAnswer(to request: inout OutboundRequest) async throws(Unanswered) -> APIAnswer {
        let bare = request
        let token = try await tokens.current()
        authorize(&request, with: token)
        let answer = try await plainAnswer(to: request)
        guard answer.status == 401 else { return answer }
        tokens.refuse(token)
        request = bare
        authorize(&request, with: try await tokens.current())
        return try await plainAnswer(to: request)
    }
}

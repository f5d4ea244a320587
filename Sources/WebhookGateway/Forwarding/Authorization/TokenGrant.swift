import Verifiers

/// A request for an access token (RFC 6749 §4.4, RFC 7523 §2.1).
@ControlPlane
struct TokenGrant {
    nonisolated static let jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    let context: DestinationContext
    /// The token endpoint.
    let url: OutboundURL
    /// How long a token holds whose answer does not say.
    let standardSeconds: Int64

    /// Sends the form and reads the answer.
    ///
    /// - Parameter secrets: values of the form that no reason may repeat.
    func token(_ form: [(name: String, value: String)], hiding secrets: [Secret]) async throws(Unanswered)
        -> AccessToken
    {
        let body = form.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let request = OutboundRequest(
            .post, url,
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: Array(body.utf8))
        let response: ClientResponse
        do throws(HTTPClientError) {
            response = try await context.client.send(request, context.clientOptions)
        } catch {
            throw .prevented(by: HTTPOutcome.judge(error).prefixed("no access token from \(url)"))
        }
        let answer = APIAnswer(response, unixMilliseconds: context.unixMilliseconds())
        guard let token = try token(in: answer) else {
            throw .prevented(by: outcome(of: answer).prefixed("no access token from \(url)").masking(secrets))
        }
        return token
    }

    /// The token of an answer; nil when it has none.
    private func token(in answer: APIAnswer) throws(Unanswered) -> AccessToken? {
        guard answer.isSuccess, let document = answer.document,
            let text = document.string(of: document.member("access_token")), !text.isEmpty
        else { return nil }
        let seconds = document.integer(of: document.member("expires_in")) ?? standardSeconds
        return AccessToken(
            secret: Secret(origin: .generated, bytes: Array(text.utf8)), address: try address(in: document),
            expires: context.unixMilliseconds() + min(max(seconds, 0), 86_400) * 1000)
    }

    /// Salesforce says which of its instances the token is for.
    private func address(in document: JSONDocument) throws(Unanswered) -> OutboundURL? {
        guard let text = document.string(of: document.member("instance_url")) else { return nil }
        do throws(OutboundURL.Malformed) {
            let address = try OutboundURL(text)
            if url.scheme == .http || address.scheme == .https { return address }
            throw OutboundURL.Malformed("it is not https")
        } catch {
            throw .prevented(
                by: .retry(.providerError, reason: "the instance_url from \(url) is unusable: \(error)", after: nil))
        }
    }

    private func outcome(of answer: APIAnswer) -> DeliveryOutcome {
        if case .whole(let outcome)? = answer.foreign { return outcome }
        // Its words may be half a token: they are not repeated.
        if answer.isSuccess {
            return .retry(.network, reason: "the answer \(answer.status) is no JSON with an access_token", after: nil)
        }
        guard let document = answer.document, let error = document.string(of: document.member("error")) else {
            return answer.worded
        }
        guard (400...403).contains(answer.status) else { return answer.worded }
        return switch error {
        case "invalid_scope", "unauthorized_client", "access_denied", "invalid_app_access":
            .dead(.authorization, reason: answer.words)
        case "invalid_request", "unsupported_grant_type": .dead(.configuration, reason: answer.words)
        default: .dead(.authentication, reason: answer.words)
        }
    }

    private static func encoded(_ value: String) -> String {
        String(decoding: PercentEncoding.encode(Array(value.utf8)[...]), as: UTF8.self)
    }
}

extension DeliveryOutcome {
    fileprivate func prefixed(_ text: String) -> DeliveryOutcome {
        switch self {
        case .delivered: self
        case .retry(let category, let reason, let after): .retry(category, reason: "\(text): \(reason)", after: after)
        case .dead(let category, let reason): .dead(category, reason: "\(text): \(reason)")
        }
    }
}

import Verifiers

/// Asks a provider's API which accounts a key is for. The key goes nowhere else: not into the store, a log, or an answer.
@ControlPlane
struct AccountFinder {
    /// A person waits.
    private static let timeout = Duration.seconds(10)
    /// More are not offered.
    private static let most = 500

    let lookup: AccountLookup
    /// The provider, as people call it and as the configuration does.
    let title: String
    let provider: String

    /// The accounts, in the API's order.
    ///
    /// - Parameters:
    ///   - baseURL: another address than the API's own.
    ///   - allowsPrivateAddresses: whether it may be one that is not of the public Internet.
    func accounts(
        for key: Secret, at baseURL: String?, allowsPrivateAddresses: Bool
    ) async throws(Problem) -> [AccountLookup.Account] {
        let request = try request(key, baseURL)
        let client = HTTPClient(version: Version.number)
        defer { client.close() }
        let response: ClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(
                request,
                HTTPClient.Options(timeout: Self.timeout, allowsPrivateAddresses: allowsPrivateAddresses))
        } catch .addressRefused(let host, let address) {
            throw Problem(
                .unprocessableContent,
                "\(host) has the address \(address), which is not a public one. If that is meant, the configuration file says so: providers.\(provider).lookup.allowPrivateAddresses."
            )
        } catch {
            throw Problem(.badGateway, "\(title) could not be asked: \(error).")
        }
        return try accounts(in: APIAnswer(response, unixMilliseconds: Clock.unixMilliseconds()), key)
    }

    private func request(_ key: Secret, _ baseURL: String?) throws(Problem) -> OutboundRequest {
        let encoded = String(decoding: PercentEncoding.encode(key.bytes[...]), as: UTF8.self)
        do throws(OutboundURL.Malformed) {
            let url = try OutboundURL(baseURL ?? lookup.service)
                .appending(lookup.target.replacing(AccountLookup.placeholder, with: encoded))
            return OutboundRequest(
                .get, url,
                headers: [("Accept", "application/json")]
                    + lookup.headers.map { ($0.name, $0.value.replacing(AccountLookup.placeholder, with: key.text)) })
        } catch {
            throw Problem(.unprocessableContent, "The address of \(title) cannot be used: \(error).")
        }
    }

    private func accounts(in answer: APIAnswer, _ key: Secret) throws(Problem) -> [AccountLookup.Account] {
        switch answer.status {
        case 200...299: break
        case 400, 401, 403, 404: throw refusal(answer, key)
        default:
            throw Problem(.badGateway, "\(title) answered \(answer.status): \(words(answer, key)). Try again later.")
        }
        guard let document = answer.document, let accounts = lookup.accounts(in: document, limit: Self.most) else {
            throw refusal(answer, key)
        }
        guard !accounts.isEmpty else {
            throw Problem(
                .unprocessableContent,
                "\(title) knows the key, but it is for no \(lookup.noun). Make one there, or use another key.")
        }
        return accounts
    }

    private func refusal(_ answer: APIAnswer, _ key: Secret) -> Problem {
        let hint = lookup.hint.isEmpty ? "" : " It is found \(lookup.hint)."
        return Problem(
            .unprocessableContent,
            "\(title) does not take the key; it answered \(answer.status): \(words(answer, key)).\(hint)")
    }

    /// What the API says, without the key that it may repeat.
    private func words(_ answer: APIAnswer, _ key: Secret) -> String {
        AnswerExcerpt.text(Array(answer.words.utf8), hiding: [key])
    }
}

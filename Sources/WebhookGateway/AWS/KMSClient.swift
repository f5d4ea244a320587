import Verifiers

/// Calls AWS KMS: JSON by POST, signed by Signature Version 4.
/// https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html
@ControlPlane
final class KMSClient {
    /// Why a call has no result.
    enum Failure: Error {
        /// KMS says no: its error code without its name space, such as `AccessDeniedException`.
        case refused(code: String, MasterKeyFailure)
        case other(MasterKeyFailure)
    }

    private static nonisolated let attempts = 3
    private static nonisolated let firstWait = Duration.milliseconds(100)
    private static nonisolated let mostWords = 300

    let address: OutboundURL
    private let region: String
    private let timeout: Duration
    private let client: HTTPClient
    private let credentials: AWSCredentialChain
    private let moment: @ControlPlane () -> Timestamp

    init(
        _ address: OutboundURL, region: String, timeout: Duration, client: HTTPClient, credentials: AWSCredentialChain,
        moment: @escaping @ControlPlane () -> Timestamp = { Timestamp(unixMilliseconds: Clock.unixMilliseconds()) }
    ) {
        self.address = address
        self.region = region
        self.timeout = timeout
        self.client = client
        self.credentials = credentials
        self.moment = moment
    }

    /// Calls an action and returns the members of its answer.
    ///
    /// What may pass by itself (no connection, throttling, errors of the service) is tried three times; credentials of
    /// an instance that have ended meanwhile are fetched anew.
    func call(_ action: StaticString, _ body: JSONObject) async throws(Failure) -> KMSAnswer {
        var (wait, attempt) = (Self.firstWait, 1)
        while true {
            do throws(Failure) {
                return try await callOnce(action, body)
            } catch {
                guard attempt < Self.attempts, error.mayPass else { throw error }
                await pause(wait)
                wait *= 3
                attempt += 1
            }
        }
    }

    private func callOnce(_ action: StaticString, _ body: JSONObject) async throws(Failure) -> KMSAnswer {
        var request = OutboundRequest(
            .post, address,
            headers: [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "TrentService.\(action)")],
            body: body.json)
        defer { SecretBytes.wipe(&request.body) }
        let response: ClientResponse
        do throws(MasterKeyFailure) {
            let signature = SignatureV4(
                credentials: try await credentials.credentials(), region: region, service: "kms")
            signature.sign(&request, at: moment())
        } catch {
            throw .other(error)
        }
        do throws(HTTPClientError) {
            response = try await client.send(
                request,
                // A VPC endpoint has a private address.
                HTTPClient.Options(timeout: timeout, maxBodyBytes: 64 * 1024, allowsPrivateAddresses: true))
        } catch {
            throw .other(failure(action, "\(error)", isTemporary: error.isRetryable))
        }
        guard let answer = KMSAnswer(response) else {
            let status = response.status.code
            throw .other(
                failure(
                    action, "the answer \(status) is no JSON; is this the address of KMS?", isTemporary: status >= 500))
        }
        guard response.status.code != 200 else { return answer }
        throw refusal(action, answer, response)
    }

    private func refusal(_ action: StaticString, _ answer: KMSAnswer, _ response: ClientResponse) -> Failure {
        let status = response.status.code
        guard
            let code = answer.errorCode
                ?? response.headers.first("x-amzn-errortype").map({
                    KMSAnswer.bareCode(String(decoding: $0, as: UTF8.self))
                })
        else {
            return .other(failure(action, "it answered \(status) without a reason", isTemporary: status >= 500))
        }
        if KMSRefusal.concernsCredentials(code) { credentials.refuse() }
        let words = VisibleText.escaped(
            String((answer.text("message") ?? answer.text("Message") ?? "").prefix(Self.mostWords)))
        let remedy = KMSRefusal.remedy(code).map { "; \($0)" } ?? ""
        return .refused(
            code: code,
            failure(
                action, "\(code)\(words.isEmpty ? "" : " (\(words))")\(remedy)",
                isTemporary: status >= 500 || KMSRefusal.isTemporary(code)))
    }

    private func failure(_ action: StaticString, _ reason: String, isTemporary: Bool) -> MasterKeyFailure {
        MasterKeyFailure(description: "AWS KMS (\(address.origin)), \(action): \(reason)", isTemporary: isTemporary)
    }

    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            ControlPlane.loop.schedule(after: duration) { continuation.resume() }
        }
    }
}

extension KMSClient.Failure {
    var failure: MasterKeyFailure {
        switch self {
        case .refused(_, let failure), .other(let failure): failure
        }
    }

    /// Whether a second call may succeed where the first did not.
    fileprivate var mayPass: Bool {
        if case .refused(let code, _) = self, KMSRefusal.concernsEndedCredentials(code) { return true }
        return failure.isTemporary
    }
}

/// What KMS' error codes ask for.
/// https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
enum KMSRefusal {
    static func isTemporary(_ code: String) -> Bool {
        [
            "ThrottlingException", "Throttling", "RequestLimitExceeded", "LimitExceededException",
            "DependencyTimeoutException", "KMSInternalException", "InternalFailure", "ServiceUnavailable",
            "KeyUnavailableException",
        ].contains(code)
    }

    static func concernsEndedCredentials(_ code: String) -> Bool {
        ["ExpiredTokenException", "ExpiredToken", "RequestExpired"].contains(code)
    }

    static func concernsCredentials(_ code: String) -> Bool {
        concernsEndedCredentials(code)
            || [
                "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
                "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
            ].contains(code)
    }

    static func remedy(_ code: String) -> String? {
        if concernsEndedCredentials(code) { return "renew the credentials, and check this machine's clock" }
        if concernsCredentials(code) {
            return "check the AWS credentials of the gateway, vault.kms.region, and this machine's clock"
        }
        switch code {
        case "AccessDeniedException":
            return "allow kms:GenerateDataKey, kms:Decrypt and kms:Encrypt on the key (docs/vault.md)"
        case "NotFoundException": return "check vault.kms.keyId and vault.kms.region"
        case "DisabledException", "KMSInvalidStateException", "KeyUnavailableException":
            return "enable the key in AWS KMS, or cancel its deletion"
        case "InvalidKeyUsageException": return "use a symmetric key for encryption (SYMMETRIC_DEFAULT)"
        default: return nil
        }
    }
}

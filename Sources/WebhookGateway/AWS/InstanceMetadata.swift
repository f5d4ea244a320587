import Verifiers

/// Credentials of the role of an EC2 instance, by the instance metadata service version 2.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
@ControlPlane
struct InstanceMetadata {
    private static nonisolated let standardAddress = "http://169.254.169.254"
    /// It is on the same machine's network, or not there at all.
    private static nonisolated let timeout = Duration.seconds(2)
    private static nonisolated let tokenSeconds = "21600"

    private let client: HTTPClient
    private let address: OutboundURL

    /// - Parameter environment: `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another address.
    init(_ client: HTTPClient, _ environment: [String: String]) throws(MasterKeyFailure) {
        self.client = client
        let text = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? Self.standardAddress
        do throws(OutboundURL.Malformed) {
            address = try OutboundURL(text)
        } catch {
            throw MasterKeyFailure(description: "AWS credentials: AWS_EC2_METADATA_SERVICE_ENDPOINT: \(error)")
        }
    }

    /// The credentials of the instance's role.
    func credentials() async throws(MasterKeyFailure) -> AWSCredentials {
        let token = try await text(
            .put, "/latest/api/token", ("X-aws-ec2-metadata-token-ttl-seconds", Self.tokenSeconds))
        let header = ("X-aws-ec2-metadata-token", token)
        let path = "/latest/meta-data/iam/security-credentials/"
        guard let role = try await text(.get, path, header).split(whereSeparator: \.isNewline).first else {
            throw failure("the instance has no role; attach an instance profile to it", isTemporary: false)
        }
        let encoded = PercentEncoding.encode(Array(role.utf8)[...])
        let answer = Array(try await text(.get, path + String(decoding: encoded, as: UTF8.self), header).utf8)
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(answer[...])
        } catch {
            throw failure("the answer for the role \(role) is no JSON", isTemporary: true)
        }
        func member(_ name: StaticString) -> String? {
            document.string(of: document.member(name)).flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let id = member("AccessKeyId"), let secret = member("SecretAccessKey"), let session = member("Token"),
            let expiration = member("Expiration").flatMap({ Timestamp(rfc3339: Array($0.utf8)[...]) })
        else {
            let code = member("Code").map { " (\($0.prefix(80)))" } ?? ""
            throw failure("there are no credentials for the role \(role)\(code)", isTemporary: true)
        }
        return AWSCredentials(
            accessKeyID: id, secretKey: Secret(origin: .generated, bytes: Array(secret.utf8)),
            sessionToken: Secret(origin: .generated, bytes: Array(session.utf8)),
            expires: expiration.seconds * 1000)
    }

    private func text(
        _ method: HTTPMethod, _ path: String, _ header: (name: String, value: String)
    ) async throws(MasterKeyFailure) -> String {
        let request = OutboundRequest(method, address.appending(path), headers: [header])
        let response: ClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(
                request,
                HTTPClient.Options(timeout: Self.timeout, maxBodyBytes: 64 * 1024, allowsPrivateAddresses: true))
        } catch {
            throw failure("\(error)", isTemporary: true)
        }
        guard response.status.code == 200, !response.isTruncated else {
            throw failure(
                "\(request.summary) was answered \(response.status.code); does the instance have a role?",
                isTemporary: response.status.code >= 500)
        }
        return String(decoding: response.body, as: UTF8.self)
    }

    private func failure(_ reason: String, isTemporary: Bool) -> MasterKeyFailure {
        MasterKeyFailure(
            description: "AWS credentials: instance metadata service \(address.origin): \(reason)",
            isTemporary: isTemporary)
    }
}

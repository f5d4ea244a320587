import Verifiers

/// Finds credentials as AWS' own programs do: environment, shared credentials file, the instance's role.
@ControlPlane
final class AWSCredentialChain {
    /// So long before their end credentials are fetched anew.
    private static nonisolated let margin: Int64 = 5 * 60_000

    private let environment: [String: String]
    private let profile: String?
    private let client: HTTPClient
    private let unixMilliseconds: @ControlPlane () -> Int64
    private var ofInstance: AWSCredentials?

    /// - Parameter profile: the section of the credentials file; a profile that is named wins over the environment.
    init(
        _ environment: [String: String], profile: String?, client: HTTPClient,
        unixMilliseconds: @escaping @ControlPlane () -> Int64 = { Clock.unixMilliseconds() }
    ) {
        self.environment = environment
        self.profile = profile
        self.client = client
        self.unixMilliseconds = unixMilliseconds
    }

    /// The credentials to sign with now; the file is read anew each time, since others write it.
    func credentials() async throws(MasterKeyFailure) -> AWSCredentials {
        if profile == nil, let credentials = try ofEnvironment() { return credentials }
        let name = profile ?? value("AWS_PROFILE") ?? "default"
        if let path = SharedCredentialsFile.path(environment),
            let credentials = try SharedCredentialsFile.credentials(at: path, profile: name)
        {
            return credentials
        }
        if profile != nil {
            let path = SharedCredentialsFile.path(environment) ?? "~/.aws/credentials"
            throw MasterKeyFailure(
                description:
                    "AWS credentials: there is no section [\(name)] in \(path); add it, or correct vault.kms.profile")
        }
        guard value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw MasterKeyFailure(
                description:
                    "AWS credentials: none found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a shared credentials file (AWS_EC2_METADATA_DISABLED is true, so the instance is not asked)"
            )
        }
        return try await credentialsOfInstance()
    }

    /// The service refuses what it was sent: credentials that were kept are fetched anew the next time.
    func refuse() { ofInstance = nil }

    private func ofEnvironment() throws(MasterKeyFailure) -> AWSCredentials? {
        let (id, secret) = (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"))
        guard let id, let secret else {
            if id == nil, secret == nil { return nil }
            let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
            let (missing, present) = id == nil ? (names[0], names[1]) : (names[1], names[0])
            throw MasterKeyFailure(
                description: "AWS credentials: \(missing) is not set, and \(present) is; set both or neither")
        }
        return AWSCredentials(
            accessKeyID: id,
            secretKey: Secret(origin: .environment("AWS_SECRET_ACCESS_KEY"), bytes: Array(secret.utf8)),
            sessionToken: value("AWS_SESSION_TOKEN").map {
                Secret(origin: .environment("AWS_SESSION_TOKEN"), bytes: Array($0.utf8))
            })
    }

    private func credentialsOfInstance() async throws(MasterKeyFailure) -> AWSCredentials {
        if let kept = ofInstance, let end = kept.expires, end - Self.margin > unixMilliseconds() { return kept }
        do throws(MasterKeyFailure) {
            let fetched = try await InstanceMetadata(client, environment).credentials()
            ofInstance = fetched
            return fetched
        } catch {
            // Those at hand are good until their very end.
            if let kept = ofInstance, let end = kept.expires, end > unixMilliseconds() { return kept }
            throw MasterKeyFailure(
                description:
                    "\(error); or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a shared credentials file",
                isTemporary: error.isTemporary)
        }
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

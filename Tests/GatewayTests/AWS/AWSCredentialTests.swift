import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct AWSCredentialTests {
    private static let unknown = ["AWS_EC2_METADATA_DISABLED": "true"]
    private let client = HTTPClient(version: "test")

    private func credentials(
        _ environment: [String: String], profile: String? = nil
    ) async throws(MasterKeyFailure) -> AWSCredentials {
        try await AWSCredentialChain(environment, profile: profile, client: client).credentials()
    }

    private static nonisolated let file = """
        # comment
        [default]
        aws_access_key_id = AKIDDEFAULT
        aws_secret_access_key=default+secret/=
        [ profile  x ]
        [gateway]
        ; comment
        aws_access_key_id=AKIDOLD
        aws_access_key_id   =   AKIDGATEWAY\r
        aws_secret_access_key = gateway-secret
        aws_session_token = session
        region = eu-west-1
        [half]
        aws_access_key_id = AKIDHALF
        """

    @Test func `the environment comes first`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("credentials", Self.file)
        let found = try await credentials([
            "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
            "AWS_SHARED_CREDENTIALS_FILE": path, "AWS_PROFILE": "gateway",
        ])
        #expect(found.accessKeyID == "AKIDENV" && found.secretKey.text == "s" && found.sessionToken?.text == "t")
    }

    @Test func `then the shared credentials file, by profile`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("credentials", Self.file)
        let environment = Self.unknown.merging(["AWS_SHARED_CREDENTIALS_FILE": path]) { $1 }
        let standard = try await credentials(environment)
        #expect(standard.accessKeyID == "AKIDDEFAULT" && standard.secretKey.text == "default+secret/=")
        #expect(standard.sessionToken == nil)
        for (environment, profile) in [
            (environment.merging(["AWS_PROFILE": "gateway"]) { $1 }, nil),
            (environment.merging(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"]) { $1 }, "gateway"),
        ] as [([String: String], String?)] {
            let found = try await credentials(environment, profile: profile)
            #expect(found.accessKeyID == "AKIDGATEWAY" && found.secretKey.text == "gateway-secret")
            #expect(found.sessionToken?.text == "session")
        }
        for profile in ["half", "nowhere"] {
            let error = await #expect(throws: MasterKeyFailure.self) {
                try await credentials(environment, profile: profile)
            }
            #expect(error?.description.contains("[\(profile)]") == true)
        }
    }

    @Test(arguments: [
        [:], ["AWS_ACCESS_KEY_ID": "A"], ["AWS_SECRET_ACCESS_KEY": "marker"],
        ["AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials"],
    ]) func `nothing to be found is told of`(environment: [String: String]) async {
        let error = await #expect(throws: MasterKeyFailure.self) {
            try await credentials(environment.merging(Self.unknown) { $1 })
        }
        #expect(error?.description.contains("AWS_SECRET_ACCESS_KEY") == true)
        #expect(error?.description.contains("marker") == false)
    }

    /// The instance metadata service, version 2 only.
    private static nonisolated func instance(
        expires: String = "2099-01-01T00:00:00Z", role: String = "gateway-role"
    ) throws -> FakeHTTPServer {
        try FakeHTTPServer { request in
            switch (request.method, request.target) {
            case ("PUT", "/latest/api/token"):
                return request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == nil
                    ? [.answer(400)] : [.answer(body: "token-1")]
            case ("GET", let path) where request.headers["x-aws-ec2-metadata-token"] == "token-1":
                let list = "/latest/meta-data/iam/security-credentials/"
                if path == list { return role.isEmpty ? [.answer(404)] : [.answer(body: role)] }
                guard path == list + role else { return [.answer(404)] }
                return [
                    .answer(
                        body:
                            #"{"Code":"Success","AccessKeyId":"ASIA\#(request.number)","SecretAccessKey":"s","Token":"t","Expiration":"\#(expires)"}"#
                    )
                ]
            default: return [.answer(401)]
            }
        }
    }

    @Test func `then the instance's role, with a session token, kept until shortly before its end`() async throws {
        let server = try Self.instance()
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url("")]
        let chain = AWSCredentialChain(environment, profile: nil, client: client)
        let found = try await chain.credentials()
        #expect(found.accessKeyID == "ASIA2" && found.sessionToken?.text == "t")
        #expect(found.expires == 4_070_908_800_000)
        #expect(try await chain.credentials() == found)
        #expect(server.received.count == 3)
        chain.refuse()
        #expect(try await chain.credentials().accessKeyID == "ASIA5")
    }

    @Test func `credentials of an instance that end soon are fetched anew, and used as long as they last`() async throws
    {
        let server = try Self.instance(expires: "2026-01-01T00:00:00Z")
        let end = try #require(Timestamp(rfc3339: Array("2026-01-01T00:00:00Z".utf8)[...])).seconds * 1000
        let now = Time(end - 10 * 60_000)
        let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url("")]
        let chain = AWSCredentialChain(environment, profile: nil, client: client, unixMilliseconds: { now.value })
        _ = try await chain.credentials()
        now.pass(4 * 60_000)
        _ = try await chain.credentials()
        #expect(server.received.count == 3)
        now.pass(2 * 60_000)
        _ = try await chain.credentials()
        #expect(server.received.count == 6)
    }

    @Test func `an instance without a role is told of`() async throws {
        let server = try Self.instance(role: "")
        let error = await #expect(throws: MasterKeyFailure.self) {
            try await credentials(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url("")])
        }
        #expect(error?.description.contains("404; does the instance have a role?") == true)
    }
}

/// A clock that a test sets, in Unix milliseconds.
private final class Time: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

    var value: Int64 { milliseconds.withLock { $0 } }

    func pass(_ more: Int64) { milliseconds.withLock { $0 += more } }
}

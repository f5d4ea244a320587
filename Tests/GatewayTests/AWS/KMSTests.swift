import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct KMSTests {
    private static let name = DataKeyName(tenant: "acme", version: 3)
    private static nonisolated let arn =
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    private static nonisolated let plain = String(repeating: "AAAAAAAA", count: 5) + "AAE="
    private static nonisolated let dataKey =
        #"{"CiphertextBlob":"c2VhbGVk","Plaintext":"\#(plain)","KeyId":"\#(arn)"}"#

    private let client = HTTPClient(version: "test")

    private func master(
        _ server: FakeHTTPServer, keyID: String = arn, timeout: Duration = .seconds(5),
        environment: [String: String] = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-marker"]
    ) throws -> KMSMasterKey {
        try master(address: server.url(), keyID: keyID, timeout: timeout, environment: environment)
    }

    private func master(
        address: String, keyID: String, timeout: Duration, environment: [String: String]
    ) throws -> KMSMasterKey {
        KMSMasterKey(
            keyID,
            client: KMSClient(
                try OutboundURL(address), region: "eu-central-1", timeout: timeout, client: client,
                credentials: AWSCredentialChain(environment, profile: nil, client: client)))
    }

    private func failure(_ master: KMSMasterKey) async -> MasterKeyFailure? {
        do throws(MasterKeyFailure) {
            _ = try await master.makeDataKey(Self.name)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a data key is asked for with its tenant and version as encryption context`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: Self.dataKey)] }
        let made = try await master(server, keyID: "alias/gateway").makeDataKey(Self.name)
        #expect(made.key.copy == [UInt8](repeating: 0, count: 31) + [1])
        #expect(made.wrapped == WrappedKey(master: "kms:\(Self.arn)", bytes: Array("sealed".utf8)))
        let request = try #require(server.received.first)
        #expect(request.headers["x-amz-target"] == "TrentService.GenerateDataKey")
        #expect(request.headers["content-type"] == "application/x-amz-json-1.1")
        #expect(
            request.text
                == #"{"KeyId":"alias/gateway","KeySpec":"AES_256","EncryptionContext":{"webhook-gateway:tenant":"acme","webhook-gateway:version":"3"}}"#
        )
        let authorization = try #require(request.headers["authorization"])
        #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
        #expect(
            authorization.contains(
                "/eu-central-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "))
    }

    @Test func `a data key is opened with the key that is configured, and wrapped by it`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: Self.dataKey)] }
        let master = try master(server)
        let opened = try await master.unwrap(WrappedKey(master: "kms:x", bytes: Array("sealed".utf8)), Self.name)
        #expect(opened?.count == 32)
        _ = try await master.wrap(try #require(opened), Self.name)
        let context = #""EncryptionContext":{"webhook-gateway:tenant":"acme","webhook-gateway:version":"3"}"#
        #expect(
            server.received.map(\.text) == [
                #"{"KeyId":"\#(Self.arn)","CiphertextBlob":"c2VhbGVk",\#(context)}"#,
                #"{"KeyId":"\#(Self.arn)",\#(context),"Plaintext":"\#(Self.plain)"}"#,
            ])
        #expect(
            server.received.map { $0.headers["x-amz-target"] } == ["TrentService.Decrypt", "TrentService.Encrypt"])
    }

    @Test(arguments: [
        ("AccessDeniedException", "kms:GenerateDataKey"), ("NotFoundException", "vault.kms.keyId"),
        ("DisabledException", "enable the key"), ("UnrecognizedClientException", "AWS credentials"),
        ("com.amazonaws.kms#KMSInvalidStateException", "enable the key"), ("InvalidSignatureException", "clock"),
    ]) func `a refusal says what KMS said and what to do`(code: String, remedy: String) async throws {
        let server = try FakeHTTPServer { _ in
            [.answer(400, body: #"{"__type":"\#(code)","message":"because\u001b[31m"}"#)]
        }
        let failure = try #require(await failure(try master(server)))
        #expect(!failure.isTemporary)
        #expect(failure.description.hasPrefix("AWS KMS (\(server.url(""))" + "), GenerateDataKey: "))
        #expect(failure.description.contains("Exception (because\\u001b[31m); "))
        #expect(failure.description.contains(remedy))
        #expect(!failure.description.contains("secret-marker"))
        #expect(server.received.count == 1)
    }

    @Test func `throttling and errors of the service are tried again`() async throws {
        let server = try FakeHTTPServer { request in
            switch request.number {
            case 0: [.answer(400, body: #"{"__type":"ThrottlingException","message":"Rate exceeded"}"#)]
            case 1: [.answer(500, body: #"{"__type":"KMSInternalException"}"#)]
            default: [.answer(body: Self.dataKey)]
            }
        }
        #expect(try await master(server).makeDataKey(Self.name).key.count == 32)
        #expect(server.received.count == 3)
    }

    @Test func `a service that stays unwell is given up after three tries`() async throws {
        let server = try FakeHTTPServer { _ in [.answer(503, body: "<html>")] }
        let failure = try #require(await failure(try master(server)))
        #expect(failure.isTemporary && failure.description.contains("503"))
        #expect(server.received.count == 3)
    }

    @Test func `a service that is away or does not answer in time is told of`() async throws {
        let silent = try FakeHTTPServer { _ in [.silence] }
        let slow = try #require(await failure(try master(silent, timeout: .milliseconds(50))))
        #expect(slow.isTemporary && slow.description.contains("no complete answer within 50 ms"))
        let environment = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"]
        // A port that nothing listens on.
        let away = try #require(
            await failure(
                try master(
                    address: "http://127.0.0.1:1", keyID: Self.arn, timeout: .seconds(5), environment: environment)))
        #expect(away.isTemporary && away.description.contains("no connection to 127.0.0.1"))
    }

    @Test(arguments: [
        "", "[]", "nonsense", "{}", #"{"CiphertextBlob":"c2VhbGVk","KeyId":"k"}"#,
        #"{"CiphertextBlob":"c2VhbGVk","Plaintext":"AAAA","KeyId":"k"}"#,
        #"{"CiphertextBlob":"","Plaintext":"\#(plain)","KeyId":"k"}"#,
        #"{"CiphertextBlob":7,"Plaintext":"\#(plain)","KeyId":"k"}"#,
        #"{"CiphertextBlob":"c2VhbGVk","Plaintext":"\#(plain)"}"#,
    ]) func `an answer without what was asked for is no data key`(body: String) async throws {
        let server = try FakeHTTPServer { _ in [.answer(body: body)] }
        let failure = try #require(await failure(try master(server)))
        #expect(failure.description.contains("is this the address of KMS?"))
        #expect(!failure.description.contains(Self.plain))
    }

    @Test(arguments: ["InvalidCiphertextException", "IncorrectKeyException"])
    func `a text that the key does not open is no failure of the service`(code: String) async throws {
        let server = try FakeHTTPServer { _ in [.answer(400, body: #"{"__type":"\#(code)"}"#)] }
        let wrapped = WrappedKey(master: "kms:\(Self.arn)", bytes: [1])
        #expect(try await master(server).unwrap(wrapped, Self.name) == nil)
    }

    @Test func `a key is asked only for what it may have wrapped`() throws {
        let other = "arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        let replica = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
        for (configured, arn, may) in [
            (Self.arn, Self.arn, true), (Self.arn, other, false),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", Self.arn, true),
            ("9934abcd-12ab-34cd-56ef-1234567890ab", Self.arn, false), ("alias/gateway", Self.arn, true),
            ("arn:aws:kms:eu-central-1:111122223333:alias/gateway", Self.arn, true),
            ("arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab", replica, true),
        ] {
            #expect(KMSKeyName(configured).mayStandFor(arn: arn) == may, "\(configured) \(arn)")
        }
        let server = try FakeHTTPServer()
        #expect(try master(server).mayHaveWrapped("local:0123456789abcdef") == false)
        #expect(try master(server).mayHaveWrapped("kms:\(Self.arn)"))
    }

    @Test func `the region comes from the configuration, the key's ARN or the environment`() async throws {
        var configuration = KMSConfiguration()
        configuration.keyID = "alias/gateway"
        #expect(throws: MasterKeyFailure.self) { try Self.make(configuration, [:]) }
        #expect(throws: MasterKeyFailure.self) { try Self.make(configuration, ["AWS_REGION": "evil.example.com/"]) }
        _ = try Self.make(configuration, ["AWS_DEFAULT_REGION": "eu-west-1"])
        #expect(KMSKeyName(Self.arn).region == "eu-central-1")
        #expect(KMSKeyName("alias/gateway").region == nil)
    }

    private static func make(_ configuration: KMSConfiguration, _ environment: [String: String]) throws {
        _ = try KMSMasterKey.make(configuration, environment: environment, client: HTTPClient(version: "test"))
    }
}

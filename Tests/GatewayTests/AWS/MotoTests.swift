import Testing
import Verifiers

@testable import WebhookGateway

/// Against an independent server of KMS' API: moto (https://github.com/getmoto/moto), of PyPI.
@ControlPlane
struct MotoTests {
    /// moto's server in a process of its own, on any free port.
    private final class Moto {
        private let directory: TemporaryDirectory
        private let program: Program
        let address: String

        init() throws {
            directory = try TemporaryDirectory()
            let start = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
            program = try Program(
                try #require(Python.path), ["-c", start], in: directory.path, environment: ["PATH": "/usr/bin:/bin"],
                logs: "\(directory.path)/moto")
            let mark = "Running on "
            do {
                try waitUntil("moto runs") { [program] in
                    program.errors.contains(mark) || !program.isRunning
                }
                let line = try #require(program.errors.split(separator: "\n").first { $0.contains(mark) })
                address = String(line[try #require(line.firstRange(of: mark)).upperBound...].prefix { $0 != " " })
            } catch {
                program.signal(9)
                throw error
            }
        }

        func stop() throws {
            program.signal(9)
            _ = try program.finish()
        }

        /// Away from the control plane, which must not wait for a process.
        @concurrent static func start() async throws -> sending Moto { try Moto() }
    }

    private static let region = "eu-central-1"
    private static let environment = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"]

    private static func client(_ address: String) throws -> KMSClient {
        let client = HTTPClient(version: "test")
        return KMSClient(
            try OutboundURL(address), region: region, timeout: .seconds(30), client: client,
            credentials: AWSCredentialChain(environment, profile: nil, client: client))
    }

    /// Calls what only tests need.
    private static func call(_ action: String, _ body: String, _ address: String) async throws -> JSONDocument {
        var request = OutboundRequest(
            .post, try OutboundURL(address),
            headers: [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "TrentService.\(action)")],
            body: Array(body.utf8))
        let client = HTTPClient(version: "test")
        let credentials = try await AWSCredentialChain(environment, profile: nil, client: client).credentials()
        SignatureV4(credentials: credentials, region: region, service: "kms")
            .sign(&request, at: Timestamp(unixMilliseconds: Clock.unixMilliseconds()))
        let options = HTTPClient.Options(timeout: .seconds(30), allowsPrivateAddresses: true)
        let response = try await client.send(request, options)
        #expect(response.status.code == 200)
        var document = JSONDocument()
        try document.read(response.body.isEmpty ? Array("{}".utf8)[...] : response.body[...])
        return document
    }

    /// A new key's ARN.
    private static func createKey(_ address: String) async throws -> String {
        let answer = try await call("CreateKey", "{}", address)
        return try #require(answer.string(of: answer.member("Arn", of: answer.member("KeyMetadata"))))
    }

    @Test(.enabled(if: Python.hasMoto, "no Python with moto; scripts/test installs it"))
    func `moto's KMS wraps and unwraps data keys, and refuses another context`() async throws {
        let moto = try await Moto.start()
        defer { #expect(throws: Never.self) { try moto.stop() } }
        let kms = try Self.client(moto.address)
        let arn = try await Self.createKey(moto.address)
        let master = KMSMasterKey(arn, client: kms)
        let name = DataKeyName(tenant: "acme", version: 1)
        let (key, wrapped) = try await master.makeDataKey(name)
        #expect(key.count == 32 && wrapped.master == "kms:\(arn)")
        #expect(try await master.unwrap(wrapped, name)?.copy == key.copy)
        #expect(try await master.unwrap(wrapped, DataKeyName(tenant: "other", version: 1)) == nil)
        #expect(try await master.unwrap(wrapped, DataKeyName(tenant: "acme", version: 2)) == nil)
        let again = try await master.wrap(key, name)
        #expect(again != wrapped)
        #expect(try await master.unwrap(again, name)?.copy == key.copy)

        _ = try await Self.call(
            "CreateAlias", #"{"AliasName":"alias/gateway","TargetKeyId":"\#(arn)"}"#, moto.address)
        let named = KMSMasterKey("alias/gateway", client: kms)
        #expect(try await named.identity() == "kms:\(arn)")
        #expect(try await named.unwrap(wrapped, name)?.copy == key.copy)

        let nowhere = KMSMasterKey("alias/nowhere", client: kms)
        await #expect(throws: MasterKeyFailure.self) { try await nowhere.makeDataKey(name) }

        // A vault moves from a key of the host to KMS, and on to another key of KMS.
        try await VaultFixture.run { fixture in
            let context = VaultContext(tenant: "acme", integration: "i", field: "f")
            let sealed = try await fixture.vault().seal(SecretBytes([1, 2, 3]), context)
            let moved = MasterKeys(current: master, previous: [fixture.masterKeys.current])
            #expect(try await fixture.vault(masterKeys: moved).rewrap().rewrapped == 1)
            let onKMS = fixture.vault(masterKeys: MasterKeys(current: master))
            #expect(try await onKMS.open(sealed, context).copy == [1, 2, 3])
            let next = KMSMasterKey(try await Self.createKey(moto.address), client: kms)
            #expect(
                try await fixture.vault(masterKeys: MasterKeys(current: next, previous: [master])).rewrap().rewrapped
                    == 1)
            let onNext = fixture.vault(masterKeys: MasterKeys(current: next))
            #expect(try await onNext.open(sealed, context).copy == [1, 2, 3])
        }
    }
}

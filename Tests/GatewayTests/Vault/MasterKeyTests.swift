import FoundationEssentials
import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct MasterKeyTests {
    private static nonisolated let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    private static nonisolated let name = DataKeyName(tenant: "acme", version: 1)

    @Test(arguments: [
        hex, hex.uppercased(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "  \(hex)\n",
    ]) func `a master key is 32 bytes in hexadecimal or base64`(text: String) throws {
        #expect(try MasterKeyText.read(Array(text.utf8)).copy == Array(0..<32))
    }

    @Test(arguments: [
        "", "secret-marker", String(hex.dropLast()), String(hex.dropLast(2)), hex + "00", "AAECAwQF",
        String(repeating: "0", count: 64), String(repeating: "A", count: 43) + "=",
    ]) func `another text is no master key, and is not repeated`(text: String) {
        let error = #expect(throws: MasterKeyText.Unusable.self) { try MasterKeyText.read(Array(text.utf8)) }
        #expect(error?.description.contains("keys generate") == true)
        #expect(text.isEmpty || error?.description.contains(text) == false)
    }

    @Test func `keys that are made differ, and go by a name that tells nothing of them`() throws {
        let (first, second) = (MasterKeyText.generate(), MasterKeyText.generate())
        #expect(first != second && first.utf8.count == 44)
        let key = LocalMasterKey(try MasterKeyText.read(Array(first.utf8)))
        let other = LocalMasterKey(try MasterKeyText.read(Array(second.utf8)))
        #expect(key.identity().hasPrefix("local:") && key.identity().utf8.count == 22)
        #expect(key.identity() != other.identity())
        let (dataKey, wrapped) = key.makeDataKey(Self.name)
        #expect(key.unwrap(wrapped, Self.name)?.copy == dataKey.copy)
        #expect(key.unwrap(wrapped, DataKeyName(tenant: "acme", version: 2)) == nil)
        #expect(key.unwrap(wrapped, DataKeyName(tenant: "acm", version: 1)) == nil)
        #expect(other.unwrap(wrapped, Self.name) == nil)
    }

    @Test func `a development key is made once, for its owner alone, and only to seal`() throws {
        let directory = try TemporaryDirectory()
        let data = "\(directory.path)/data"
        var made: [String] = []
        let first = DevelopmentMasterKey(in: data) { made.append($0) }
        #expect(try first.unwrap(WrappedKey(master: "local:0", bytes: [1]), Self.name) == nil)
        #expect(!first.mayHaveWrapped("local:0") && !DevelopmentMasterKey.exists(in: data))
        let (key, wrapped) = try first.makeDataKey(Self.name)
        let path = "\(data)/vault-key"
        #expect(made == [path])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let second = DevelopmentMasterKey(in: data) { made.append($0) }
        #expect(second.mayHaveWrapped(wrapped.master))
        #expect(try second.unwrap(wrapped, Self.name)?.copy == key.copy)
        #expect(made.count == 1)
        try HostFile.replace(path, Array("damaged".utf8))
        let third = DevelopmentMasterKey(in: data) { made.append($0) }
        let error = #expect(throws: MasterKeyFailure.self) { try third.makeDataKey(Self.name) }
        #expect(error?.description.contains(path) == true && error?.description.contains("damaged") == false)
    }

    @Test func `the configuration says which master key wraps and which only open`() async throws {
        let other = MasterKeyText.generate()
        let kms = #"kms: { keyId: "alias/gateway", region: "eu-central-1", previousKeyIds: ["alias/old"] }"#
        for (members, kinds) in [
            ("", ["DevelopmentMasterKey"]), (#"key: "\#(Self.hex)""#, ["LocalMasterKey"]),
            (#"key: "\#(Self.hex)", previousKeys: ["\#(other)"]"#, ["LocalMasterKey", "LocalMasterKey"]),
            (kms, ["KMSMasterKey", "KMSMasterKey"]),
            (#"key: "\#(Self.hex)", current: "kms", \#(kms)"#, ["KMSMasterKey", "LocalMasterKey", "KMSMasterKey"]),
            (#"key: "\#(Self.hex)", current: "key", \#(kms)"#, ["LocalMasterKey", "KMSMasterKey", "KMSMasterKey"]),
        ] {
            let loaded = try ConfigurationSamples.load("{ vault: { \(members) } }")
            let keys = try MasterKeys.make(
                loaded.configuration, environment: [:], log: Log(LogConfiguration()))
            #expect(keys.all.map { "\(type(of: $0))" } == kinds, "\(members)")
        }
    }

    @Test(arguments: [
        (#"key: "secret-marker""#, "vault.key: is neither base64 nor hexadecimal"),
        (#"key: "env:NOWHERE""#, "vault.key: the environment variable NOWHERE is not set"),
        (#"key: "\#(hex)", previousKeys: ["x"]"#, "vault.previousKeys[0]: is neither"),
        (#"previousKeys: ["\#(hex)"]"#, "vault.previousKeys: there is no current key"),
        (#"key: "\#(hex)", kms: { keyId: "k" }"#, "vault.current: missing"),
        (#"key: "\#(hex)", current: "kms""#, "vault.current: names vault.kms, which is not there"),
        (#"kms: { region: "eu-west-1" }"#, "vault.kms.keyId: missing"),
        (#"kms: { keyId: "k", region: "EU west" }"#, "vault.kms.region: "),
        (#"kms: { keyId: "k", endpoint: "http://10.0.0.1/" }"#, "vault.kms.endpoint: data keys would cross"),
    ]) func `a vault that cannot work is refused`(members: String, problem: String) {
        let lines = ConfigurationSamples.refusal("{ vault: { \(members) } }")
        #expect(lines.contains { $0.contains(problem) }, "\(lines)")
        #expect(!lines.contains { $0.contains("secret-marker") })
    }

    @Test func `an endpoint of this machine needs no TLS`() throws {
        for address in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/", "https://kms.example.com"] {
            _ = try ConfigurationSamples.load(#"{ vault: { kms: { keyId: "k", endpoint: "\#(address)" } } }"#)
        }
    }
}

import Verifiers

/// A master key in AWS KMS: it never leaves the service, which wraps and unwraps the data keys and notes each use.
///
/// Tenant and version of a data key are its encryption context: KMS authenticates it, IAM policies can ask for it, and
/// CloudTrail shows it.
final class KMSMasterKey: MasterKey {
    private let client: KMSClient
    /// As the configuration names the key.
    private let keyID: String
    /// The key's ARN, as KMS said.
    private var arn: String?

    init(_ keyID: String, client: KMSClient) {
        self.keyID = keyID
        self.client = client
        if KMSKeyName(keyID).isKeyARN { arn = keyID }
    }

    func identity() async throws(MasterKeyFailure) -> String {
        if let arn { return "kms:\(arn)" }
        // An alias: which key it stands for is part of every answer.
        return try await makeDataKey(DataKeyName(tenant: "", version: 0)).wrapped.master
    }

    func mayHaveWrapped(_ master: String) -> Bool {
        master.hasPrefix("kms:") && KMSKeyName(keyID).mayStandFor(arn: String(master.dropFirst(4)))
    }

    func makeDataKey(_ name: DataKeyName) async throws(MasterKeyFailure) -> (key: SecretBytes, wrapped: WrappedKey) {
        var body = JSONObject()
        body.add("KeyId", keyID)
        body.add("KeySpec", "AES_256")
        body.add("EncryptionContext", Self.context(name))
        let answer = try await answer("GenerateDataKey", body)
        guard let key = answer.key("Plaintext") else { throw incomplete("GenerateDataKey") }
        return (key, try wrapped(answer, "GenerateDataKey"))
    }

    func wrap(_ key: SecretBytes, _ name: DataKeyName) async throws(MasterKeyFailure) -> WrappedKey {
        var body = JSONObject()
        body.add("KeyId", keyID)
        body.add("EncryptionContext", Self.context(name))
        var text = key.withUnsafeBytes { bytes in Base64.encode(Array(bytes)[...]) }
        defer { SecretBytes.wipe(&text) }
        body.add("Plaintext", json: [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")])
        return try wrapped(try await answer("Encrypt", body), "Encrypt")
    }

    func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) async throws(MasterKeyFailure) -> SecretBytes? {
        var body = JSONObject()
        // Named, so that KMS opens nothing that another key wrapped.
        body.add("KeyId", keyID)
        body.add("CiphertextBlob", String(decoding: Base64.encode(wrapped.bytes[...]), as: UTF8.self))
        body.add("EncryptionContext", Self.context(name))
        do throws(KMSClient.Failure) {
            let answer = try await client.call("Decrypt", body)
            guard let key = answer.key("Plaintext") else { throw .other(incomplete("Decrypt")) }
            return key
        } catch .refused("InvalidCiphertextException", _), .refused("IncorrectKeyException", _) {
            return nil
        } catch {
            throw error.failure
        }
    }

    private func answer(_ action: StaticString, _ body: JSONObject) async throws(MasterKeyFailure) -> KMSAnswer {
        do throws(KMSClient.Failure) {
            return try await client.call(action, body)
        } catch {
            throw error.failure
        }
    }

    private func wrapped(_ answer: KMSAnswer, _ action: StaticString) throws(MasterKeyFailure) -> WrappedKey {
        guard let bytes = answer.bytes("CiphertextBlob"), !bytes.isEmpty, let arn = answer.text("KeyId"), !arn.isEmpty
        else { throw incomplete(action) }
        self.arn = arn
        return WrappedKey(master: "kms:\(arn)", bytes: bytes)
    }

    private func incomplete(_ action: StaticString) -> MasterKeyFailure {
        MasterKeyFailure(
            description:
                "AWS KMS (\(client.address.origin)), \(action): the answer lacks what was asked for; is this the address of KMS?"
        )
    }

    private static func context(_ name: DataKeyName) -> JSONObject {
        var context = JSONObject()
        context.add("webhook-gateway:tenant", name.tenant)
        context.add("webhook-gateway:version", String(name.version))
        return context
    }
}

/// How a configuration may name a key of KMS: ARN of a key, its id, `alias/NAME`, ARN of an alias.
struct KMSKeyName {
    private let text: String

    init(_ text: String) { self.text = text }

    /// `arn:aws:kms:eu-central-1:111122223333:key/…`.
    var isKeyARN: Bool { text.hasPrefix("arn:") && text.contains(":key/") }

    /// The region of an ARN.
    var region: String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 6 && parts[0] == "arn" && !parts[3].isEmpty ? String(parts[3]) : nil
    }

    /// Whether the key with this ARN may be meant; of an alias only KMS knows.
    func mayStandFor(arn: String) -> Bool {
        if text == arn || text.contains("alias/") { return true }
        guard let id = text.split(separator: "/").last, let other = arn.split(separator: "/").last else { return false }
        // The replicas of a multi-Region key have one id in all Regions and open each other's texts.
        return id == other && (!text.hasPrefix("arn:") || id.hasPrefix("mrk-"))
    }
}

import Verifiers

/// A master key of 32 bytes that the host gives: by an environment variable or a file.
final class LocalMasterKey: MasterKey {
    private let key: SecretBytes
    private let name: String

    init(_ key: SecretBytes) {
        self.key = key
        name = Self.fingerprint(key)
    }

    func identity() -> String { name }

    func mayHaveWrapped(_ master: String) -> Bool { master == name }

    func makeDataKey(_ name: DataKeyName) -> (key: SecretBytes, wrapped: WrappedKey) {
        let key = SecretBytes.random(AES256GCM.keyLength)
        return (key, wrap(key, name))
    }

    func wrap(_ key: SecretBytes, _ name: DataKeyName) -> WrappedKey {
        WrappedKey(master: self.name, bytes: AES256GCM.seal(key, key: self.key, associated: Self.associated(name)))
    }

    func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) -> SecretBytes? {
        let key = AES256GCM.open(wrapped.bytes[...], key: key, associated: Self.associated(name))
        return key?.count == AES256GCM.keyLength ? key : nil
    }

    private static func associated(_ name: DataKeyName) -> [UInt8] {
        var data = AssociatedData("webhook-gateway data key")
        data.add(name.tenant)
        data.add(String(name.version))
        return data.bytes
    }

    /// 64 bits that name the key and tell nothing of it.
    private static func fingerprint(_ key: SecretBytes) -> String {
        var bytes = key.copy
        defer { SecretBytes.wipe(&bytes) }
        guard let code = HMACKey(bytes)?.code(of: Array("webhook-gateway master key".utf8)[...]) else {
            return "local:"
        }
        return "local:\(code.hex.prefix(16))"
    }
}

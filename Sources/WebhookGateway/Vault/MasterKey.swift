import Verifiers

/// Which data key it is: the associated data of its wrapping, so that one key's text does not open as another's.
struct DataKeyName: Sendable, Hashable {
    var tenant: String
    /// From 1.
    var version: Int
}

/// A data key as the store keeps it: encrypted by a master key.
struct WrappedKey: Sendable, Hashable {
    /// Which master key wrapped it: `local:` and a fingerprint, or `kms:` and the key's ARN.
    var master: String
    /// What the master key made of it.
    var bytes: [UInt8]
}

/// What wraps data keys and never leaves its place: a key of the host, or one of a key management service.
@ControlPlane
protocol MasterKey: AnyObject {
    /// As `WrappedKey.master` names it; a service may have to be asked.
    func identity() async throws(MasterKeyFailure) -> String

    /// Whether a key that `master` wrapped might be this one's.
    func mayHaveWrapped(_ master: String) -> Bool

    /// A new data key of 32 random bytes, and what is kept of it.
    func makeDataKey(_ name: DataKeyName) async throws(MasterKeyFailure) -> (key: SecretBytes, wrapped: WrappedKey)

    /// Wraps a data key that another master key had wrapped.
    func wrap(_ key: SecretBytes, _ name: DataKeyName) async throws(MasterKeyFailure) -> WrappedKey

    /// The data key; nil when it is not one that this key wrapped under that name.
    func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) async throws(MasterKeyFailure) -> SecretBytes?
}

/// The master keys of an installation.
@ControlPlane
struct MasterKeys {
    /// Wraps what is new.
    var current: any MasterKey
    /// Still unwrap what they wrapped, until `keys rotate` has run.
    var previous: [any MasterKey] = []

    var all: [any MasterKey] { [current] + previous }

    /// The data key of what the store keeps.
    func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) async throws(VaultError) -> SecretBytes {
        var isKnown = false
        for master in all where master.mayHaveWrapped(wrapped.master) {
            isKnown = true
            do throws(MasterKeyFailure) {
                if let key = try await master.unwrap(wrapped, name) { return key }
            } catch {
                throw .masterKey(error)
            }
        }
        guard isKnown else {
            throw .unknownMasterKey(tenant: name.tenant, version: name.version, master: wrapped.master)
        }
        throw .damagedDataKey(tenant: name.tenant, version: name.version)
    }
}

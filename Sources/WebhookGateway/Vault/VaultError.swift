/// Why the vault did not seal or open a value. No case holds anything of the value or of a key.
enum VaultError: Error, Equatable, Sendable {
    /// The store did not do its part.
    case store(RedisFailure)
    /// The value is not what was sealed for this place: changed, cut, moved from elsewhere.
    case notAuthentic(VaultContext)
    /// The value names a data key that the tenant does not have.
    case unknownDataKey(tenant: String, version: Int)
    /// A data key cannot be read: it is damaged, or was wrapped for another tenant or version.
    case damagedDataKey(tenant: String, version: Int)
    /// A data key is wrapped by a master key that the configuration does not name.
    case unknownMasterKey(tenant: String, version: Int, master: String)
    /// Longer than the vault takes, in bytes.
    case tooLong(Int)
    /// The master key is not there or cannot be used.
    case masterKey(MasterKeyFailure)
}

/// Why a master key did not wrap or unwrap.
struct MasterKeyFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened, where, and what to do; holds no secret.
    var description: String
    /// Whether trying again later may help.
    var isTemporary = false
}

extension VaultError: CustomStringConvertible {
    var description: String {
        switch self {
        case .store(let failure): "the vault's keys cannot be read: \(failure)"
        case .notAuthentic(let context):
            "the value of \(context.field) of integration \(context.integration) (tenant \(context.tenant)) does not open: it was changed or comes from elsewhere; enter it anew"
        case .unknownDataKey(let tenant, let version):
            "tenant \(tenant) has no data key of version \(version); was Redis restored from an older copy? Enter the value anew, or restore the copy that has the key"
        case .damagedDataKey(let tenant, let version):
            "the data key \(version) of tenant \(tenant) does not open with its master key: it was changed in Redis; restore it from a copy"
        case .unknownMasterKey(let tenant, let version, let master):
            "the data key \(version) of tenant \(tenant) is wrapped by the master key \(master), which this gateway does not have; add that key to vault.previousKeys (a KMS key to vault.kms.previousKeyIds), then run `webhook-gateway keys rotate`"
        case .tooLong(let count):
            "a value of \(count) bytes is too long for the vault; the limit is \(Vault.longestValue)"
        case .masterKey(let failure): failure.description
        }
    }

    /// Whether trying again later may help.
    var isTemporary: Bool {
        switch self {
        case .store: true
        case .masterKey(let failure): failure.isTemporary
        case .notAuthentic, .unknownDataKey, .damagedDataKey, .unknownMasterKey, .tooLong: false
        }
    }
}

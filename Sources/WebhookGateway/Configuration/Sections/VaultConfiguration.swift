/// `vault`: the master keys under which credentials of integrations are kept in the store.
struct VaultConfiguration: ConfigurationSection {
    /// Which of two master keys wraps new data keys.
    enum Current: String, KeyChoice, Sendable {
        case key, kms
    }

    /// 32 bytes in base64 or hexadecimal. Absent, and no `kms`: a development key in the data directory.
    var key: Secret?
    /// Keys that only open, until `keys rotate` has run.
    var previousKeys: [Secret] = []
    /// Absent: no key management service.
    var kms: KMSConfiguration?
    /// Asked for when both `key` and `kms` are there; the other one only opens.
    var current: Current?
    /// How long a data key stays in memory.
    var dataKeySeconds = 300

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.optionalSecret("key", &key)
        keys.secrets("previousKeys", &previousKeys)
        keys.optionalSection("kms", &kms)
        keys.optionalChoice("current", &current)
        keys.integer("dataKeySeconds", &dataKeySeconds, in: 1...86_400)
    }
}

/// `vault.kms`: a key of AWS KMS.
struct KMSConfiguration: ConfigurationSection {
    /// Key id, key ARN, `alias/NAME` or alias ARN.
    var keyID = ""
    /// Keys that only open, in the same forms.
    var previousKeyIDs: [String] = []
    /// Absent: of the key's ARN, AWS_REGION or AWS_DEFAULT_REGION.
    var region: String?
    /// Another address than `https://kms.<region>.amazonaws.com`.
    var endpoint: String?
    /// The section of the shared credentials file; absent: AWS_PROFILE, `default`.
    var profile: String?
    var timeoutSeconds = 5

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.requiredText("keyId", &keyID, remedy: "set it to the ARN of a symmetric key, or to alias/NAME")
        keys.texts("previousKeyIds", &previousKeyIDs, .notEmpty)
        keys.optionalText("region", &region, .awsRegion)
        keys.optionalText("endpoint", &endpoint, .httpURL)
        keys.optionalText("profile", &profile, .notEmpty)
        keys.integer("timeoutSeconds", &timeoutSeconds, in: 1...60)
    }
}

extension TextRule {
    /// A region of AWS; it becomes part of a host name.
    static let awsRegion = TextRule { text in
        let isClean =
            !text.isEmpty && text.utf8.count <= 32
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
        return isClean ? nil : "\(quoted(text)) is not a region such as eu-central-1"
    }
}

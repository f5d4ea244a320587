import Verifiers

/// What a sealed value belongs to. It is authenticated with the value: a ciphertext that was moved to another tenant,
/// integration or field does not open.
struct VaultContext: Sendable, Hashable {
    var tenant: String
    /// The integration's id.
    var integration: String
    /// The field's name, such as `credentials.apiSecret`.
    var field: String
}

/// A secret as it is kept: `v1.<version of the tenant's data key>.<base64url of nonce, ciphertext and tag>`.
///
/// It is text without quotes and white space, safe in JSON as it stands. It tells nothing but the secret's length.
struct SealedValue: Sendable, Hashable {
    /// The version of the tenant's data key that it is encrypted under; the first is 1.
    let keyVersion: Int
    /// Nonce, ciphertext and tag.
    let bytes: [UInt8]

    /// The longest text that is read, in bytes.
    static let longestText = 128 * 1024
    private static let form = "v1"

    init(keyVersion: Int, bytes: [UInt8]) {
        self.keyVersion = keyVersion
        self.bytes = bytes
    }

    /// Reads the text; nil when it is none, damaged at its ends, or written in a form that this version does not know.
    init?(_ text: String) {
        guard text.utf8.count <= Self.longestText else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.form, let version = Int(parts[1]), version > 0,
            String(version) == parts[1],
            let bytes = Base64.decode(Array(parts[2].utf8)[...], alphabet: .urlSafe),
            bytes.count >= AES256GCM.nonceLength + AES256GCM.tagLength
        else { return nil }
        self.init(keyVersion: version, bytes: bytes)
    }

    /// The text that is kept.
    var text: String {
        let encoded = Base64.encode(bytes[...], alphabet: .urlSafe, padded: false)
        return "\(Self.form).\(keyVersion).\(String(decoding: encoded, as: UTF8.self))"
    }
}

/// What AES-GCM authenticates beside a ciphertext: parts of which none can be taken for a piece of its neighbour.
struct AssociatedData {
    private(set) var bytes: [UInt8] = []

    /// - Parameter purpose: what kind of ciphertext it is; one kind never opens as another.
    init(_ purpose: StaticString) {
        add("\(purpose)")
    }

    /// Appends a part: its length in 8 bytes, most significant first, then its UTF-8.
    mutating func add(_ part: String) {
        let length = UInt64(part.utf8.count)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        bytes.append(contentsOf: part.utf8)
    }
}

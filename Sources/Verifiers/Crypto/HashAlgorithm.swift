/// The hash functions that providers sign with.
public enum HashAlgorithm: String, CaseIterable, Sendable {
    /// SHA-1, for providers that never moved on (Mandrill).
    case sha1
    /// SHA-256, what nearly every provider uses.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512

    /// The length of a digest in bytes.
    public var digestLength: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// OpenSSL's name of the function.
    var openSSLName: StaticString {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}

internal import COpenSSL

/// An RSA private key that signs as RS256 says: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
///
/// The class owns OpenSSL's key and is not `Sendable`.
public final class RSASigningKey {
    /// Why a text is no key to sign with; says nothing of its content.
    public enum Unusable: Error, Equatable, Sendable {
        /// No PEM text of a private key.
        case unreadable
        /// It is encrypted, and the passphrase is missing or wrong.
        case encrypted
        /// A private key of another kind (an elliptic curve, say).
        case notRSA
        /// RFC 7518 asks for 2048 bits.
        case tooShort(bits: Int)
    }

    private static let minimumBits = 2048
    private let key: OpaquePointer

    /// Reads a key in PEM, PKCS #8 or PKCS #1, encrypted or not.
    public init(pem: [UInt8], passphrase: [UInt8] = []) throws(Unusable) {
        guard let key = Self.read(pem, passphrase) else {
            // What OpenSSL noted of it must not be taken for an error of somebody's TLS connection.
            ERR_clear_error()
            throw pem.firstRange(of: Array("ENCRYPTED".utf8)) == nil ? .unreadable : .encrypted
        }
        self.key = key
        guard EVP_PKEY_is_a(key, "RSA") == 1 else { throw .notRSA }
        let bits = Int(EVP_PKEY_get_bits(key))
        guard bits >= Self.minimumBits else { throw .tooShort(bits: bits) }
    }

    deinit { EVP_PKEY_free(key) }

    /// The signature of a message.
    public func signature(of message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        var length = signature.count
        let isDone =
            EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        precondition(isDone, "OpenSSL refused to sign with an RSA key")
        return Array(signature[..<length])
    }

    /// The public key as DER of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), of which fingerprints are made.
    public var publicKeyInfo: [UInt8] {
        let length = Int(i2d_PUBKEY(key, nil))
        precondition(length > 0, "OpenSSL refused to write a public key")
        var info = [UInt8](repeating: 0, count: length)
        info.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            _ = i2d_PUBKEY(key, &cursor)
        }
        return info
    }

    private static func read(_ pem: [UInt8], _ passphrase: [UInt8]) -> OpaquePointer? {
        guard let memory = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return nil }
        defer { BIO_free(memory) }
        // A passphrase is always given, be it an empty one: without it OpenSSL would ask at the terminal.
        var text = passphrase + [0]
        return text.withUnsafeMutableBytes { PEM_read_bio_PrivateKey(memory, nil, nil, $0.baseAddress) }
    }
}

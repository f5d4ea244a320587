internal import COpenSSL

/// An RSA public key that proves signatures: RSASSA-PKCS1-v1_5 with SHA-256 (RS256, RFC 7518 §3.3).
public final class RSAPublicKey {
    private static let minimumBits = 2048
    private let key: OpaquePointer

    /// Reads a PEM public key; nil when it is none, not RSA, or shorter than 2048 bits.
    public init?(pem: [UInt8]) {
        guard let memory = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return nil }
        defer { BIO_free(memory) }
        guard let key = PEM_read_bio_PUBKEY(memory, nil, nil, nil) else {
            ERR_clear_error()
            return nil
        }
        guard EVP_PKEY_is_a(key, "RSA") == 1, EVP_PKEY_get_bits(key) >= Self.minimumBits else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether the signature of the message was made with the private key.
    public func accepts(_ signature: [UInt8], of message: ArraySlice<UInt8>) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        let message = Array(message)
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

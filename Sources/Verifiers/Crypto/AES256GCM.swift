internal import COpenSSL

/// AES-256 in Galois/Counter Mode with nonces of 96 bits and tags of 128 (NIST SP 800-38D).
public enum AES256GCM {
    /// The length of a key in bytes.
    public static let keyLength = 32
    /// The length of a nonce in bytes; one may be used once only with a key.
    public static let nonceLength = 12
    /// The length of a tag in bytes.
    public static let tagLength = 16

    /// Encrypts under a fresh random nonce; the answer is nonce, ciphertext and tag, one after another.
    ///
    /// - Parameter associated: what is not encrypted and must be the same when the text is opened.
    public static func seal(_ plain: SecretBytes, key: SecretBytes, associated: [UInt8]) -> [UInt8] {
        let nonce = EntropySource.bytes(nonceLength)
        return nonce + seal(plain, key: key, nonce: nonce, associated: associated)
    }

    /// Encrypts under a nonce that the caller vouches for; the answer is ciphertext and tag.
    static func seal(_ plain: SecretBytes, key: SecretBytes, nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        precondition(key.count == keyLength && nonce.count == nonceLength, "AES-256-GCM takes 32 and 12 bytes")
        var sealed = [UInt8](repeating: 0, count: plain.count + tagLength)
        let context = EVP_CIPHER_CTX_new()
        // Frees and wipes the key schedule.
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        let isDone = key.withUnsafeBytes { key in
            EVP_EncryptInit_ex(context, OpaquePointer(bitPattern: implementation), nil, bytes(key), nonce) == 1
                && EVP_EncryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
                && plain.withUnsafeBytes { plain in
                    EVP_EncryptUpdate(context, &sealed, &written, bytes(plain), Int32(plain.count)) == 1
                }
        }
        var (rest, tag) = ([UInt8](repeating: 0, count: tagLength), [UInt8](repeating: 0, count: tagLength))
        let isSealed =
            isDone && EVP_EncryptFinal_ex(context, &rest, &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        precondition(isSealed, "OpenSSL refused AES-256-GCM")
        sealed.replaceSubrange(plain.count..., with: tag)
        return sealed
    }

    /// Decrypts nonce, ciphertext and tag; nil when anything was changed, the key is another, or `associated` differs.
    public static func open(_ sealed: ArraySlice<UInt8>, key: SecretBytes, associated: [UInt8]) -> SecretBytes? {
        guard sealed.count >= nonceLength + tagLength else { return nil }
        return open(
            Array(sealed.dropFirst(nonceLength)), key: key, nonce: Array(sealed.prefix(nonceLength)),
            associated: associated)
    }

    /// Decrypts ciphertext and tag.
    static func open(_ sealed: [UInt8], key: SecretBytes, nonce: [UInt8], associated: [UInt8]) -> SecretBytes? {
        guard key.count == keyLength, nonce.count == nonceLength, sealed.count >= tagLength else { return nil }
        let length = sealed.count - tagLength
        var tag = Array(sealed[length...])
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var isAuthentic = false
        let plain = SecretBytes(count: length) { output in
            var written: Int32 = 0
            var rest = [UInt8](repeating: 0, count: tagLength)
            isAuthentic = key.withUnsafeBytes { key in
                EVP_DecryptInit_ex(context, OpaquePointer(bitPattern: implementation), nil, bytes(key), nonce) == 1
                    && EVP_DecryptUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
                    && EVP_DecryptUpdate(
                        context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, sealed,
                        Int32(length)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
                    && EVP_DecryptFinal_ex(context, &rest, &written) == 1
            }
        }
        guard isAuthentic else {
            // What OpenSSL noted of it must not be taken for an error of somebody's TLS connection.
            ERR_clear_error()
            return nil
        }
        return plain
    }

    /// OpenSSL's own object, as an address: `EVP_aes_256_gcm()` would have it searched for by name each time. It never
    /// changes, may be used by all threads at once, and is never freed.
    private static let implementation = UInt(bitPattern: EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))

    private static func bytes(_ buffer: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
}

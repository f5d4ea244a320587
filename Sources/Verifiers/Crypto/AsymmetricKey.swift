internal import COpenSSL

/// A key of a signature scheme with two keys: verifies with the public part, signs if the private part is there.
///
/// The class owns OpenSSL's key and is not `Sendable`.
public final class AsymmetricKey {
    /// The schemes.
    public enum Scheme: String, Sendable, CaseIterable {
        /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
        case ecdsaP256
        /// Ed25519 (RFC 8032).
        case ed25519
        /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
        case rsa
    }

    /// The scheme that the key is for.
    public let scheme: Scheme
    /// Whether the private part is there.
    public let canSign: Bool
    private let key: OpaquePointer

    /// Reads a key: PEM (public key, private key or certificate), base64 of DER (SubjectPublicKeyInfo or PKCS #8), or
    /// for Ed25519 the 32 bytes in base64 or hex. `isPrivate` tells what the bare 32 bytes are. Nil for anything else.
    public init?(_ text: [UInt8], scheme: Scheme, isPrivate: Bool = false) {
        guard let (key, canSign) = Self.read(text[...].trimmingWhitespace, scheme, isPrivate) else {
            // What OpenSSL noted of it must not be taken for an error of somebody's TLS connection.
            ERR_clear_error()
            return nil
        }
        self.scheme = scheme
        self.key = key
        self.canSign = canSign
        let isRight =
            switch scheme {
            case .ecdsaP256: EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) == 256
            case .ed25519: EVP_PKEY_is_a(key, "ED25519") == 1
            case .rsa: EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= 2048
            }
        guard isRight else { return nil }
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether `signature` is one of `message`; ECDSA signatures are DER, or the two numbers side by side (64 bytes).
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let signature = scheme == .ecdsaP256 && signature.count == 64 ? Self.der(signature) : signature
        let isValid =
            EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }

    /// The signature of a message; nil without the private part.
    public func signature(of message: [UInt8]) -> [UInt8]? {
        guard canSign, let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: max(64, Int(EVP_PKEY_get_size(key))))
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return Array(signature[..<length])
    }

    /// Ed25519 hashes by itself.
    private var digest: OpaquePointer? { scheme == .ed25519 ? nil : EVP_sha256() }

    private static func read(
        _ text: ArraySlice<UInt8>, _ scheme: Scheme, _ isPrivate: Bool
    ) -> (OpaquePointer, Bool)? {
        if text.starts(with: "-----BEGIN ".utf8) { return readPEM(Array(text)) }
        let hex = scheme == .ed25519 && text.count == 64 ? Hex.decode(text) : nil
        guard let bytes = hex ?? Base64.decode(text) ?? Base64.decode(text, alphabet: .urlSafe) else { return nil }
        if scheme == .ed25519, bytes.count == 32 || isPrivate && bytes.count == 64 {
            // A private key of 64 bytes is the seed followed by the public key.
            let key =
                isPrivate
                ? EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, bytes, 32)
                : EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, 32)
            return key.map { ($0, isPrivate) }
        }
        return bytes.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            if let key = d2i_PUBKEY(nil, &cursor, buffer.count) { return (key, false) }
            cursor = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &cursor, buffer.count).map { ($0, true) }
        }
    }

    private static func readPEM(_ text: [UInt8]) -> (OpaquePointer, Bool)? {
        func memory() -> OpaquePointer? { BIO_new_mem_buf(text, Int32(clamping: text.count)) }
        guard let first = memory() else { return nil }
        defer { BIO_free(first) }
        if let key = PEM_read_bio_PUBKEY(first, nil, nil, nil) { return (key, false) }
        guard let second = memory() else { return nil }
        defer { BIO_free(second) }
        // An empty passphrase: without one OpenSSL would ask at the terminal.
        var passphrase: [UInt8] = [0]
        let key = passphrase.withUnsafeMutableBytes { PEM_read_bio_PrivateKey(second, nil, nil, $0.baseAddress) }
        if let key { return (key, true) }
        guard let third = memory() else { return nil }
        defer { BIO_free(third) }
        guard let certificate = PEM_read_bio_X509(third, nil, nil, nil) else { return nil }
        defer { X509_free(certificate) }
        return X509_get_pubkey(certificate).map { ($0, false) }
    }

    /// Two numbers of 32 bytes as the DER sequence that OpenSSL wants (RFC 3279 §2.2.3).
    private static func der(_ raw: [UInt8]) -> [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        let content = integer(raw[..<32]) + integer(raw[32...])
        return [0x30, UInt8(content.count)] + content
    }
}

import COpenSSL
import Verifiers

@testable import WebhookGateway

/// An RSA key of the test's own, and OpenSSL's word on what was signed with it.
struct TestRSAKey: Sendable {
    /// One for all tests: making it takes a while.
    static let shared = TestRSAKey()

    /// PKCS #8, in clear.
    let pem: String
    let publicPEM: String

    init(bits: Int32 = 2048) {
        let generator = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        defer { EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        let isMade =
            EVP_PKEY_keygen_init(generator) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(generator, bits) == 1
            && EVP_PKEY_generate(generator, &key) == 1
        precondition(isMade, "OpenSSL makes RSA keys")
        defer { EVP_PKEY_free(key) }
        pem = Self.written { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
        publicPEM = Self.written { PEM_write_bio_PUBKEY($0, key) }
    }

    /// The key encrypted, PKCS #8 too.
    func encrypted(_ passphrase: String) -> String {
        let key = Self.read(pem) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        defer { EVP_PKEY_free(key) }
        var password = Array(passphrase.utf8CString)
        return Self.written {
            PEM_write_bio_PKCS8PrivateKey($0, key, EVP_aes_256_cbc(), &password, Int32(password.count - 1), nil, nil)
        }
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let key = Self.read(publicPEM) { PEM_read_bio_PUBKEY($0, nil, nil, nil) }
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Base64 of SHA-256 over the public key's DER, by another way than the program's.
    var fingerprint: String {
        let lines = publicPEM.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let der = Base64.decode(Array(lines.joined().utf8)[...]) ?? []
        return SHA256Hash.digest(of: der[...]).base64
    }

    /// Header and claims of a JSON Web Token that this key has signed.
    func open(_ token: String) throws(Violation) -> (header: JSONCursor, claims: JSONCursor) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, !token.contains("=") else { throw Violation("the token has not three parts") }
        let decoded = parts.map { Base64.decode(Array($0.utf8)[...], alphabet: .urlSafe) ?? [] }
        guard verifies(decoded[2], of: Array("\(parts[0]).\(parts[1])".utf8)) else {
            throw Violation("the token's signature is wrong")
        }
        let header = try JSONCursor(decoded[0], name: "header")
        guard try header.string("alg") == "RS256", try header.string("typ") == "JWT" else {
            throw Violation("alg or typ of the token is wrong")
        }
        return (header, try JSONCursor(decoded[1], name: "claims"))
    }

    private static func written(_ write: (OpaquePointer?) -> Int32) -> String {
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        let isWritten = write(memory) == 1
        precondition(isWritten, "OpenSSL writes keys")
        var text = [UInt8](repeating: 0, count: 16_384)
        let count = BIO_read(memory, &text, Int32(text.count))
        return String(decoding: text[..<Int(count)], as: UTF8.self)
    }

    private static func read(_ pem: String, _ read: (OpaquePointer?) -> OpaquePointer?) -> OpaquePointer? {
        let bytes = Array(pem.utf8)
        let memory = BIO_new_mem_buf(bytes, Int32(bytes.count))
        defer { BIO_free(memory) }
        return read(memory)
    }
}

import Verifiers

/// Private keys as the configuration gives them.
enum PrivateKeyCredential {
    /// Reads an RSA key in PEM. Where line ends are written as `\n`, as in JSON and environment files, they count as such.
    ///
    /// - Parameter name: the configuration's key, for the error.
    static func key(
        _ pem: String, passphrase: Secret? = nil, named name: String
    ) throws(InvalidDestination) -> RSASigningKey {
        let text = pem.split(separator: #"\n"#, omittingEmptySubsequences: false).joined(separator: "\n")
        do throws(RSASigningKey.Unusable) {
            return try RSASigningKey(pem: Array(text.utf8), passphrase: passphrase?.bytes ?? [])
        } catch {
            throw InvalidDestination(key: name, reason: reason(error))
        }
    }

    private static func reason(_ problem: RSASigningKey.Unusable) -> String {
        switch problem {
        case .unreadable:
            "no private key in PEM; it begins with -----BEGIN PRIVATE KEY----- (is the file given by file:/path?)"
        case .encrypted: "the key is encrypted, and the passphrase is missing or wrong"
        case .notRSA: "a key of another kind than RSA; make one with: openssl genrsa 2048"
        case .tooShort(let bits): "an RSA key of \(bits) bits; RS256 takes 2048 or more: openssl genrsa 2048"
        }
    }
}

import Verifiers

/// Signed JSON Web Tokens (RFC 7519), as services take them in place of a password.
enum JSONWebToken {
    /// `header.claims.signature`, each in base64url, signed by RS256.
    static func signed(_ claims: JSONObject, keyID: String? = nil, by key: RSASigningKey) -> Secret {
        var header = JSONObject()
        header.add("alg", "RS256")
        header.add("typ", "JWT")
        header.add("kid", keyID)
        let input = encoded(header.json) + [UInt8(ascii: ".")] + encoded(claims.json)
        return Secret(origin: .generated, bytes: input + [UInt8(ascii: ".")] + encoded(key.signature(of: input)))
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        Base64.encode(bytes[...], alphabet: .urlSafe, padded: false)
    }
}

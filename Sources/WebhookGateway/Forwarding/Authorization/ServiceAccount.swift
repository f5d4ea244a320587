import Verifiers

/// A Google service account: the JSON file that the Cloud Console hands out.
/// https://developers.google.com/identity/protocols/oauth2/service-account
struct ServiceAccount {
    let email: String
    let keyID: String?
    let project: String?
    let tokenURL: OutboundURL
    let key: RSASigningKey
    /// The key's text, as records could show it.
    let secrets: [Secret]

    /// - Parameter name: the configuration's key, for errors.
    init(_ file: Secret, named name: String) throws(InvalidDestination) {
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(file.bytes[...])
        } catch {
            throw InvalidDestination(
                key: name, reason: "not the JSON file of a service account; give it by file:/path/key.json")
        }
        func member(_ member: StaticString) throws(InvalidDestination) -> String {
            guard let text = document.string(of: document.member(member)), !text.isEmpty else {
                throw InvalidDestination(
                    key: name,
                    reason: "the service account's file has no \(member); make a new key in the Cloud Console (JSON)")
            }
            return text
        }
        email = try member("client_email")
        let pem = try member("private_key")
        key = try PrivateKeyCredential.key(pem, named: name)
        keyID = document.string(of: document.member("private_key_id"))
        project = document.string(of: document.member("project_id"))
        secrets = [file, Secret(origin: .generated, bytes: Array(pem.utf8))]
        do throws(OutboundURL.Malformed) {
            tokenURL = try OutboundURL(
                document.string(of: document.member("token_uri")) ?? "https://oauth2.googleapis.com/token")
        } catch {
            throw InvalidDestination(key: name, reason: "the token_uri of the service account's file: \(error)")
        }
    }

    /// An assertion for the token endpoint, good for an hour.
    func assertion(scope: String, unixMilliseconds: Int64) -> Secret {
        let now = unixMilliseconds / 1000
        var claims = JSONObject()
        claims.add("iss", email)
        claims.add("scope", scope)
        claims.add("aud", tokenURL.origin + tokenURL.target)
        claims.add("iat", now)
        claims.add("exp", now + 3600)
        return JSONWebToken.signed(claims, keyID: keyID, by: key)
    }
}

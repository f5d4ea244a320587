import Verifiers

/// Who asks Snowflake: an account, a user, and the key whose public half the user carries.
/// https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication
struct SnowflakeIdentity {
    let secrets: [Secret]
    private let account: String
    private let user: String
    private let key: RSASigningKey
    private static let lifetime: Int64 = 3600

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let credentials = configuration.credentials
        account = credentials["account"]?.text ?? ""
        user = credentials["user"]?.text ?? ""
        guard !account.isEmpty, account.utf8.allSatisfy(Self.isNameByte) else {
            throw InvalidDestination(
                key: "credentials.account",
                reason: "not an account's identifier (MYORG-MYACCOUNT, without .snowflakecomputing.com)")
        }
        let pem = credentials["privateKey"]
        let passphrase = credentials["privateKeyPassphrase"]
        key = try PrivateKeyCredential.key(
            pem?.text ?? "", passphrase: passphrase, named: "credentials.privateKey")
        secrets = [pem, passphrase].compactMap { $0 }
    }

    /// `baseURL`, else the account's own host, in which names hold no underscores.
    func address(_ configuration: DestinationConfiguration) throws(InvalidDestination) -> OutboundURL {
        let host = account.lowercased().replacing("_", with: "-")
        return try ServiceAddress.url(
            configuration, service: "https://\(host).snowflakecomputing.com", target: "")
    }

    /// A token good for an hour: Snowflake takes the signed claims as they are.
    func token(unixMilliseconds: Int64) -> AccessToken {
        let now = unixMilliseconds / 1000
        // A locator's region is no part of the account's name.
        let name = "\(account.prefix { $0 != "." }.uppercased()).\(user.uppercased())"
        var claims = JSONObject()
        claims.add("iss", "\(name).SHA256:\(SHA256Hash.digest(of: key.publicKeyInfo[...]).base64)")
        claims.add("sub", name)
        claims.add("iat", now)
        claims.add("exp", now + Self.lifetime)
        return AccessToken(
            secret: JSONWebToken.signed(claims, by: key), expires: unixMilliseconds + Self.lifetime * 1000)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

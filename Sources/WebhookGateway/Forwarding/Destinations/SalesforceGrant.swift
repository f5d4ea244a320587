import Verifiers

/// How Salesforce is asked for a token: by a signed assertion for a user, or by a client's secret.
/// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm and
/// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm
struct SalesforceGrant {
    static let card: [DestinationCard.Credential] = [
        .init(
            name: "clientId", isSensitive: false, isRequired: true,
            hint: "the consumer key: Setup, App Manager, your app, Manage Consumer Details"),
        .init(
            name: "username", isSensitive: false, isRequired: false,
            hint: "with a private key: the user who publishes, whom the app is approved for"),
        .init(
            name: "privateKey", isSensitive: true, isRequired: false,
            hint: "the RSA key in PEM whose certificate the app has (Use digital signatures)", isFile: true),
        .init(
            name: "clientSecret", isSensitive: true, isRequired: false,
            hint: "instead of username and privateKey: the consumer secret of an app with the Client Credentials Flow"),
    ]

    /// Answers do not say how long a token holds: that is a setting of the organisation's, two hours by default.
    static let standardSeconds: Int64 = 3600
    /// Salesforce takes assertions that end within a few minutes.
    private static let assertionSeconds: Int64 = 180
    private static let standardLogin = "https://login.salesforce.com"

    private enum Proof {
        case key(RSASigningKey, user: String)
        case secret(Secret)
    }

    /// Where tokens come from: `baseURL`, else `settings.loginUrl`.
    let login: OutboundURL
    let secrets: [Secret]
    private let audience: String
    private let client: String
    private let proof: Proof

    init(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        let credentials = configuration.credentials
        client = credentials["clientId"]?.text ?? ""
        let address = try DestinationSettings(configuration).text("loginUrl") ?? Self.standardLogin
        do throws(OutboundURL.Malformed) {
            audience = try OutboundURL(address).origin
        } catch {
            throw InvalidDestination(key: "settings.loginUrl", reason: error.description)
        }
        login = try ServiceAddress.url(configuration, service: address, target: "")
        let pem = credentials["privateKey"]
        let secret = credentials["clientSecret"]
        switch (pem, credentials["username"], secret) {
        case (let pem?, let user?, nil):
            proof = .key(try PrivateKeyCredential.key(pem.text, named: "credentials.privateKey"), user: user.text)
        case (nil, nil, let secret?): proof = .secret(secret)
        default:
            throw InvalidDestination(
                key: "credentials",
                reason: "set username and privateKey (JWT Bearer Flow), or clientSecret alone (Client Credentials Flow)"
            )
        }
        secrets = [pem, secret].compactMap { $0 }
    }

    /// The fields of a request for a token, and those of them that are secret.
    func form(unixMilliseconds: Int64) -> (fields: [(name: String, value: String)], secrets: [Secret]) {
        switch proof {
        case .key(let key, let user):
            var claims = JSONObject()
            claims.add("iss", client)
            claims.add("sub", user)
            claims.add("aud", audience)
            claims.add("exp", unixMilliseconds / 1000 + Self.assertionSeconds)
            let assertion = JSONWebToken.signed(claims, by: key)
            return ([("grant_type", TokenGrant.jwtBearer), ("assertion", assertion.text)], [assertion])
        case .secret(let secret):
            return (
                [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret.text)], [secret]
            )
        }
    }
}

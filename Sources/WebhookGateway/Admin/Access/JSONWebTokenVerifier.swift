import Verifiers

/// Proves JSON web tokens (RFC 7519) by `admin.jwt`. The configured key alone says which algorithm there is: the token's
/// own word is only checked against it, so that `none`, or a public key used as a shared one, cannot pass.
@ControlPlane
final class JSONWebTokenVerifier {
    private enum Key {
        case shared(HMACKey)
        case rsa(RSAPublicKey)

        var algorithm: String {
            switch self {
            case .shared: "HS256"
            case .rsa: "RS256"
            }
        }
    }

    /// Why a token does not pass; one sentence without anything of the token in it.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    /// Clocks of issuer and gateway may differ by so much for `nbf`; `exp` is exact.
    private static let leewaySeconds: Int64 = 5
    private static let longest = 8192

    private let key: Key
    private let configuration: JWTConfiguration

    /// Nil when the key cannot be used; `reason` says why.
    init(_ configuration: JWTConfiguration) throws(ConfigurationError) {
        self.configuration = configuration
        if let secret = configuration.hs256, let key = HMACKey(secret.bytes) {
            self.key = .shared(key)
        } else if let secret = configuration.rs256, let key = RSAPublicKey(pem: secret.bytes) {
            self.key = .rsa(key)
        } else {
            throw ConfigurationError(
                place: "configuration",
                issues: [
                    ConfigurationIssue(
                        keyPath: configuration.rs256 == nil ? "admin.jwt" : "admin.jwt.rs256",
                        message: "holds no key that can be used",
                        remedy: "rs256 is a public RSA key of 2048 bits or more in PEM (BEGIN PUBLIC KEY)")
                ])
        }
    }

    /// Who a token speaks for, and until when in Unix milliseconds. Every claim that is configured, and `exp`, must be
    /// there and hold.
    func holder(of token: String, now: Int64) throws(Refusal) -> (principal: Principal, expiresAt: Int64) {
        let claims = try provedClaims(of: token)
        let seconds = now / 1000
        guard let expiry = Self.seconds(claims, "exp") else { throw Refusal(reason: "it has no expiry (exp)") }
        guard expiry > seconds else { throw Refusal(reason: "it has expired") }
        if claims.member("nbf") != nil {
            guard let start = Self.seconds(claims, "nbf"), start <= seconds + Self.leewaySeconds else {
                throw Refusal(reason: "it is not valid yet (nbf)")
            }
        }
        if let issuer = configuration.issuer, claims.string(of: claims.member("iss")) != issuer {
            throw Refusal(reason: "another issuer made it (iss)")
        }
        if let audience = configuration.audience, !Self.audiences(claims).contains(audience) {
            throw Refusal(reason: "it is meant for another audience (aud)")
        }
        guard let role = claims.string(of: claims.member("role")).flatMap(Role.init(rawValue:)) else {
            throw Refusal(reason: "it has no role of admin, operator, viewer")
        }
        let tenant = try tenant(claims, role)
        let subject = claims.string(of: claims.member("sub")) ?? "someone"
        return (
            Principal(name: "jwt:\(subject.prefix(128))", role: role, tenant: tenant),
            expiry.multipliedReportingOverflow(by: 1000).overflow ? .max : expiry * 1000
        )
    }

    private func tenant(_ claims: JSONDocument, _ role: Role) throws(Refusal) -> String? {
        if let node = claims.member("tenant"), !claims.isNull(node) {
            guard let tenant = claims.string(of: node), TextRule.name.problem(tenant) == nil else {
                throw Refusal(reason: "its tenant is no name")
            }
            return tenant
        }
        guard configuration.tenantlessRoles.contains(role.rawValue) else {
            throw Refusal(reason: "it has no tenant, and admin.jwt.tenantlessRoles does not name its role")
        }
        return nil
    }

    /// The claims of a token whose signature holds (RFC 7515 §5.2).
    private func provedClaims(of token: String) throws(Refusal) -> JSONDocument {
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard bytes.count <= Self.longest, parts.count == 3,
            let header = Self.object(parts[0]), let signature = Base64.decode(parts[2], alphabet: .urlSafe)
        else { throw Refusal(reason: "it is no JSON web token") }
        guard header.string(of: header.member("alg")) == key.algorithm else {
            throw Refusal(reason: "its algorithm is not the configured one")
        }
        // RFC 7515 §4.1.11: what is critical and not understood must be refused.
        guard header.member("crit") == nil else { throw Refusal(reason: "it asks for extensions (crit)") }
        let message = bytes[..<parts[1].endIndex]
        let holds =
            switch key {
            case .shared(let key): ConstantTime.equal(key.code(of: message).bytes[...], signature[...])
            case .rsa(let key): key.accepts(signature, of: message)
            }
        guard holds else { throw Refusal(reason: "its signature does not hold") }
        guard let claims = Self.object(parts[1]) else { throw Refusal(reason: "its claims are no JSON object") }
        return claims
    }

    private static func object(_ part: ArraySlice<UInt8>) -> JSONDocument? {
        var document = JSONDocument()
        guard let bytes = Base64.decode(part, alphabet: .urlSafe), (try? document.read(bytes[...])) != nil,
            document.kind(of: .root) == .object
        else { return nil }
        return document
    }

    private static func audiences(_ claims: JSONDocument) -> [String] {
        guard let node = claims.member("aud") else { return [] }
        if let single = claims.string(of: node) { return [single] }
        return claims.children(of: node).compactMap { claims.string(of: $0) }
    }

    /// A NumericDate (RFC 7519 §2); fractions are cut off.
    private static func seconds(_ claims: JSONDocument, _ name: StaticString) -> Int64? {
        guard let node = claims.member(name), claims.kind(of: node) == .number else { return nil }
        if let whole = claims.integer(of: node) { return whole }
        guard let value = Double(String(decoding: claims.text(of: node), as: UTF8.self)), abs(value) < 1e15 else {
            return nil
        }
        return Int64(value.rounded(.down))
    }
}

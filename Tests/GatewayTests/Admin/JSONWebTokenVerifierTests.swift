import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct JSONWebTokenVerifierTests {
    private static let now: Int64 = 1_795_250_460_000
    private static let secret = Array("a shared secret of some length".utf8)

    private static func encoded(_ text: String) -> [UInt8] {
        Base64.encode(Array(text.utf8)[...], alphabet: .urlSafe, padded: false)
    }

    private static func token(_ claims: String, header: String = #"{"alg":"HS256","typ":"JWT"}"#) throws -> String {
        let message = encoded(header) + [UInt8(ascii: ".")] + encoded(claims)
        let key = try #require(HMACKey(secret))
        let code = Base64.encode(key.code(of: message[...]).bytes[...], alphabet: .urlSafe, padded: false)
        return String(decoding: message + [UInt8(ascii: ".")] + code, as: UTF8.self)
    }

    private static func verifier(_ change: (inout JWTConfiguration) -> Void = { _ in }) throws -> JSONWebTokenVerifier {
        var configuration = JWTConfiguration()
        configuration.hs256 = Secret(origin: .literal, bytes: secret)
        change(&configuration)
        return try JSONWebTokenVerifier(configuration)
    }

    private static let good = #""exp":1795250461,"role":"operator","tenant":"acme","sub":"ann""#

    @Test func `a good token tells name, role and tenant`() throws {
        let principal = try Self.verifier().holder(of: try Self.token("{\(Self.good)}"), now: Self.now).principal
        #expect(principal == Principal(name: "jwt:ann", role: .operator, tenant: "acme"))
    }

    @Test(arguments: [
        #""role":"operator","tenant":"acme""#, #""exp":1795250460,"role":"operator","tenant":"acme""#,
        #""exp":"1795250461","role":"operator","tenant":"acme""#, #""exp":1795250461,"role":"root","tenant":"acme""#,
        #""exp":1795250461,"tenant":"acme""#, #""exp":1795250461,"role":"operator""#,
        #""exp":1795250461,"role":"operator","tenant":"a:b""#, #""exp":1795250461,"role":"operator","tenant":7"#,
        #""exp":1795250461,"role":"operator","tenant":"acme","nbf":1795250520"#,
        #""exp":1795250461,"role":"operator","tenant":"acme","nbf":"x""#,
    ]) func `a claim that is missing or does not hold refuses`(claims: String) throws {
        let verifier = try Self.verifier()
        let token = try Self.token("{\(claims)}")
        #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: token, now: Self.now) }
    }

    @Test func `issuer and audience must be the configured ones`() throws {
        let verifier = try Self.verifier { ($0.issuer, $0.audience) = ("https://id.example", "gateway") }
        let right = #""iss":"https://id.example","aud":["other","gateway"]"#
        #expect(
            try verifier.holder(of: try Self.token("{\(Self.good),\(right)}"), now: Self.now).principal.role
                == .operator)
        for wrong in [#""iss":"https://id.example""#, #""iss":"x","aud":"gateway""#, #""aud":"gateway""#] {
            let token = try Self.token("{\(Self.good),\(wrong)}")
            #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: token, now: Self.now) }
        }
    }

    @Test func `only a role that the configuration names goes without a tenant`() throws {
        let verifier = try Self.verifier { $0.tenantlessRoles = ["admin"] }
        let admin = try Self.token(#"{"exp":1795250461,"role":"admin"}"#)
        #expect(try verifier.holder(of: admin, now: Self.now).principal.tenant == nil)
        let viewer = try Self.token(#"{"exp":1795250461,"role":"viewer"}"#)
        #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: viewer, now: Self.now) }
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{}"#,
        #"{"alg":"HS256","crit":["b64"],"b64":false}"#,
    ]) func `the token's own word on its algorithm changes nothing`(header: String) throws {
        let verifier = try Self.verifier()
        let signed = try Self.token("{\(Self.good)}", header: header)
        let unsigned = String(signed[...(signed.lastIndex(of: ".") ?? signed.startIndex)])
        for token in [signed, unsigned] {
            #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: token, now: Self.now) }
        }
    }

    @Test func `a changed token is refused`() throws {
        let verifier = try Self.verifier()
        let token = try Self.token("{\(Self.good)}")
        for index in token.indices.dropFirst().dropLast() where token[index] != "." {
            var changed = token
            changed.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: changed, now: Self.now) }
        }
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "=.=.=", String(repeating: "x", count: 10_000)])
    func `what is no token is refused`(text: String) throws {
        let verifier = try Self.verifier()
        #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: text, now: Self.now) }
    }

    @Test func `a public key proves RS256, and does not serve as a shared one`() throws {
        let directory = try TemporaryDirectory()
        let (key, pem) = ("\(directory.path)/key.pem", "\(directory.path)/public.pem")
        try Self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
        try Self.openssl("pkey", "-in", key, "-pubout", "-out", pem)
        let message =
            Self.encoded(#"{"alg":"RS256"}"#) + [UInt8(ascii: ".")] + Self.encoded("{\(Self.good)}")
        try Data(message).write(to: URL(filePath: "\(directory.path)/message"))
        try Self.openssl(
            "dgst", "-sha256", "-sign", key, "-out", "\(directory.path)/signature", "\(directory.path)/message")
        let signature = Array(try Data(contentsOf: URL(filePath: "\(directory.path)/signature")))
        let token = String(
            decoding: message + [UInt8(ascii: ".")]
                + Base64.encode(signature[...], alphabet: .urlSafe, padded: false), as: UTF8.self)
        let publicKey = try HostFile.read(pem)
        let verifier = try Self.verifier { configuration in
            configuration.hs256 = nil
            configuration.rs256 = Secret(origin: .literal, bytes: publicKey)
        }
        #expect(try verifier.holder(of: token, now: Self.now).principal.name == "jwt:ann")
        // The classic confusion: the public key as the secret of an HMAC.
        let hmac = try #require(HMACKey(publicKey))
        let forged =
            Self.encoded(#"{"alg":"HS256"}"#) + [UInt8(ascii: ".")] + Self.encoded("{\(Self.good)}")
        let code = Base64.encode(hmac.code(of: forged[...]).bytes[...], alphabet: .urlSafe, padded: false)
        let text = String(decoding: forged + [UInt8(ascii: ".")] + code, as: UTF8.self)
        #expect(throws: JSONWebTokenVerifier.Refusal.self) { try verifier.holder(of: text, now: Self.now) }
    }

    private static func openssl(_ arguments: String...) throws {
        let directory = try TemporaryDirectory()
        let program = try Program(
            "/usr/bin/openssl", arguments, in: directory.path, environment: ["PATH": "/usr/bin:/bin"],
            logs: "\(directory.path)/openssl")
        let result = try program.finish()
        #expect(result.code == 0)
    }
}

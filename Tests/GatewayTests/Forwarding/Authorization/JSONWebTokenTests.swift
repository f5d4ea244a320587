import Testing
import Verifiers

@testable import WebhookGateway

struct JSONWebTokenTests {
    private let key = TestRSAKey.shared

    private func claims() -> JSONObject {
        var claims = JSONObject()
        claims.add("iss", "gateway@example.com")
        claims.add("iat", 1_795_250_460)
        return claims
    }

    private func pem(_ text: String, _ passphrase: String? = nil) throws(InvalidDestination) -> RSASigningKey {
        try PrivateKeyCredential.key(text, passphrase: passphrase.map { Secret(literal: $0) }, named: "credentials.key")
    }

    @Test func `OpenSSL verifies what was signed`() throws {
        let token = JSONWebToken.signed(claims(), keyID: "k1", by: try pem(key.pem))
        let (header, claims) = try key.open(token.text)
        #expect(try header.string("kid") == "k1")
        #expect(claims.text == #"{"iss":"gateway@example.com","iat":1795250460}"#)
    }

    @Test func `a token that was changed is not verified`() throws {
        let token = JSONWebToken.signed(claims(), by: try pem(key.pem)).text
        let changed = token.replacing(".", with: ".A", maxReplacements: 1)
        #expect(throws: Violation.self) { try key.open(changed) }
        #expect(throws: Violation.self) { try TestRSAKey().open(token) }
    }

    @Test func `line ends may be written as backslash n, and a passphrase opens an encrypted key`() throws {
        for read in [
            try pem(key.pem.replacing("\n", with: #"\n"#)), try pem(key.encrypted("open sesame"), "open sesame"),
        ] {
            #expect(SHA256Hash.digest(of: read.publicKeyInfo[...]).base64 == key.fingerprint)
            _ = try key.open(JSONWebToken.signed(claims(), by: read).text)
        }
    }

    @Test func `a key that cannot sign is refused with the reason, and none of its text`() throws {
        let encrypted = key.encrypted("open sesame")
        let certificate = try TemporaryFolder()
        let curve = try HostFile.read(
            TestCertificate(names: "DNS:localhost", in: certificate, called: "curve").key)
        let bad: [(String, String?, String)] = [
            ("no key", nil, "no private key in PEM"), ("", nil, "no private key in PEM"),
            (String(key.pem.dropLast(200)), nil, "no private key in PEM"),
            (encrypted, nil, "passphrase"), (encrypted, "wrong", "passphrase"),
            (String(decoding: curve, as: UTF8.self), nil, "another kind than RSA"),
            (TestRSAKey(bits: 1024).pem, nil, "1024 bits"),
        ]
        for (text, passphrase, reason) in bad {
            do throws(InvalidDestination) {
                _ = try pem(text, passphrase)
                Issue.record("taken: \(reason)")
            } catch {
                #expect(error.key == "credentials.key")
                #expect(error.reason.contains(reason), "\(error)")
                #expect(text.count < 10 || !error.reason.contains(text.dropFirst(30).prefix(20)))
            }
        }
    }
}

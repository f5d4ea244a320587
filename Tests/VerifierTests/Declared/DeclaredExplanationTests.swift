import Testing

@testable import Verifiers

/// Causes that are named though the signature is of a kind without a fixed length, or there is none.
@Suite struct DeclaredExplanationTests {
    private func provider(_ kind: Proof.Kind, _ secret: String) throws -> DeclaredProvider {
        var definition = ProviderDefinition(name: "acme", title: "Acme")
        var proof = Proof(kind: kind)
        proof.signature = SignatureRule(places: [.header("X-Signature")])
        proof.signature?.encoding = .base64
        proof.signed = try SignedText(template: "{body}")
        definition.proofs = [proof]
        return try DeclaredProvider(definition, .make(secret))
    }

    private func hint(
        _ provider: DeclaredProvider, header: String, body: String
    ) -> String {
        let delivery = Delivery(
            method: "POST", target: Array("/w".utf8)[...], body: Array(body.utf8)[...],
            headers: HeaderFields([("X-Signature", header)]), peer: nil, receivedAt: 1)
        do throws(VerificationFailure) {
            _ = try provider.verify(delivery)
            return "accepted"
        } catch {
            return provider.explain(error, of: delivery)
        }
    }

    @Test func `an Ed25519 signature in hex where base64 is expected is told, though it reads as base64`() throws {
        let seed = Array("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7".utf8)
        let key = try #require(AsymmetricKey(seed, scheme: .ed25519, isPrivate: true))
        let signature = try #require(key.signature(of: Array("{}".utf8)))
        // RFC 8032 §7.1, test 3.
        let acme = try provider(
            .signature(.ed25519), "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
        let base64 = String(decoding: Base64.encode(signature[...]), as: UTF8.self)
        #expect(hint(acme, header: base64, body: "{}") == "accepted")
        let hex = String(decoding: Hex.encode(signature[...]), as: UTF8.self)
        #expect(hint(acme, header: hex, body: "{}") == "the signature is hex where base64 is expected")
        let pretty = try #require(key.signature(of: Array("{\"a\":1}\r\n".utf8)))
        let header = String(decoding: Base64.encode(pretty[...]), as: UTF8.self)
        #expect(hint(acme, header: header, body: "{\n  \"a\": 1\n}").contains("minified JSON with CR LF at its end"))
    }

    @Test func `a body that was lost, and white space in the configuration, are named`() throws {
        let acme = try provider(.hmac(.sha256), "secret")
        let code = try #require(HMACKey(Array("secret".utf8))).code(of: Array("{}".utf8)[...])
        let header = String(decoding: Base64.encode(code.bytes[...]), as: UTF8.self)
        #expect(hint(acme, header: header, body: "{}") == "accepted")
        #expect(hint(acme, header: header, body: "").hasPrefix("the body is empty here"))
        let shared = try provider(.shared, "secret\n")
        #expect(hint(shared, header: "secret", body: "{}").contains("the one configured has white space around it"))
    }
}

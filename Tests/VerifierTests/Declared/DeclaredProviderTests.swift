import Testing

@testable import Verifiers

@Suite struct DeclaredProviderTests {
    private func provider(
        _ proof: Proof, _ settings: ProviderSettings = .make("secret"),
        _ change: (inout ProviderDefinition) -> Void = { _ in }
    ) throws -> DeclaredProvider {
        var definition = ProviderDefinition(name: "acme", title: "Acme")
        definition.proofs = [proof]
        change(&definition)
        return try DeclaredProvider(definition, settings)
    }

    private func proof(_ kind: Proof.Kind, _ signed: String = "{body}", encoding: Proof.Encoding = .hex) throws -> Proof
    {
        var proof = Proof(kind: kind)
        proof.signature = SignatureRule(places: [.header("X-Signature")])
        proof.signature?.encoding = encoding
        proof.signed = try SignedText(template: signed)
        return proof
    }

    @Test(arguments: HashAlgorithm.allCases, Proof.Encoding.allCases)
    func `every hash function and encoding signs and verifies`(_ algorithm: HashAlgorithm, _ encoding: Proof.Encoding)
        throws
    {
        for kind in [Proof.Kind.hmac(algorithm), .hash(algorithm)] {
            let text = kind == .hash(algorithm) ? "{secret}{body}" : "{body}"
            let acme = try provider(try proof(kind, text, encoding: encoding))
            var sample = Sample(target: "/w", body: Array("{}".utf8), now: 1)
            acme.sign(&sample)
            #expect(acme.outcome(Delivery(sample)) == .success(1))
            sample.body.append(0x20)
            #expect(acme.outcome(Delivery(sample)) == .failure(.mismatch))
        }
    }

    @Test func `Ed25519 and ECDSA verify with the public key and sign with the private one`() throws {
        // RFC 8032 §7.1, test 3.
        let key = AsymmetricKey(
            Array("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025".utf8), scheme: .ed25519)
        let signature = Hex.decode(
            Array(
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
                    .utf8)[...])
        #expect(try #require(key).verifies(try #require(signature), of: [0xAF, 0x82]))
        #expect(try !#require(key).verifies(try #require(signature), of: [0xAF, 0x83]))
        #expect(key?.canSign == false && key?.signature(of: []) == nil)
        let seed = AsymmetricKey(
            Array("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7".utf8), scheme: .ed25519,
            isPrivate: true)
        #expect(try #require(seed).signature(of: [0xAF, 0x82]) == signature)
        #expect(AsymmetricKey(Array("AAAA".utf8), scheme: .ecdsaP256) == nil)
        #expect(
            AsymmetricKey(Array("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----".utf8), scheme: .rsa) == nil
        )
    }

    @Test func `basic authentication, a bearer token and a header are compared whole`() throws {
        let basic = try provider(Proof(kind: .basic), .make("user:pass"))
        func verdict(_ acme: DeclaredProvider, _ name: String, _ value: String) -> Result<Int, VerificationFailure> {
            acme.outcome(.make(headers: [(name, value)]))
        }
        #expect(verdict(basic, "Authorization", "Basic dXNlcjpwYXNz") == .success(1))
        #expect(verdict(basic, "authorization", "basic dXNlcjpwYXNz") == .success(1))
        #expect(verdict(basic, "Authorization", "Basic dXNlcjpwYXNzMg==") == .failure(.mismatch))
        #expect(verdict(basic, "Authorization", "Bearer x") == .failure(.malformed))
        #expect(verdict(basic, "X", "x") == .failure(.missing))
        var shared = Proof(kind: .shared)
        shared.signature = SignatureRule(places: [.header("Authorization")])
        shared.signature?.prefix = "Bearer "
        let bearer = try provider(shared, .make("one", "two"))
        #expect(verdict(bearer, "Authorization", "Bearer two") == .success(2))
        #expect(verdict(bearer, "Authorization", "Bearer tw") == .failure(.mismatch))
        #expect(verdict(bearer, "Authorization", "two") == .failure(.malformed))
    }

    @Test func `the age is judged after the signature, on both sides unless the definition says otherwise`() throws {
        var proof = try proof(.hmac(.sha256), "{timestamp}.{body}")
        proof.timestamp = TimestampRule(places: [.header("X-Time")])
        let acme = try provider(proof, .make("secret", tolerance: 60))
        var sample = Sample(target: "/w", body: [], now: 1000)
        acme.sign(&sample)
        #expect(acme.outcome(Delivery(sample, at: 1060)) == .success(1))
        #expect(acme.outcome(Delivery(sample, at: 1061)) == .failure(.expired))
        #expect(acme.outcome(Delivery(sample, at: 939)) == .failure(.expired))
        #expect(acme.explain(.expired, of: Delivery(sample, at: 1061)).contains("1 s older than the tolerance"))
        #expect(acme.explain(.expired, of: Delivery(sample, at: 939)).contains("61 s in the future"))
        proof.timestamp?.checksFuture = false
        #expect(try provider(proof, .make("secret", tolerance: 60)).outcome(Delivery(sample, at: 1)) == .success(1))
        proof.timestamp?.toleranceSeconds = 0
        #expect(try provider(proof, .make("secret", tolerance: 60)).outcome(Delivery(sample, at: 9999)) == .success(1))
    }

    @Test(arguments: [
        ("sha512", "HMAC-SHA512"), ("sha1", "HMAC-SHA1"),
    ])
    func `another hash function is recognised`(name: String, title: String) throws {
        let ours = try provider(try proof(.hmac(.sha256)))
        let theirs = try provider(try proof(.hmac(try #require(HashAlgorithm(rawValue: name)))))
        var sample = Sample(target: "/w", body: Array("{}".utf8), now: 1)
        theirs.sign(&sample)
        #expect(ours.outcome(Delivery(sample)) == .failure(.malformed))
        #expect(ours.explain(.malformed, of: Delivery(sample)).contains(title))
    }

    @Test func `the usual mistakes are named`() throws {
        let acme = try provider(try proof(.hmac(.sha256), "{url}{body}"), .make("secret", url: "https://h.example/w"))
        func hint(_ key: String, _ text: String, base64: Bool = false) throws -> String {
            let code = try #require(HMACKey(Array(key.utf8))).code(of: Array(text.utf8)[...])
            let delivery = Delivery.make(body: #"{"a":1}"#, headers: [("X-Signature", base64 ? code.base64 : code.hex)])
            guard case .failure(let failure) = acme.outcome(delivery) else { return "accepted" }
            return acme.explain(failure, of: delivery)
        }
        #expect(try hint("secret", #"https://h.example/w{"a":1}"#) == "accepted")
        #expect(
            try hint("secret", #"https://h.example/w{"a":1}"#, base64: true).contains(
                "base64 where hex is expected"))
        #expect(try hint("secret", #"{"a":1}"#).contains("wrong notification URL"))
        #expect(try hint("secret", #"https://h.example/w/{"a":1}"#).contains("'https://h.example/w/'"))
        #expect(try hint("secret\n", #"https://h.example/w{"a":1}"#).contains("line feed"))
        #expect(try hint("secret", #"https://h.example/w{"a": 1}"#).contains("the body was altered"))
        #expect(try hint("other", #"https://h.example/w{"a":1}"#).contains("no configured secret yields"))
    }

    @Test func `events are split, inherit what surrounds them, and hide what nobody may keep`() throws {
        let acme = try provider(Proof(kind: .none), .open) { definition in
            definition.events.splits = [.init(path: JSONPointer("/realms/*/items/*")!)]
            definition.events.inherited = [.init(name: "realm", path: JSONPointer("/realms/*/id")!)]
            definition.events.redacted = [JSONPointer("/card/number")!]
            definition.events.id = Expression(alternatives: [
                .init(parts: [.item(JSONPointer("/id")!, isOptional: false)])
            ])
        }
        let body =
            #"{"realms":[{"id":7,"items":[{"id":"a","card":{"number":"4111"}}]},{"id":8,"items":[{"id":"b"},3]}]}"#
        var document = JSONDocument()
        let events = try acme.events(in: .make(body: body), document: &document)
        #expect(events.map(\.key).prefix(2) == ["a", "b"])
        #expect(
            String(decoding: document.bytes, as: UTF8.self)
                == #"[{"realm":7,"id":"a","card":{"number":"•••"}},{"realm":8,"id":"b"},{"realm":8,"value":3}]"#)
        // Unknown lists are one event; known but empty ones are none.
        #expect(try acme.events(#"{"other":1}"#).count == 1)
        #expect(try acme.events(#"{"realms":[]}"#).isEmpty)
    }

    @Test func `multipart forms are read like urlencoded ones`() throws {
        let acme = try provider(Proof(kind: .none), .open) { definition in
            definition.contents = [.form]
            definition.events.type = Expression(alternatives: [
                .init(parts: [.item(JSONPointer("/type")!, isOptional: false)])
            ])
        }
        let body =
            "--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nmade\r\n--b\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n\u{1}\r\n--b--\r\n"
        func events(_ body: String) throws -> [ProviderEvent] {
            try acme.events(body, headers: [("Content-Type", "multipart/form-data; boundary=\"b\"")])
        }
        #expect(try events(body).map(\.type) == ["made"])
        for broken in ["", "--b", "--b\r\n", String(body.dropLast(5)), "--c--"] {
            #expect(throws: MalformedBody.self) { try events(broken) }
        }
    }
}

extension ProviderSettings {
    /// Settings of a source that asks for no proof.
    fileprivate static let open = ProviderSettings(secrets: [], allowUnauthenticated: true)
}

extension DeclaredProviderTests {
    @Test func `a token proves one event, as often as it is repeated, and no other`() {
        let tokens = SingleUseTokens()
        func claim(_ token: String, _ owner: String) -> Bool {
            tokens.claim(Array(token.utf8)[...], for: Array(owner.utf8)[...])
        }
        #expect(claim("t", "a") && claim("t", "a"))
        #expect(!claim("t", "b"))
        #expect(claim("u", "b"))
        for number in 0..<SingleUseTokens.capacity { _ = claim("\(number)", "x") }
        #expect(claim("t", "b"), "what is older than the capacity is forgotten")
    }
}

import Verifiers

/// Reads one way in which deliveries prove themselves.
struct ProofReader {
    let problems: MappingProblems

    private enum KindName: String, CaseIterable {
        case hmac, hash, ecdsaP256, ed25519, rsa, shared, bearer, basic, urlSecret, none
    }

    func proof(_ value: JSONValue, at path: String) -> Proof? {
        let keys = [
            "label", "kind", "algorithm", "key", "when", "signature", "timestamp", "id", "signed", "emptyBody",
            "bodyUnsigned", "singleUse",
        ]
        guard let object = StrictObject(value, at: path, keys: keys, problems) else { return nil }
        let name: KindName = choice(object, "kind", .hmac)
        var proof = Proof(kind: kind(name, choice(object, "algorithm", .sha256)))
        let places = PlaceReader(problems: problems)
        proof.label = object.text("label") ?? ""
        proof.conditions = places.conditions(object, "when")
        proof.id = places.places(object, "id")
        proof.signature = signature(object, name)
        proof.timestamp = timestamp(object)
        proof.refusesEmptyBody = emptyBody(object)
        proof.singleUse = places.places(object, "singleUse")
        if !proof.singleUse.isEmpty, proof.id.isEmpty {
            problems.add(object.path("singleUse"), "needs to know the token", "say where it stands under \"id\"")
        }
        readKey(object, &proof)
        if let template = object.text("signed") {
            do throws(SignedText.Malformed) {
                proof.signed = try SignedText(template: template)
            } catch {
                problems.add(object.path("signed"), error.reason, "")
            }
        }
        check(proof, name, object)
        return proof
    }

    private func kind(_ name: KindName, _ algorithm: HashAlgorithm) -> Proof.Kind {
        switch name {
        case .hmac: .hmac(algorithm)
        case .hash: .hash(algorithm)
        case .ecdsaP256: .signature(.ecdsaP256)
        case .ed25519: .signature(.ed25519)
        case .rsa: .signature(.rsa)
        case .shared, .bearer: .shared
        case .basic: .basic
        case .urlSecret: .urlSecret
        case .none: .none
        }
    }

    /// A choice among words; `fallback` when the key is absent.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ object: StrictObject, _ key: String, _ fallback: Choice
    ) -> Choice {
        guard let text = object.text(key) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        let guess = NearestName.to(text, among: words).map { "did you mean \"\($0)\"? " } ?? ""
        problems.add(
            object.path(key), "\(TextRule.quoted(text)) is not known",
            "\(guess)it is one of \(words.joined(separator: ", "))")
        return fallback
    }

    private func signature(_ object: StrictObject, _ kind: KindName) -> SignatureRule? {
        guard let value = object["signature"] else {
            guard kind == .bearer else { return nil }
            var rule = SignatureRule(places: [.header("Authorization")])
            rule.prefix = "Bearer "
            return rule
        }
        guard case .object = value else {
            return SignatureRule(places: PlaceReader(problems: problems).places(object, "signature"))
        }
        let keys = ["from", "prefix", "encoding", "fields"]
        guard let inner = StrictObject(value, at: object.path("signature"), keys: keys, problems) else { return nil }
        var rule = SignatureRule(places: PlaceReader(problems: problems).places(inner, "from"))
        rule.prefix = inner.text("prefix") ?? ""
        rule.encoding = choice(inner, "encoding", .hex)
        if let fields = inner["fields"] { rule.fields = self.fields(fields, at: inner.path("fields")) }
        if rule.places.isEmpty, inner["from"] == nil {
            problems.add(
                inner.path("from"), "is missing", "say where the signature stands, as in \"header:X-Signature\"")
        }
        return rule
    }

    private func fields(_ value: JSONValue, at path: String) -> SignatureRule.Fields? {
        guard let object = StrictObject(value, at: path, keys: ["separator", "assign", "keys"], problems) else {
            return nil
        }
        let keys = object.list("keys").compactMap { if case .text(let text) = $0.value { text } else { nil } }
        if keys.isEmpty {
            problems.add(object.path("keys"), "names no key", "name those that signatures stand under, as in [\"v1\"]")
        }
        return .init(
            separator: character(object, "separator", ","), assign: character(object, "assign", "="), keys: keys)
    }

    private func character(_ object: StrictObject, _ key: String, _ fallback: String) -> UInt8 {
        let text = Array((object.text(key) ?? fallback).utf8)
        if text.count == 1 { return text[0] }
        problems.add(object.path(key), "is not one ASCII character", "as in \"\(fallback)\"")
        return Array(fallback.utf8)[0]
    }

    private func timestamp(_ object: StrictObject) -> TimestampRule? {
        guard let value = object["timestamp"] else { return nil }
        guard case .object = value else {
            return TimestampRule(places: PlaceReader(problems: problems).places(object, "timestamp"))
        }
        let keys = ["from", "unit", "toleranceSeconds", "future"]
        guard let inner = StrictObject(value, at: object.path("timestamp"), keys: keys, problems) else { return nil }
        var rule = TimestampRule(places: PlaceReader(problems: problems).places(inner, "from"))
        rule.unit = choice(inner, "unit", .seconds)
        if inner["toleranceSeconds"] != nil {
            let seconds = inner.integer("toleranceSeconds", default: 0)
            if !(0...604_800).contains(seconds) {
                problems.add(
                    inner.path("toleranceSeconds"), "\(seconds) is out of range", "set it to 0 (not checked) to 604800")
            }
            rule.toleranceSeconds = Int64(seconds)
        }
        if inner["future"] != nil { rule.checksFuture = inner.boolean("future") }
        return rule
    }

    private func emptyBody(_ object: StrictObject) -> Bool {
        switch object.text("emptyBody") {
        case nil, "accept"?: return false
        case "refuse"?: return true
        case let other?:
            problems.add(
                object.path("emptyBody"), "\(TextRule.quoted(other)) is not known", "it is \"accept\" or \"refuse\"")
            return false
        }
    }

    private func readKey(_ object: StrictObject, _ proof: inout Proof) {
        guard let value = object["key"],
            let key = StrictObject(value, at: object.path("key"), keys: ["encoding", "prefix", "required"], problems)
        else { return }
        proof.keyEncoding = choice(key, "encoding", .utf8)
        proof.keyPrefixes = key.list("prefix").compactMap { if case .text(let text) = $0.value { text } else { nil } }
        proof.needsKeyPrefix = key.boolean("required")
    }

    /// What single keys cannot tell.
    private func check(_ proof: Proof, _ name: KindName, _ object: StrictObject) {
        switch proof.kind {
        case .hmac, .hash, .signature:
            if proof.signature == nil {
                problems.add(object.path("signature"), "is missing", "say where the signature stands")
            }
            if !proof.signed.coversBody, !object.boolean("bodyUnsigned"), proof.conditions.isEmpty {
                problems.add(
                    object.path("signed"), "does not cover the body, so that anybody could change it",
                    "add {body}; if the provider really does not sign it, say bodyUnsigned: true")
            }
            if proof.signed.parts.contains(.timestamp), proof.timestamp == nil {
                problems.add(object.path("timestamp"), "is missing, and {timestamp} is signed", "say where it stands")
            }
            if proof.timestamp != nil, !proof.signed.parts.contains(.timestamp) {
                problems.add(
                    object.path("timestamp"), "is not signed, so it proves nothing", "add {timestamp} to \"signed\"")
            }
            if proof.signed.parts.contains(.id), proof.id.isEmpty {
                problems.add(object.path("id"), "is missing, and {id} is signed", "say where it stands")
            }
            let holdsSecret = proof.signed.parts.contains(.secret)
            if case .hash = proof.kind, !holdsSecret {
                problems.add(
                    object.path("signed"), "does not hold {secret}, so that anybody could compute the hash",
                    "add {secret}")
            }
            if case .hmac = proof.kind, holdsSecret {
                problems.add(object.path("signed"), "holds {secret}, which is the key already", "take it out")
            }
        case .shared:
            if proof.signature == nil {
                problems.add(
                    object.path("signature"), "is missing", "say where the secret stands, as in \"header:X-API-KEY\"")
            }
        case .basic, .urlSecret, .none: break
        }
    }
}

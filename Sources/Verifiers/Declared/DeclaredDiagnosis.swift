/// Finds what a signature that does not match was made of: another form of the secret, of the body, of the URL, or of
/// the signed text. Every guess is proven by computing it.
struct DeclaredDiagnosis {
    let definition: ProviderDefinition
    let settings: ProviderSettings
    let check: ProofCheck
    let values: RequestValues

    private var proof: Proof { check.proof }

    /// The cause of a mismatch.
    func explanation(of delivery: Delivery) -> String {
        guard let (input, signatures) = try? check.input(delivery, values) else {
            return "a part of what \(definition.title) signs is missing in the request"
        }
        let received = signatures.compactMap { Signature($0, proof) }
        if proof.refusesEmptyBody, delivery.body.isEmpty {
            return "the body is empty: \(definition.title) never sends an empty body"
        }
        let trial = Trial(proof: proof, keys: keys, received: received)
        if !proof.singleUse.isEmpty, trial.succeeds(input) {
            return
                "the signature is right, but its token has proved another event before: \(definition.title) uses each once"
        }
        return secretCause(trial, input) ?? encodingCause(trial, signatures, input)
            ?? urlCause(trial, input, delivery) ?? bodyCause(trial, input)
            ?? textCause(trial, input) ?? algorithmCause(trial, signatures, input)
            ?? (delivery.body.isEmpty && proof.signed.coversBody ? Self.emptyBody : general)
    }

    private static let emptyBody =
        "the body is empty here: a proxy, a redirect or the capture of the request lost it, or the secret is another's"

    /// Where signatures have no fixed length, one in another encoding may read as one of the expected.
    private func encodingCause(_ trial: Trial, _ signatures: [ArraySlice<UInt8>], _ input: SignedInput) -> String? {
        guard case .signature = proof.kind, let expected = proof.signature?.encoding else { return nil }
        for encoding in Proof.Encoding.allCases where encoding != expected {
            var other = trial
            other.proof.signature?.encoding = encoding
            other.received = signatures.compactMap { Signature($0, other.proof) }
            if !other.received.isEmpty, other.succeeds(input) {
                return "the signature is \(encoding.title) where \(expected.title) is expected"
            }
        }
        return nil
    }

    /// What one guess is compared with.
    private struct Trial {
        var proof: Proof
        var keys: [[UInt8]]
        var received: [Signature]

        /// Whether some key yields one of the signatures for this input.
        func succeeds(_ input: SignedInput, text: SignedText? = nil) -> Bool {
            keys.contains { key in
                guard let bytes = input.bytes(text ?? proof.signed, secret: key) else { return false }
                switch proof.kind {
                case .hmac(let algorithm):
                    guard let code = HMACKey(key, algorithm: algorithm)?.code(of: bytes[...]) else { return false }
                    return received.contains { $0.digest == code }
                case .hash(let algorithm):
                    let code = algorithm.digest(of: bytes[...])
                    return received.contains { $0.digest == code }
                case .signature(let scheme):
                    guard let key = AsymmetricKey(key, scheme: scheme) else { return false }
                    return received.contains { key.verifies($0.bytes, of: bytes) }
                case .shared, .basic, .urlSecret, .none: return false
                }
            }
        }
    }

    /// The configured keys; of an asymmetric proof their texts.
    private var keys: [[UInt8]] {
        settings.secrets.compactMap { secret in
            if case .signature = proof.kind { return proof.bare(secret) }
            return proof.key(of: secret)
        }
    }

    private func secretCause(_ trial: Trial, _ input: SignedInput) -> String? {
        if case .signature = proof.kind { return nil }
        for (index, secret) in settings.secrets.enumerated() {
            let name = settings.secrets.count == 1 ? "the secret" : "secret \(index + 1)"
            for variant in variants(of: secret) {
                var trial = trial
                trial.keys = [variant.secret]
                if trial.succeeds(input) { return "the signature was made with \(name) \(variant.description)" }
            }
        }
        return nil
    }

    private func variants(of secret: [UInt8]) -> [SecretVariant] {
        guard proof.keyEncoding != .utf8 else { return SecretVariant.all(of: proof.bare(secret)) }
        let encoding = proof.keyEncoding.rawValue
        let bare = proof.bare(secret)
        return [
            SecretVariant(
                description: "as a text, prefix and all: \(definition.title) decodes it from \(encoding)",
                secret: secret),
            SecretVariant(
                description: "as a text without its prefix: \(definition.title) decodes it from \(encoding)",
                secret: bare),
            SecretVariant(description: "followed by a line feed: the sender's copy has one", secret: secret + [0x0A]),
        ]
    }

    private func urlCause(_ trial: Trial, _ input: SignedInput, _ delivery: Delivery) -> String? {
        guard proof.signed.usesURL else { return nil }
        for variant in NotificationURLVariant.all(of: check.url[...], delivery: delivery) {
            var input = input
            input.url = variant.url
            if trial.succeeds(input) {
                return
                    "wrong notification URL: the signature was made for \(variant.description); set notificationURL to "
                    + "the URL exactly as it is registered at \(definition.title)"
            }
        }
        return nil
    }

    private func bodyCause(_ trial: Trial, _ input: SignedInput) -> String? {
        guard proof.signed.coversBody, input.body.count <= SignatureDiagnosis.maximumBodyLength else { return nil }
        for variant in BodyVariant.all(of: input.body) {
            var input = input
            input.body = variant.body[...]
            if trial.succeeds(input) {
                return "the body was altered on the way: the signature fits it \(variant.description); "
                    + "pass on the raw bytes as they arrive"
            }
        }
        return nil
    }

    /// A text of other parts than the provider signs.
    private func textCause(_ trial: Trial, _ input: SignedInput) -> String? {
        let parts = proof.signed.parts
        var others: [(String, [SignedText.Part])] = []
        if parts != [.body] { others.append(("covers the body alone", [.body])) }
        if parts.contains(.timestamp) {
            others.append(("covers the text without the timestamp", parts.filter { $0 != .timestamp }))
        } else {
            others.append(("covers the URL and the body", [.url, .body]))
        }
        others.append(
            (
                "covers the parts without what stands between them",
                parts.filter { part in
                    if case .literal = part { false } else { true }
                }
            ))
        for (description, parts) in others where parts != proof.signed.parts && !parts.isEmpty {
            if trial.succeeds(input, text: SignedText(parts: parts)) {
                return "the signature \(description): \(definition.title) signs \(Self.description(of: proof.signed))"
            }
        }
        guard let rule = proof.timestamp, let moment = rule.seconds(input.timestamp) else { return nil }
        for (unit, text) in [
            ("seconds", "\(moment)"), ("milliseconds", "\(moment.multipliedReportingOverflow(by: 1000).partialValue)"),
        ] {
            var input = input
            guard !input.timestamp.elementsEqual(text.utf8) else { continue }
            input.timestamp = Array(text.utf8)[...]
            if trial.succeeds(input) {
                return "the signature was made for the timestamp in \(unit): it must be signed exactly as it is sent"
            }
        }
        return nil
    }

    private func algorithmCause(
        _ trial: Trial, _ signatures: [ArraySlice<UInt8>], _ input: SignedInput
    ) -> String? {
        for algorithm in HashAlgorithm.allCases {
            for kind in [Proof.Kind.hmac(algorithm), .hash(algorithm)] where kind != proof.kind {
                var other = trial
                other.proof.kind = kind
                other.received = signatures.compactMap { Signature($0, other.proof) }
                let text: SignedText? =
                    if case .hash = kind {
                        SignedText(parts: [.secret] + proof.signed.parts.filter { $0 != .secret })
                    } else { nil }
                if !other.received.isEmpty, other.succeeds(input, text: text) {
                    return
                        "the signature is right as \(kind.title), where \(definition.title) signs with \(proof.kind.title)"
                }
            }
        }
        return nil
    }

    private var general: String {
        let key =
            if case .signature = proof.kind { "the public key belongs to another endpoint or account" } else {
                "the secret belongs to another endpoint or account"
            }
        let url = proof.signed.usesURL ? ", the URL differs from the one registered" : ""
        return "no configured secret yields the signature: \(key)\(url), or the body was changed"
    }

    /// What is signed, as a person writes it.
    static func description(of text: SignedText) -> String {
        text.parts.map { part in
            switch part {
            case .literal(let bytes): "'\(String(decoding: bytes, as: UTF8.self))'"
            case .body: "the body"
            case .timestamp: "the timestamp"
            case .id: "the id"
            case .url, .requestURL, .decodedRequestURL: "the URL"
            case .method: "the method"
            case .path: "the path"
            case .query: "the query"
            case .value(let place): place.title
            case .secret: "the secret"
            case .sortedForm: "the form's fields in order"
            case .crc32: "the body's CRC-32"
            case .sha256: "the body's SHA-256"
            }
        }.joined(separator: ", ")
    }

    /// What is wrong with a signature that cannot be read.
    static func form(of text: ArraySlice<UInt8>, _ proof: Proof) -> String {
        let expected = proof.signature?.encoding ?? .hex
        let length: Int? =
            switch proof.kind {
            case .hmac(let algorithm), .hash(let algorithm): algorithm.digestLength
            case .signature, .shared, .basic, .urlSecret, .none: nil
            }
        for other in Proof.Encoding.allCases where other != expected {
            if let bytes = other.bytes(of: text), length == nil || bytes.count == length {
                return "the signature is \(other.title) where \(expected.title) is expected"
            }
        }
        let prefixes = ["sha256=", "sha1=", "v0=", "v1=", "v1,"]
        if let prefix = prefixes.first(where: { text.starts(with: $0.utf8) }) {
            return "the signature has the prefix '\(prefix)', which is not expected here"
        }
        guard let length else { return "the signature is not \(expected.title)" }
        guard let bytes = expected.bytes(of: text) else {
            return "the signature is not \(expected.title): it has \(text.count) characters, some from another alphabet"
        }
        let other = HashAlgorithm.allCases.first { $0.digestLength == bytes.count }
        return "the signature has \(bytes.count) bytes where \(length) are expected"
            + (other.map { ": that is the length of \(Proof.Kind.hmac($0).title)" } ?? ", so it was cut or changed")
    }
}

extension Proof.Kind {
    /// What messages call it.
    var title: String {
        switch self {
        case .hmac(let algorithm): "HMAC-\(algorithm.rawValue.uppercased())"
        case .hash(let algorithm): "plain \(algorithm.rawValue.uppercased()) of secret and text"
        case .signature(let scheme): scheme.title
        case .shared: "a shared secret"
        case .basic: "basic authentication"
        case .urlSecret: "a secret in the URL"
        case .none: "nothing"
        }
    }
}

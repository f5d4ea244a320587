/// A proof with a source's keys: judges one delivery by it.
struct ProofCheck {
    /// The keys, each with the number of its secret, from 1.
    enum Keys {
        case hmac([(secret: Int, key: HMACKey)])
        case hash([(secret: Int, key: [UInt8])], HashAlgorithm)
        case asymmetric([(secret: Int, key: AsymmetricKey)])
        /// Digests of secrets that are compared themselves: comparing digests hides lengths as well as bytes.
        case digests([(secret: Int, digest: Digest)])
        case none
    }

    let proof: Proof
    let keys: Keys
    let url: [UInt8]
    let toleranceSeconds: Int64
    let parameter: [UInt8]

    /// The number of the secret that proves the delivery; 0 when nothing needs to be proved.
    func secret(of delivery: Delivery, _ values: RequestValues) throws(VerificationFailure) -> Int {
        switch keys {
        case .none: return 0
        case .digests(let digests): return try shared(digests, delivery, values)
        case .hmac, .hash, .asymmetric: return try signed(delivery, values)
        }
    }

    // MARK: Signatures

    /// What of a request is signed and by which signatures.
    func input(
        _ delivery: Delivery, _ values: RequestValues
    ) throws(VerificationFailure) -> (input: SignedInput, signatures: [ArraySlice<UInt8>]) {
        guard let rule = proof.signature, let value = values.first(of: rule.places) else { throw .missing }
        guard value.count <= SignatureRule.maximumLength else { throw .malformed }
        let (signatures, pairs) = rule.read(value)
        var input = SignedInput(values: values, body: delivery.body, url: url, pairs: pairs)
        if !proof.id.isEmpty {
            guard let id = values.first(of: proof.id, fields: pairs) else { throw .missing }
            input.id = id
        }
        if let rule = proof.timestamp {
            guard let timestamp = values.first(of: rule.places, fields: pairs) else {
                let isInHeader = rule.places.contains { if case .field = $0 { true } else { false } }
                throw isInHeader ? .malformed : .missing
            }
            input.timestamp = timestamp
        }
        guard !signatures.isEmpty else { throw rule.fields == nil ? .malformed : .missing }
        return (input, signatures)
    }

    private func signed(_ delivery: Delivery, _ values: RequestValues) throws(VerificationFailure) -> Int {
        let (input, signatures) = try input(delivery, values)
        var moment: Int64?
        if let rule = proof.timestamp {
            guard let seconds = rule.seconds(input.timestamp) else { throw .malformed }
            moment = seconds
        }
        let candidates = signatures.compactMap { Signature($0, proof) }
        guard !candidates.isEmpty else { throw .malformed }
        guard !(proof.refusesEmptyBody && delivery.body.isEmpty) else { throw .mismatch }
        let secret = try match(candidates, input)
        if let rule = proof.timestamp, let moment { try check(moment, rule, delivery.receivedAt) }
        if !proof.singleUse.isEmpty {
            // Without the text that tells events apart the body is it.
            let owner = values.first(of: proof.singleUse) ?? delivery.body
            guard proof.tokens.claim(input.id, for: owner) else { throw .mismatch }
        }
        return secret
    }

    private func match(_ candidates: [Signature], _ input: SignedInput) throws(VerificationFailure) -> Int {
        switch keys {
        case .hmac(let keys):
            for (secret, key) in keys {
                key.restart()
                guard input.feed(proof.signed, to: { key.update($0) }) else { throw .missing }
                let code = key.finish()
                if candidates.contains(where: { $0.digest == code }) { return secret }
            }
        case .hash(let keys, let algorithm):
            for (secret, key) in keys {
                guard let text = input.bytes(proof.signed, secret: key) else { throw .missing }
                let code = algorithm.digest(of: text[...])
                if candidates.contains(where: { $0.digest == code }) { return secret }
            }
        case .asymmetric(let keys):
            guard let text = input.bytes(proof.signed) else { throw .missing }
            for (secret, key) in keys {
                if candidates.contains(where: { key.verifies($0.bytes, of: text) }) { return secret }
            }
        case .digests, .none: break
        }
        throw .mismatch
    }

    /// The age is judged after the signature: what a stranger writes there tells nobody anything.
    private func check(_ moment: Int64, _ rule: TimestampRule, _ now: Int64) throws(VerificationFailure) {
        let tolerance = rule.toleranceSeconds ?? toleranceSeconds
        guard tolerance > 0 else { return }
        let (age, overflow) = now.subtractingReportingOverflow(moment)
        if overflow || age > tolerance || rule.checksFuture && age < -tolerance { throw .expired }
    }

    // MARK: Shared secrets

    private func shared(
        _ digests: [(secret: Int, digest: Digest)], _ delivery: Delivery, _ values: RequestValues
    ) throws(VerificationFailure) -> Int {
        guard let candidates = try candidates(delivery, values) else { throw .missing }
        let given = candidates.map { SHA256Hash.digest(of: $0[...]) }
        var match: Int?
        // All are compared, whichever matches.
        for (secret, digest) in digests {
            let isMatch = given.reduce(false) { found, other in other == digest || found }
            if isMatch, match == nil { match = secret }
        }
        guard let match else { throw .mismatch }
        return match
    }

    /// What the request has where the secret should be, in each way it may be meant; nil when there is nothing.
    func candidates(_ delivery: Delivery, _ values: RequestValues) throws(VerificationFailure) -> [[UInt8]]? {
        switch proof.kind {
        case .basic:
            guard let value = delivery.headers.first("authorization"), !value.isEmpty else { return nil }
            let scheme = Array("basic ".utf8)
            guard value.count > scheme.count,
                String(decoding: value.prefix(scheme.count), as: UTF8.self).lowercased() == "basic ",
                let pair = Base64.decode(value.dropFirst(scheme.count).trimmingWhitespace)
            else { throw .malformed }
            return [pair]
        case .urlSecret:
            let found = QueryString.value(of: parameter, in: delivery.target)
            guard let text = found ?? (delivery.pathSuffix.isEmpty ? nil : delivery.pathSuffix) else { return nil }
            // A secret pasted into the URL as it is may hold a '+', which is a space to some and itself to others.
            return [
                PercentEncoding.decode(text, plusIsSpace: false), PercentEncoding.decode(text, plusIsSpace: true),
            ]
        case .shared:
            guard let rule = proof.signature, let value = values.first(of: rule.places) else { return nil }
            let (texts, _) = rule.read(value)
            guard !texts.isEmpty else { throw .malformed }
            return texts.map { Array($0) }
        case .hmac, .hash, .signature, .none: return nil
        }
    }
}

/// A received signature, decoded.
struct Signature {
    let bytes: [UInt8]
    /// For the kinds whose signatures have a known length.
    let digest: Digest?

    /// Nil when the text is not a signature of that proof.
    init?(_ text: ArraySlice<UInt8>, _ proof: Proof) {
        guard text.count <= SignatureRule.maximumLength,
            let bytes = (proof.signature?.encoding ?? .hex).bytes(of: text), !bytes.isEmpty
        else { return nil }
        self.bytes = bytes
        switch proof.kind {
        case .hmac(let algorithm), .hash(let algorithm):
            guard bytes.count == algorithm.digestLength else { return nil }
            digest = Digest(hex: Hex.encode(bytes[...])[...], count: bytes.count)
        case .signature, .shared, .basic, .urlSecret, .none: digest = nil
        }
    }
}

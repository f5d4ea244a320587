/// Makes the keys of a source: which secrets belong to which proof, and whether anything that is needed is missing.
struct ProofKeys {
    let definition: ProviderDefinition
    let settings: ProviderSettings

    init(_ definition: ProviderDefinition, _ settings: ProviderSettings) {
        self.definition = definition
        self.settings = settings
    }

    func checks() throws(InvalidSettings) -> [ProofCheck] {
        guard settings.toleranceSeconds >= 0 else {
            throw InvalidSettings(
                key: "toleranceSeconds", reason: "the tolerance is negative; 0 switches the check off")
        }
        if let empty = settings.secrets.firstIndex(where: \.isEmpty) {
            throw InvalidSettings(key: "secrets[\(empty)]", reason: "the secret is empty; copy it from the provider")
        }
        let isOpen = definition.proofs.isEmpty || definition.proofs.contains { $0.kind == .none }
        if isOpen {
            guard settings.allowUnauthenticated || settings.allowedAddresses != nil else {
                throw InvalidSettings(
                    key: "allowUnauthenticated",
                    reason: "\(definition.title) proves nothing, so anybody could send events; "
                        + "set it to true if that is what you want, or list allowedAddresses")
            }
            return []
        }
        // Whoever lists addresses has decided what proves a delivery that carries no signature.
        let isSecretInRequest = definition.proofs.allSatisfy { [.shared, .basic, .urlSecret].contains($0.kind) }
        if settings.secrets.isEmpty, isSecretInRequest, settings.allowedAddresses != nil { return [] }
        guard !settings.secrets.isEmpty else {
            throw InvalidSettings(key: "secrets", reason: "\(definition.title) needs \(Self.secretTitle(definition))")
        }
        try checkURL()
        if definition.handshakes.contains(where: { $0.verifyToken != nil }), settings.verifyToken?.isEmpty ?? true {
            throw InvalidSettings(
                key: "verifyToken",
                reason: "\(definition.title) asks for it when the webhook is made; take any text and enter it there too"
            )
        }
        var checks: [ProofCheck] = []
        for proof in definition.proofs {
            let keys = try keys(of: proof)
            if let keys {
                checks.append(
                    ProofCheck(
                        proof: proof, keys: keys, url: Array((settings.notificationURL ?? "").utf8),
                        toleranceSeconds: settings.toleranceSeconds, parameter: Array(settings.secretParameter.utf8)))
            }
        }
        guard !checks.isEmpty else {
            throw InvalidSettings(key: "secrets", reason: "none is a key that \(definition.title) signs with")
        }
        return checks
    }

    private func checkURL() throws(InvalidSettings) {
        guard definition.proofs.contains(where: { $0.signed.usesURL }), settings.notificationURL?.isEmpty ?? true else {
            return
        }
        // Only some of several schemes may need it; the strongest is the first.
        guard definition.proofs.first?.signed.usesURL ?? false else { return }
        throw InvalidSettings(
            key: "notificationURL",
            reason: "\(definition.title) signs the URL; enter it exactly as it is registered there")
    }

    /// The keys of one proof; nil when no secret belongs to it.
    private func keys(of proof: Proof) throws(InvalidSettings) -> ProofCheck.Keys? {
        let mine = settings.secrets.enumerated().filter { belongs($0.element, to: proof) }
        guard !mine.isEmpty else { return nil }
        switch proof.kind {
        case .hmac(let algorithm):
            var keys: [(secret: Int, key: HMACKey)] = []
            for (index, secret) in mine {
                guard let key = HMACKey(try bytes(of: secret, index, proof), algorithm: algorithm) else {
                    throw InvalidSettings(key: "secrets[\(index)]", reason: "it holds no key")
                }
                keys.append((index + 1, key))
            }
            return .hmac(keys)
        case .hash(let algorithm):
            var keys: [(secret: Int, key: [UInt8])] = []
            for (index, secret) in mine { keys.append((index + 1, try bytes(of: secret, index, proof))) }
            return .hash(keys, algorithm)
        case .signature(let scheme):
            var keys: [(secret: Int, key: AsymmetricKey)] = []
            for (index, secret) in mine {
                let isPrivate = secret.starts(with: "whsk_".utf8)
                guard let key = AsymmetricKey(proof.bare(secret), scheme: scheme, isPrivate: isPrivate) else {
                    throw InvalidSettings(
                        key: "secrets[\(index)]",
                        reason: "this is no \(scheme.title) key: enter the public key as \(definition.title) shows it, "
                            + "in base64 or PEM")
                }
                keys.append((index + 1, key))
            }
            return .asymmetric(keys)
        case .shared, .basic, .urlSecret:
            return .digests(
                mine.map { ($0.offset + 1, SHA256Hash.digest(of: proof.bare($0.element)[...])) })
        case .none: return ProofCheck.Keys.none
        }
    }

    private func bytes(of secret: [UInt8], _ index: Int, _ proof: Proof) throws(InvalidSettings) -> [UInt8] {
        guard let key = proof.key(of: secret), !key.isEmpty else {
            throw InvalidSettings(
                key: "secrets[\(index)]",
                reason: "\(definition.title) writes its secrets in \(proof.keyEncoding.rawValue)"
                    + "\(proof.keyPrefixes.first.map { " after '\($0)'" } ?? ""), and this is not: copy it again")
        }
        return key
    }

    /// A secret with a prefix that some proof asks for belongs to that proof only.
    private func belongs(_ secret: [UInt8], to proof: Proof) -> Bool {
        if proof.needsKeyPrefix { return proof.hasPrefix(secret) }
        return !definition.proofs.contains { $0.needsKeyPrefix && $0.hasPrefix(secret) }
    }

    private static func secretTitle(_ definition: ProviderDefinition) -> String {
        switch definition.proofs.first?.kind {
        case .signature(let scheme)?: "its public \(scheme.title) key"
        case .shared?: "the secret that its requests carry, or allowedAddresses"
        case .basic?: "'user:password' as its requests carry them"
        case .urlSecret?: "a secret in the webhook's URL and here, or allowedAddresses"
        case .hmac?, .hash?, Proof.Kind.none?, nil: "its signing secret"
        }
    }
}

extension AsymmetricKey.Scheme {
    /// What messages call it.
    var title: String {
        switch self {
        case .ecdsaP256: "ECDSA P-256"
        case .ed25519: "Ed25519"
        case .rsa: "RSA"
        }
    }
}

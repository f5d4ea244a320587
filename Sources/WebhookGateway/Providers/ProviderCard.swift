import Verifiers

/// What people are told of a provider: by `providers list|show`, and on its page in docs/providers.
struct ProviderCard {
    /// How a provider's deliveries prove themselves, in a line.
    struct ProofLine {
        var label: String
        var kind: String
        var place: String
        var signed: String
        var tolerance: String
    }

    var name: String
    var title: String
    /// "Swift", "bundled" or "own".
    var origin: String
    var documentation: String?
    var setup: [String]
    var facts: [(name: String, text: String)]
    var proofs: [ProofLine]
    /// The keys of a source beside `provider`, with an example each.
    var keys: [(name: String, value: String)]
    /// What it asks of the endpoint, in a line each.
    var handshakes: [String]
    /// Its types and ours.
    var types: [(theirs: String, ours: String)]
    var vectors: Int
    /// How its API tells which accounts a key is for.
    var lookup: AccountLookup?

    /// Whether the gateway's user makes up the secret, rather than the provider.
    var isSecretChosen: Bool {
        proofs.contains { $0.kind == Proof.Kind.shared.words || $0.kind == Proof.Kind.urlSecret.words }
    }

    /// The card of a definition.
    init(_ definition: ProviderDefinition, isOwn: Bool) {
        name = definition.name
        title = definition.title
        origin = isOwn ? "own" : "bundled"
        documentation = definition.documentation
        setup = definition.setup
        facts = definition.facts.map { ($0.name, $0.text) }
        proofs = definition.proofs.map(Self.line)
        handshakes = definition.handshakes.map(Self.line)
        types = Self.types(definition.mapping)
        vectors = definition.vectors.count
        lookup = definition.lookup
        keys = Self.keys(definition)
    }

    /// The card of a provider written in Swift.
    init(native: NativeProviderFacts) {
        name = native.name
        title = native.title
        origin = "Swift"
        documentation = native.documentation
        setup = native.setup
        facts = native.facts
        proofs = [native.proof]
        keys = native.keys
        handshakes = native.handshakes
        types = Self.types(ProviderCatalog.named(native.name)?.mapping)
        vectors = 0
    }

    private static func line(_ proof: Proof) -> ProofLine {
        let place = (proof.signature?.places ?? []).map(\.words).joined(separator: " or ")
        let rule = proof.signature
        let fields = rule?.fields.map { fields in
            ", under " + fields.keys.map { "`\($0)`" }.joined(separator: " or ")
        }
        let prefix = (rule?.prefix).flatMap { $0.isEmpty ? nil : " behind `\($0)`" } ?? ""
        switch proof.kind {
        case .hmac, .hash, .signature:
            let rule = proof.timestamp
            let tolerance =
                rule.map { rule in
                    rule.toleranceSeconds.map { $0 == 0 ? "not checked" : "\($0) s" } ?? "toleranceSeconds"
                }
            return ProofLine(
                label: proof.label, kind: proof.kind.words,
                place: "\(place), \(proof.signature?.encoding.rawValue ?? "")\(prefix)\(fields ?? "")",
                signed: proof.signed.words, tolerance: tolerance ?? "no timestamp")
        case .shared:
            return ProofLine(
                label: proof.label, kind: "shared secret", place: place + prefix, signed: "nothing",
                tolerance: "no timestamp")
        case .basic:
            return ProofLine(
                label: proof.label, kind: "basic authentication", place: "header `Authorization`", signed: "nothing",
                tolerance: "no timestamp")
        case .urlSecret:
            return ProofLine(
                label: proof.label, kind: "secret in the URL",
                place: "query parameter `secret`, or the rest of the path",
                signed: "nothing", tolerance: "no timestamp")
        case .none:
            return ProofLine(
                label: proof.label, kind: "none", place: "nowhere", signed: "nothing", tolerance: "no timestamp")
        }
    }

    private static func line(_ rule: HandshakeRule) -> String {
        let methods = rule.methods.joined(separator: " or ")
        var sentence = "\(methods)"
        if let value = rule.value { sentence += " with \(value.words)" }
        if let token = rule.verifyToken { sentence += ", when \(token.words) is `verifyToken`" }
        if rule.code != nil { return sentence + ": answered with a code computed from it and the first secret" }
        return sentence + (rule.value == nil ? ": answered \(rule.status)" : ": answered with the same text")
    }

    private static func keys(_ definition: ProviderDefinition) -> [(name: String, value: String)] {
        var keys: [(name: String, value: String)] = []
        let variable = definition.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
        if definition.proofs.contains(where: { $0.kind == .none }) {
            return [("allowUnauthenticated", "true")]
        }
        keys.append(("secrets", "[\"env:\(variable)_SECRET\"]"))
        if definition.proofs.contains(where: { $0.signed.usesURL }) {
            keys.append(("notificationURL", "\"https://hooks.example.com/webhooks/\(definition.name)\""))
        }
        if definition.handshakes.contains(where: { $0.verifyToken != nil }) {
            keys.append(("verifyToken", "\"env:\(variable)_VERIFY_TOKEN\""))
        }
        return keys
    }

    /// The types that the rules of a mapping match, in order, with what they become.
    private static func types(_ mapping: String?) -> [(theirs: String, ours: String)] {
        guard let mapping, let rules = try? MappingRules(json5: mapping, named: "mapping") else { return [] }
        var types: [(theirs: String, ours: String)] = []
        for rule in rules.rules {
            let condition = rule.conditions.isEmpty ? "" : ", under a condition"
            for match in rule.matches {
                guard let type = match.type else { continue }
                types.append((match.pattern.text + condition, type))
            }
        }
        return types
    }
}

extension Place {
    /// The place in Markdown.
    var words: String {
        switch self {
        case .header(let name): "header `\(name)`"
        case .query(let name): "query parameter `\(name)`"
        case .form(let name): "form field `\(name)`"
        case .body(let pointer): "`\(pointer.text)` in the body"
        case .field(let name): "`\(name)` in the signature header"
        }
    }
}

extension Proof.Kind {
    /// What it is called on a page.
    var words: String {
        switch self {
        case .hmac(let algorithm): "HMAC-\(algorithm.rawValue.uppercased())"
        case .hash(let algorithm): "plain \(algorithm.rawValue.uppercased())"
        case .signature(.ecdsaP256): "ECDSA P-256"
        case .signature(.ed25519): "Ed25519"
        case .signature(.rsa): "RSA, SHA-256"
        case .shared: "shared secret"
        case .basic: "basic authentication"
        case .urlSecret: "secret in the URL"
        case .none: "none"
        }
    }
}

extension SignedText {
    /// The template as it is written in a definition.
    var words: String {
        parts.map { part in
            switch part {
            case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
            case .body: "{body}"
            case .timestamp: "{timestamp}"
            case .id: "{id}"
            case .url: "{url}"
            case .requestURL: "{requestURL}"
            case .decodedRequestURL: "{requestURL:decoded}"
            case .method: "{method}"
            case .path: "{path}"
            case .query: "{query}"
            case .value(let place): "{\(place.words)}"
            case .secret: "{secret}"
            case .sortedForm: "{form:sorted}"
            case .crc32: "{crc32:body}"
            case .sha256: "{sha256:body}"
            }
        }.joined()
    }
}

/// What in a delivery is a secret itself, and not merely proof of one: whoever keeps the delivery must not keep these.
///
/// A signature proves a secret and tells nothing of it; a shared secret, a password or a secret in the URL is the thing
/// itself.
public struct CarriedCredentials: Equatable, Sendable {
    /// The (decoded) names of query parameters whose values are secrets.
    public var parameters: [[UInt8]] = []
    /// Whether what follows the source's name in the path is a secret.
    public var isInPath = false
    /// The header fields, in lower case, whose values are or hold a secret.
    public var headers: Set<String> = []
    /// The header fields, in lower case, that hold a signature or what it covers: needed to judge, whatever their names.
    public var proofs: Set<String> = []
    /// Secrets that stand in the body, decoded.
    public var inBody: [[UInt8]] = []
    /// What may stand before the secret in a header field ("Bearer ").
    public var prefixes: Set<String> = []

    /// Makes a list of nothing.
    public init() {}
}

extension Mailchimp {
    /// The secret stands in the URL.
    public func credentials(in delivery: Delivery) -> CarriedCredentials {
        var credentials = CarriedCredentials()
        credentials.parameters = [parameter]
        credentials.isInPath = true
        return credentials
    }
}

extension DeclaredProvider {
    /// Those of each proof that the definition has, whether or not it has a key.
    public func credentials(in delivery: Delivery) -> CarriedCredentials {
        var credentials = CarriedCredentials()
        let values = RequestValues(delivery, contents: definition.contents)
        for proof in definition.proofs {
            switch proof.kind {
            case .basic:
                credentials.headers.insert("authorization")
                credentials.prefixes.insert("Basic ")
            case .urlSecret:
                credentials.parameters.append(Array(settings.secretParameter.utf8))
                credentials.isInPath = true
            case .shared:
                credentials.prefixes.insert(proof.signature?.prefix ?? "")
                for place in proof.signature?.places ?? [] { credentials.add(place, values) }
            case .hmac, .hash, .signature:
                let places = (proof.signature?.places ?? []) + (proof.timestamp?.places ?? []) + proof.id
                for case .header(let name) in places { credentials.proofs.insert(name.lowercased()) }
                for case .value(.header(let name)) in proof.signed.parts {
                    credentials.proofs.insert(name.lowercased())
                }
            case .none: break
            }
        }
        credentials.proofs.subtract(credentials.headers)
        return credentials
    }
}

extension CarriedCredentials {
    /// Adds a place that holds a shared secret.
    fileprivate mutating func add(_ place: Place, _ values: RequestValues) {
        switch place {
        case .header(let name): headers.insert(name.lowercased())
        case .query(let name): parameters.append(Array(name.utf8))
        case .form, .body: if let text = values.value(at: place), !text.isEmpty { inBody.append(Array(text)) }
        // Pairs are read from a header, which stands among the places itself.
        case .field: break
        }
    }
}

/// A provider made from its definition: what all providers that are data have in common.
///
///     let provider = try DeclaredProvider(definition, settings)
///     let secret = try provider.verify(delivery)
public struct DeclaredProvider: Provider {
    /// The definition it was made from.
    public let definition: ProviderDefinition
    let settings: ProviderSettings
    let checks: [ProofCheck]

    /// The name in configuration, metrics and events.
    public var name: String { definition.name }
    /// A secret in the URL may stand there.
    public var readsPathSuffix: Bool { checks.contains { $0.proof.kind == .urlSecret } }

    /// Whether some proof is good for one event only.
    public var provesOnce: Bool { checks.contains { !$0.proof.singleUse.isEmpty } }

    /// Prepares the keys; refuses settings that lack what the definition needs.
    public init(_ definition: ProviderDefinition, _ settings: ProviderSettings) throws(InvalidSettings) {
        self.definition = definition
        self.settings = settings
        checks = try ProofKeys(definition, settings).checks()
    }

    /// Proves a delivery authentic: the first proof that the request offers decides; those that read the same header
    /// are tried one after another.
    public func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int {
        if let allowed = settings.allowedAddresses {
            guard let peer = delivery.peer, allowed.contains(where: { $0.contains(peer) }) else {
                throw .addressNotAllowed
            }
        }
        guard !checks.isEmpty else { return 0 }
        let values = RequestValues(delivery, contents: definition.contents)
        var failure = VerificationFailure.missing
        var decided: [Place]?
        for check in checks where check.proof.conditions.allSatisfy({ $0.holds(in: values) }) {
            if let decided, decided != check.proof.signature?.places { break }
            do throws(VerificationFailure) {
                return try check.secret(of: delivery, values)
            } catch {
                guard error != .missing else { continue }
                if failure != .expired { failure = error }
                decided = check.proof.signature?.places ?? []
            }
        }
        throw failure
    }

    /// The answer to a challenge; nil: an ordinary delivery.
    public func handshake(_ delivery: Delivery) -> HandshakeReply? {
        guard !definition.handshakes.isEmpty else { return nil }
        let values = RequestValues(delivery, contents: definition.contents)
        for rule in definition.handshakes {
            if let reply = reply(rule, delivery, values) { return reply }
        }
        return nil
    }

    /// The events of a body, which is read or rewritten into `document`.
    public func events(
        in delivery: Delivery, document: inout JSONDocument
    ) throws(MalformedBody) -> [ProviderEvent] {
        try EventReader(rules: definition.events, delivery: delivery, contents: definition.contents)
            .events(document: &document)
    }
}

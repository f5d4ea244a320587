import Verifiers

/// One rule: which events it is for, what type they become, and where the fields of `data` come from.
final class Rule: Sendable {
    /// A provider's type and the canonical type it becomes; nil: it keeps its own name behind the provider's.
    struct Match: Sendable {
        var pattern: TypePattern
        var type: String?
    }

    /// The rule's name in failures.
    let name: String
    let matches: [Match]
    let conditions: [Condition]
    /// Where paths start: the first of these that is an object; none: the payload.
    let roots: [FieldPath]
    /// What overrides the provider's word on the subject; required where it is given.
    let subject: Field?
    /// What overrides the provider's word on the time.
    let time: Field?
    /// The shape of `data`; nil: the payload goes through as `{"raw": …}`.
    let data: DataProgram?
    /// What `data` was made from, for those who ask what the rule reads.
    let targets: [TargetNode]

    init(
        name: String, matches: [Match], conditions: [Condition], roots: [FieldPath], subject: Field?, time: Field?,
        data: [TargetNode]?
    ) {
        self.name = name
        self.matches = matches
        self.conditions = conditions
        self.roots = roots
        self.subject = subject
        self.time = time
        self.data = data.map(DataProgram.init)
        targets = data ?? []
    }

    /// Where the rule reads in an event; nil when its conditions do not hold.
    func scope(of event: ProviderEvent, in document: JSONDocument) -> MappingScope? {
        let scope = MappingScope(document: document, event: event, base: base(in: document, payload: event.payload))
        return conditions.allSatisfy({ $0.holds(in: scope) }) ? scope : nil
    }

    /// Where the rule's paths start in an event.
    private func base(in document: JSONDocument, payload: JSONDocument.Node) -> JSONDocument.Node? {
        if roots.isEmpty { return payload }
        for root in roots {
            if let node = root.node(in: document, from: payload), document.kind(of: node) == .object { return node }
        }
        return nil
    }
}

import Verifiers

/// A rule read backwards: where each field of its events goes in the payload.
struct InverseRule: Sendable {
    private indirect enum Member: Sendable {
        case field(InverseField)
        case items(ItemList, names: [[UInt8]], [Member])
    }

    let rule: Rule
    private let members: [Member]
    private let subject: InverseField?
    private let time: InverseField?

    init(_ rule: Rule) {
        self.rule = rule
        members = Self.members(rule.targets)
        subject = rule.subject.map { InverseField($0) }
        time = rule.time.map { time in
            // The rule reads a time in any notation last; a time in RFC 3339 is one.
            InverseField(
                Field(
                    target: time.target, sources: time.sources, transforms: Array(time.transforms.dropLast()),
                    isRequired: time.isRequired, fallback: time.fallback))
        }
    }

    /// Every field that cannot be undone whatever its value is.
    var obstacles: [InverseFailure.Field] { Self.obstacles(members, in: "") }

    /// Writes the payload of an event; throws every field that cannot be written.
    func write(_ event: InverseEvent, to draft: inout PayloadDraft) -> [InverseFailure.Field] {
        var failures: [InverseFailure.Field] = []
        let place = InversePlace(scope: event.scope, base: rule.roots.first?.steps ?? [])
        Self.write(members, of: event.data, place, in: "", to: &draft, &failures)
        for condition in rule.conditions {
            do throws(TransformProblem) {
                try Self.write(condition, place, to: &draft)
            } catch {
                failures.append(InverseFailure.Field(target: "when \(condition.path.text)", reason: error.reason))
            }
        }
        for (field, node) in [(subject, event.subject), (time, event.time)] {
            guard let field, let node else { continue }
            do throws(TransformProblem) {
                try field.write(node, place, to: &draft)
            } catch {
                // A subject that a field has written as a number is the same subject.
                if Self.says(field, node, place, draft) { continue }
                failures.append(InverseFailure.Field(target: field.field.target, reason: error.reason))
            }
        }
        return failures
    }

    private static func members(_ targets: [TargetNode]) -> [Member] {
        targets.flatMap { target -> [Member] in
            switch target {
            case .field(_, let field): [.field(InverseField(field))]
            case .object(_, let targets): members(targets)
            case .items(_, let list):
                [.items(list, names: list.target.split(separator: ".").map { Array($0.utf8) }, members(list.members))]
            }
        }
    }

    private static func obstacles(_ members: [Member], in list: String) -> [InverseFailure.Field] {
        members.flatMap { member -> [InverseFailure.Field] in
            switch member {
            case .field(let field):
                field.obstacle.map { [InverseFailure.Field(target: list + field.field.target, reason: $0)] } ?? []
            case .items(let items, _, let members): obstacles(members, in: "\(list)\(items.target)[*].")
            }
        }
    }

    private static func write(
        _ members: [Member], of data: JSONDocument.Node, _ place: InversePlace, in list: String,
        to draft: inout PayloadDraft, _ failures: inout [InverseFailure.Field]
    ) {
        let document = place.scope.document
        for member in members {
            switch member {
            case .field(let field):
                guard let value = document.value(at: field.names, of: data) else { continue }
                do throws(TransformProblem) {
                    try field.write(value, place, to: &draft)
                } catch {
                    failures.append(InverseFailure.Field(target: list + field.field.target, reason: error.reason))
                }
            case .items(let items, let names, let members):
                guard let values = document.value(at: names, of: data) else { continue }
                let steps = place.steps(to: items.path)
                guard document.kind(of: values) == .array, let each = steps.firstIndex(of: .each),
                    steps.lastIndex(of: .each) == each
                else {
                    let reason =
                        document.kind(of: values) == .array
                        ? "\(items.path.text): nothing says which items belong to which of the lists in one another"
                        : "it is \(MappedValue.shape(of: values, in: document)), not a list"
                    failures.append(InverseFailure.Field(target: list + items.target, reason: reason))
                    continue
                }
                for (index, item) in document.children(of: values).enumerated() {
                    var itemPlace = place
                    itemPlace.base = steps
                    itemPlace.base[each] = .element(index)
                    write(members, of: item, itemPlace, in: "\(list)\(items.target)[\(index)].", to: &draft, &failures)
                }
            }
        }
    }

    /// Writes what a condition asks for, unless a field has put something there.
    private static func write(
        _ condition: Condition, _ place: InversePlace, to draft: inout PayloadDraft
    ) throws(TransformProblem) {
        let steps = place.steps(to: condition.path)
        let isThere = draft.tree.node(at: steps) != nil
        switch condition.test {
        case .isNoneOf: return
        case .isAbsent:
            if isThere { throw TransformProblem("the rule is for payloads without it, and a field needs it") }
        case .exists:
            if !isThere { throw TransformProblem("the rule asks for it, and no field of the event says what it is") }
        case .isOneOf(let texts):
            guard !isThere, let text = texts.first else { return }
            var document = JSONDocument()
            let isLiteral = (try? document.read(text[...])) != nil && document.kind(of: .root) != .string
            try draft.tree.write(isLiteral ? .scalar(text) : .init(text: text), at: steps)
        }
    }

    private static func says(
        _ field: InverseField, _ node: JSONDocument.Node, _ place: InversePlace, _ draft: PayloadDraft
    ) -> Bool {
        guard case .path(let path)? = field.field.sources.first?.origin,
            case .scalar(let json)? = draft.tree.node(at: place.steps(to: path))
        else { return false }
        return MappedValue.node(node).scalarText(in: place.scope.document) == json
    }
}

extension JSONDocument {
    /// The value at the end of a way through objects; nil when there is none worth writing.
    func value(at names: [[UInt8]], of node: Node) -> Node? {
        var node = node
        for name in names {
            guard let next = member(named: name, of: node) else { return nil }
            node = next
        }
        return MappedValue.isAbsent(node, in: self) ? nil : node
    }
}

import Verifiers

/// How one field of an event becomes payload again.
struct InverseField: Sendable {
    /// A source that can be undone, with all that is done to its value.
    private struct Way: Sendable {
        let source: FieldSource
        let transforms: [Transform]
    }

    let field: Field
    /// The field's way through `data`, or through its item.
    let names: [[UInt8]]
    private let ways: [Way]
    /// Why each of the other sources cannot be undone.
    private let obstacles: [String]

    init(_ field: Field) {
        self.field = field
        names = field.target.split(separator: ".").map { Array($0.utf8) }
        var ways: [Way] = []
        var obstacles: [String] = []
        for source in field.sources {
            let transforms = source.transforms + field.transforms
            if let obstacle = Self.obstacle(source, transforms) {
                obstacles.append(obstacle)
            } else {
                ways.append(Way(source: source, transforms: transforms))
            }
        }
        self.ways = ways
        self.obstacles = obstacles
    }

    /// Why the field cannot be undone whatever its value is; nil when it can.
    var obstacle: String? {
        ways.isEmpty && field.fallback == nil ? obstacles.joined(separator: "; ") : nil
    }

    /// Puts the field's value where the first source stands that can be undone and that nothing else occupies.
    func write(_ value: JSONDocument.Node, _ place: InversePlace, to draft: inout PayloadDraft) throws(TransformProblem)
    {
        var problem: TransformProblem?
        // A text of fewer parts than paths is rather another source's than one with parts missing.
        for allowsFewerParts in [false, true] {
            for way in ways {
                var attempt = draft
                do throws(TransformProblem) {
                    try Self.write(value, by: way, place, allowsFewerParts, to: &attempt)
                    draft = attempt
                    return
                } catch {
                    problem = problem ?? error
                }
            }
        }
        // What stands in for a missing value needs no value.
        if let fallback = field.fallback, MappedValue.node(value).scalarText(in: place.scope.document) == fallback.text
        {
            return
        }
        throw problem ?? TransformProblem(obstacles.joined(separator: "; "))
    }

    private static func obstacle(_ source: FieldSource, _ transforms: [Transform]) -> String? {
        let name = source.pathTexts.joined(separator: ", ")
        switch source.origin {
        case .constant: return nil
        case .concat(let paths, let separator) where paths.count > 1 && separator.isEmpty:
            return "\(name): concat without a separator cannot be undone: nothing says where the parts end"
        case .path(let path) where path.steps.count(where: { $0 == .each }) > 1:
            return "\(name): nothing says which values belong to which of the lists in one another"
        case .path, .concat, .event: break
        }
        let obstacles = transforms.compactMap { transform in
            transform.obstacle.map { "\(transform.name) cannot be undone: \($0)" }
        }
        return obstacles.isEmpty ? nil : "\(name): \(obstacles.joined(separator: "; "))"
    }

    private static func write(
        _ value: JSONDocument.Node, by way: Way, _ place: InversePlace, _ allowsFewerParts: Bool,
        to draft: inout PayloadDraft
    ) throws(TransformProblem) {
        let document = place.scope.document
        switch way.source.origin {
        case .constant: return
        case .event(let attribute):
            let text = try Transform.text(try undone(value, by: way, place).value, place.scope)
            try draft.note(attribute, String(decoding: text, as: UTF8.self))
        case .concat(let paths, let separator):
            let text = try Transform.text(try undone(value, by: way, place).value, place.scope)
            let parts = separator.isEmpty ? [text] : Transform.parts(text, separator)
            guard parts.count == paths.count || allowsFewerParts && parts.count < paths.count else {
                throw TransformProblem(
                    "concat cannot be undone: the text has \(parts.count) parts, and "
                        + "\(paths.map(\.text).joined(separator: ", ")) take \(paths.count)")
            }
            for (path, part) in zip(paths, parts) {
                try draft.tree.write(.init(text: part), at: place.steps(to: path))
            }
        case .path(let path):
            if way.source.shape == .any, way.transforms.isEmpty, !path.isPlural {
                return try draft.tree.write(.init(value, of: document), at: place.steps(to: path))
            }
            let (value, currencies) = try undone(value, by: way, place)
            let steps = place.steps(to: path)
            guard path.isPlural, let each = steps.firstIndex(of: .each) else {
                if case .list = value { throw TransformProblem("it is a list, and \(path.text) is one value") }
                return try write(value, currencies, at: steps, place, to: &draft)
            }
            guard case .list(let values) = value else { throw TransformProblem("it is not a list") }
            for (index, value) in values.enumerated() {
                var steps = steps
                steps[each] = .element(index)
                // Amounts of a list have one currency at a path, or each its own beside it.
                let own =
                    currencies.filter { $0.path != nil }
                    + currencies.dropFirst(index).prefix(1).filter { $0.path == nil }
                try write(value, own, at: steps, place, to: &draft)
            }
        }
    }

    /// Writes a value, and the currency that belongs to it.
    private static func write(
        _ value: MappedValue, _ currencies: [(path: FieldPath?, code: [UInt8])], at steps: [FieldPath.Step],
        _ place: InversePlace, to draft: inout PayloadDraft
    ) throws(TransformProblem) {
        let isAmountObject = currencies.contains { $0.path == nil }
        try draft.tree.write(
            .init(value, of: place.scope.document), at: isAmountObject ? steps + [.member(Array("amount".utf8))] : steps
        )
        for currency in currencies {
            let target = currency.path.map { place.steps(to: $0) } ?? steps + [.member(Array("currency".utf8))]
            try draft.tree.write(.init(text: currency.code), at: target)
        }
    }

    /// The value that the chain has made into the event's.
    private static func undone(
        _ node: JSONDocument.Node, by way: Way, _ place: InversePlace
    ) throws(TransformProblem) -> (value: MappedValue, currencies: [(path: FieldPath?, code: [UInt8])]) {
        let document = place.scope.document
        var value = MappedValue.node(node)
        if document.kind(of: node) == .array { value = .list(document.children(of: node).map { .node($0) }) }
        var currencies: [(path: FieldPath?, code: [UInt8])] = []
        for transform in way.transforms.reversed() {
            value = try transform.undone(value, place.scope, &currencies)
        }
        if case .node(let node) = value, document.kind(of: node) == .object {
            throw TransformProblem("it is an object where the rule makes single values")
        }
        return (value, currencies)
    }
}

/// Where the paths of a rule, or of one item of a list, lead in the payload under construction.
struct InversePlace {
    /// The event, whose fields are read.
    let scope: MappingScope
    /// The way to where paths start.
    var base: [FieldPath.Step]

    func steps(to path: FieldPath) -> [FieldPath.Step] {
        path.startsAtPayload ? path.steps : base + path.steps
    }
}

/// A payload under construction, and what the provider would say of it besides.
struct PayloadDraft {
    var tree = PayloadTree()
    var type: String?
    var subject: String?
    var account: String?
    var key: String?

    /// Notes what a field tells of the provider's attributes; it must agree with what is known.
    mutating func note(_ attribute: FieldSource.EventAttribute, _ text: String) throws(TransformProblem) {
        let known =
            switch attribute {
            case .type: type
            case .subject: subject
            case .account: account
            case .key: key
            }
        if let known, known != text { throw TransformProblem("it is not the event's own @\(attribute.rawValue)") }
        switch attribute {
        case .type: type = text
        case .subject: subject = text
        case .account: account = text
        case .key: key = text
        }
    }
}

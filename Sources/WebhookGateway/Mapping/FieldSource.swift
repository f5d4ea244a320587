import Verifiers

/// Where a field's value comes from, and what is done to it on the way.
final class FieldSource: Sendable {
    enum Origin: Sendable {
        case path(FieldPath)
        /// The values that are there, joined.
        case concat([FieldPath], separator: [UInt8])
        case constant(Constant)
        /// What the provider says of the event, apart from the payload.
        case event(EventAttribute)
    }

    /// `@type`, `@subject`, `@account`, `@key`.
    enum EventAttribute: String, CaseIterable, Sendable {
        case type, subject, account, key
    }

    /// Which values a path may lead to; others count as not there, so that `["customer.id", "customer"]` never takes
    /// an expanded customer for an id.
    enum Shape: Sendable {
        case scalar
        /// An object of `amount` and `currency`, both stated.
        case money
        /// Anything, objects and lists as they are.
        case any
    }

    let origin: Origin
    let shape: Shape
    let transforms: [Transform]

    init(origin: Origin, shape: Shape, transforms: [Transform]) {
        self.origin = origin
        self.shape = shape
        self.transforms = transforms
    }

    /// The value, transformed; nil when there is none.
    func value(in scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        guard let value = try found(in: scope) else { return nil }
        return try Self.apply(transforms, to: value, scope)
    }

    /// Runs a chain; nil as soon as nothing is left.
    static func apply(
        _ transforms: [Transform], to value: MappedValue, _ scope: MappingScope
    ) throws(TransformProblem) -> MappedValue? {
        var value = value
        for transform in transforms {
            let next: MappedValue?
            do throws(TransformProblem) {
                next = try transform.apply(to: value, scope)
            } catch {
                throw TransformProblem("\(transform.name): \(error.reason)")
            }
            guard let next, !next.isAbsent(in: scope.document) else { return nil }
            value = next
        }
        return value
    }

    private func found(in scope: MappingScope) throws(TransformProblem) -> MappedValue? {
        switch origin {
        case .constant(let constant): return constant.value
        case .event(let attribute):
            let text = attribute.text(of: scope.event)
            return text.isEmpty ? nil : .text(Array(text.utf8))
        case .concat(let paths, let separator):
            var text: [UInt8] = []
            for path in paths {
                guard let node = path.node(in: scope), accepts(node, scope.document),
                    let part = MappedValue.node(node).scalarText(in: scope.document)
                else { continue }
                if !text.isEmpty { text.append(contentsOf: separator) }
                text.append(contentsOf: part)
            }
            return text.isEmpty ? nil : .text(text)
        case .path(let path):
            guard path.isPlural else {
                let node = path.node(in: scope)
                return node.flatMap { accepts($0, scope.document) ? .node($0) : nil }
            }
            var values: [MappedValue] = []
            path.forEachNode(in: scope) { node in
                if accepts(node, scope.document) { values.append(.node(node)) }
            }
            return values.isEmpty ? nil : .list(values)
        }
    }

    private func accepts(_ node: JSONDocument.Node, _ document: JSONDocument) -> Bool {
        guard !MappedValue.isAbsent(node, in: document) else { return false }
        switch shape {
        case .any: return true
        case .scalar:
            let kind = document.kind(of: node)
            return kind != .object && kind != .array
        case .money:
            return !document.isNull(document.member("amount", of: node))
                && !document.isNull(document.member("currency", of: node))
        }
    }
}

extension FieldSource.EventAttribute {
    /// The event's word; "" when it has none.
    func text(of event: ProviderEvent) -> String {
        switch self {
        case .type: event.type
        case .subject: event.subject ?? ""
        case .account: event.account ?? ""
        case .key: event.key
        }
    }
}

extension FieldSource {
    /// The paths, as written.
    var pathTexts: [String] {
        switch origin {
        case .event(let attribute): ["@\(attribute.rawValue)"]
        case .constant, .path, .concat: paths.map(\.text)
        }
    }

    private var paths: [FieldPath] {
        switch origin {
        case .path(let path): [path]
        case .concat(let paths, _): paths
        case .constant, .event: []
        }
    }

    /// What stands at each path, in words ("customer.id: nothing", "customer: an object"), those of the source's own
    /// transforms included.
    func shapesFound(in scope: MappingScope) -> [String] {
        paths.map { $0.shapeFound(in: scope) } + transforms.flatMap { $0.shapesFound(in: scope) }
    }
}

extension FieldPath {
    /// What stands there, in words: "customer.id: nothing".
    fileprivate func shapeFound(in scope: MappingScope) -> String {
        var shapes: [String] = []
        forEachNode(in: scope) { node in
            let shape = MappedValue.shape(of: node, in: scope.document)
            if !shapes.contains(shape) { shapes.append(shape) }
        }
        return "\(text): \(shapes.isEmpty ? "nothing" : shapes.joined(separator: ", "))"
    }
}

extension Transform {
    /// What stands where the step reads a currency: an amount without one counts as none.
    func shapesFound(in scope: MappingScope) -> [String] {
        switch self {
        case .minorUnits(.path(let path), _), .majorUnits(.path(let path)): [path.shapeFound(in: scope)]
        default: []
        }
    }
}

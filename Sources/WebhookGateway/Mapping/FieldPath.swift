import Verifiers

/// A place in a payload: `customer.id`, `lines.data[*].amount`, `errors[0].code`, `metadata["order id"]`.
///
/// Paths start at the rule's root; with `$` in front they start at the event's payload (`$.livemode`), and `.` alone is
/// where they start. Split once when a mapping is loaded, so that walking compares bytes.
final class FieldPath: Sendable {
    enum Step: Sendable, Equatable {
        /// `.name` or `["name"]`
        case member([UInt8])
        /// `[n]`
        case element(Int)
        /// `[*]`
        case each
    }

    /// The path as written, for messages.
    let text: String
    /// Whether it starts at the payload, not at the rule's root.
    let startsAtPayload: Bool
    let steps: [Step]
    /// Whether it may lead to several values.
    let isPlural: Bool

    init(parsing text: String) throws(MalformedPath) {
        var parser = FieldPathParser(text)
        let (startsAtPayload, steps) = try parser.parse()
        self.text = text
        self.startsAtPayload = startsAtPayload
        self.steps = steps
        isPlural = steps.contains(.each)
    }

    /// The one value the path leads to; nil when there is none. Not for plural paths.
    func node(in scope: MappingScope) -> JSONDocument.Node? {
        guard let start = startsAtPayload ? scope.payload : scope.base else { return nil }
        return node(in: scope.document, from: start)
    }

    /// The one value the path leads to from a start; nil when there is none. Not for plural paths.
    func node(in document: JSONDocument, from start: JSONDocument.Node) -> JSONDocument.Node? {
        var node = start
        for step in steps {
            guard let next = Self.follow(step, from: node, in: document) else { return nil }
            node = next
        }
        return node
    }

    /// Calls `body` with each value the path leads to, in the order of the document.
    func forEachNode<Failure: Error>(
        in scope: MappingScope, _ body: (JSONDocument.Node) throws(Failure) -> Void
    ) throws(Failure) {
        guard let start = startsAtPayload ? scope.payload : scope.base else { return }
        try visit(steps[...], start, scope.document, body)
    }

    private func visit<Failure: Error>(
        _ steps: ArraySlice<Step>, _ node: JSONDocument.Node, _ document: JSONDocument,
        _ body: (JSONDocument.Node) throws(Failure) -> Void
    ) throws(Failure) {
        guard let step = steps.first else { return try body(node) }
        if step == .each {
            guard document.kind(of: node) == .array else { return }
            for element in document.children(of: node) {
                try visit(steps.dropFirst(), element, document, body)
            }
        } else if let next = Self.follow(step, from: node, in: document) {
            try visit(steps.dropFirst(), next, document, body)
        }
    }

    @inline(__always)
    private static func follow(
        _ step: Step, from node: JSONDocument.Node, in document: JSONDocument
    ) -> JSONDocument.Node? {
        switch step {
        case .member(let name): document.member(named: name, of: node)
        case .element(let place): document.element(place, of: node)
        case .each: nil
        }
    }
}

/// A path that cannot be read, and why.
struct MalformedPath: Error, Equatable, Sendable {
    var reason: String
}

import Verifiers

/// A condition on a field of the payload, beside the type, for a rule to apply.
struct Condition: Sendable {
    enum Test: Sendable {
        case isAbsent
        case exists
        case isOneOf([[UInt8]])
        case isNoneOf([[UInt8]])
    }

    let path: FieldPath
    let test: Test

    func holds(in scope: MappingScope) -> Bool {
        let node = path.node(in: scope)
        let isThere = node.map { !MappedValue.isAbsent($0, in: scope.document) } ?? false
        switch test {
        case .isAbsent: return !isThere
        case .exists: return isThere
        case .isOneOf(let texts): return isThere && Self.contains(texts, node, scope.document)
        case .isNoneOf(let texts): return !isThere || !Self.contains(texts, node, scope.document)
        }
    }

    private static func contains(_ texts: [[UInt8]], _ node: JSONDocument.Node?, _ document: JSONDocument) -> Bool {
        guard let node else { return false }
        if let plain = document.plainContent(of: node) { return texts.contains { $0.elementsEqual(plain) } }
        guard let text = MappedValue.node(node).scalarText(in: document) else { return false }
        return texts.contains(text)
    }
}

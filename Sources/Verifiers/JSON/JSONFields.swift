/// A fixed number of fields of a document, each found by its members' names and all in one walk.
struct JSONFields<let count: Int>: Sendable {
    private let selection: JSONSelection
    /// Where the selection puts each field's value.
    private let places: InlineArray<count, Int>

    /// Makes ready to look up fields by the names on the way to them; as many as `count`.
    init(_ paths: [[String]]) {
        precondition(paths.count == count, "another number of fields")
        let selection = JSONSelection(
            paths.map { JSONSelection.Path(startsAtPayload: true, steps: $0.map { .member(Array($0.utf8)) }) })
        self.selection = selection
        places = InlineArray { selection.places[$0] }
    }

    /// The fields' values in the order of the paths; nil where there is none.
    func values(in document: JSONDocument) -> InlineArray<count, JSONDocument.Node?> {
        withUnsafeTemporaryAllocation(of: JSONDocument.Node.self, capacity: selection.count) { nodes in
            selection.resolve(in: document, base: nil, payload: .root, into: nodes)
            return InlineArray { nodes[places[$0]] == .absent ? nil : nodes[places[$0]] }
        }
    }
}

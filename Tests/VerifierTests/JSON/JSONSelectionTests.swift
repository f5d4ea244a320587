import Testing
import Verifiers

/// Paths looked up together lead where each of them leads alone.
@Suite struct JSONSelectionTests {
    private static let paths = [
        ["id"], ["customer"], ["customer", "id"], ["customer", "email"], ["lines", "0", "amount"], ["lines", "1"],
        ["metadata", "order_id"],
        ["metadata", "a name of more than sixty-three bytes, which share one bit in the filter"],
        ["é"], [""],
    ]

    @Test(arguments: [
        #"{"id":1,"customer":{"id":"c","email":"e"},"lines":[{"amount":5},{}],"metadata":{"order_id":7},"é":2,"":3}"#,
        #"{"id":1,"id":2,"customer":"c","customer":{"id":3},"lines":{"0":{"amount":1}},"metadata":[]}"#,
        #"{"\u0069d":1,"id":2,"cust\u006Fmer":{"em\u0061il":"e"},"\u00e9":4}"#,
        #"{"metadata":{"a name of more than sixty-three bytes, which share one bit in the filter":true},"lines":[]}"#,
        #"[1,2]"#, #"{}"#, #""id""#, #"{"x":{"id":1}}"#,
    ])
    func `each path leads where it leads alone`(_ text: String) throws {
        var document = JSONDocument()
        try document.read(Array(text.utf8)[...])
        let selection = JSONSelection(
            Self.paths.flatMap { path in
                let steps = path.map { Int($0).map(JSONSelection.Step.element) ?? .member(Array($0.utf8)) }
                return [true, false].map { JSONSelection.Path(startsAtPayload: $0, steps: steps) }
            })
        let base = document.member("x")
        let found = withUnsafeTemporaryAllocation(of: JSONDocument.Node.self, capacity: selection.count) { nodes in
            selection.resolve(in: document, base: base, payload: .root, into: nodes)
            return selection.places.map { nodes[$0] == .absent ? nil : nodes[$0] }
        }
        let expected = Self.paths.flatMap { path in
            [.root, base].map { start in
                path.reduce(start) { node, step in
                    Int(step).map { document.element($0, of: node) } ?? document.member(named: step, of: node)
                }
            }
        }
        #expect(found == expected)
    }
}

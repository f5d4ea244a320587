import Verifiers

/// A provider's payload under construction, written value by value wherever paths lead.
struct PayloadTree {
    indirect enum Node: Sendable {
        /// Nothing has been written here: an element before one that has.
        case hole
        /// A text, number, boolean or null as JSON.
        case scalar([UInt8])
        case list([Node])
        /// Members in the order in which they were written first.
        case object([Member])
    }

    struct Member: Sendable {
        var name: [UInt8]
        var node: Node
    }

    /// What an element's place may be at most: what stands before it is written as null.
    static let longestList = 10_000

    private(set) var root = Node.hole

    /// Writes a value where `steps` lead from the payload; none of them is `[*]`. What stands there already must agree.
    mutating func write(_ node: Node, at steps: [FieldPath.Step]) throws(TransformProblem) {
        root = try Self.merged(root, with: node, at: steps[...])
    }

    /// What has been written at a place; nil when nothing has.
    func node(at steps: [FieldPath.Step]) -> Node? {
        var node = root
        for step in steps {
            switch (step, node) {
            case (.member(let name), .object(let members)):
                guard let member = members.first(where: { $0.name == name }) else { return nil }
                node = member.node
            case (.element(let place), .list(let nodes)) where nodes.indices.contains(place): node = nodes[place]
            default: return nil
            }
        }
        if case .hole = node { return nil }
        return node
    }

    /// The payload as minified JSON.
    var json: [UInt8] {
        var output: [UInt8] = []
        if case .hole = root { return Array("{}".utf8) }
        Self.append(root, to: &output)
        return output
    }

    private static func merged(
        _ old: Node, with new: Node, at steps: ArraySlice<FieldPath.Step>
    ) throws(TransformProblem) -> Node {
        guard let step = steps.first else { return try merged(old, with: new) }
        switch (step, old) {
        case (.member(let name), .hole):
            return .object([Member(name: name, node: try merged(.hole, with: new, at: steps.dropFirst()))])
        case (.member(let name), .object(var members)):
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].node = try merged(members[index].node, with: new, at: steps.dropFirst())
            } else {
                members.append(Member(name: name, node: try merged(.hole, with: new, at: steps.dropFirst())))
            }
            return .object(members)
        case (.element(let place), .hole), (.element(let place), .list):
            guard place < longestList else { throw TransformProblem("its place [\(place)] is beyond \(longestList)") }
            var nodes: [Node] = []
            if case .list(let known) = old { nodes = known }
            while nodes.count <= place { nodes.append(.hole) }
            nodes[place] = try merged(nodes[place], with: new, at: steps.dropFirst())
            return .list(nodes)
        default: throw TransformProblem("another field puts a value where this one needs an object or a list")
        }
    }

    private static func merged(_ old: Node, with new: Node) throws(TransformProblem) -> Node {
        switch (old, new) {
        case (.hole, _): return new
        case (_, .hole): return old
        case (.scalar(let left), .scalar(let right)) where left == right: return old
        case (.object, .object(let members)):
            var result = old
            for member in members {
                result = try merged(result, with: member.node, at: [.member(member.name)])
            }
            return result
        case (.list(let left), .list(let right)) where left.count == right.count:
            var nodes: [Node] = []
            for (left, right) in zip(left, right) { nodes.append(try merged(left, with: right)) }
            return .list(nodes)
        default: throw TransformProblem("another field puts another value at the same place")
        }
    }

    private static func append(_ node: Node, to output: inout [UInt8]) {
        switch node {
        case .hole: output.append(contentsOf: "null".utf8)
        case .scalar(let json): output.append(contentsOf: json)
        case .list(let nodes):
            output.append(UInt8(ascii: "["))
            for (index, node) in nodes.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                append(node, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONWriter.append(member.name[...], to: &output)
                output.append(UInt8(ascii: ":"))
                append(member.node, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}

extension PayloadTree.Node {
    /// A text.
    init(text: [UInt8]) {
        var json: [UInt8] = []
        JSONWriter.append(text[...], to: &json)
        self = .scalar(json)
    }

    /// A value of a document, whole.
    init(_ node: JSONDocument.Node, of document: JSONDocument) {
        switch document.kind(of: node) {
        case .array: self = .list(document.children(of: node).map { Self($0, of: document) })
        case .object:
            self = .object(
                document.children(of: node).map { child in
                    PayloadTree.Member(
                        name: Array((document.name(of: child) ?? "").utf8), node: Self(child, of: document))
                })
        case .string, .number, .boolean, .null: self = .scalar(Array(document.text(of: node)))
        }
    }

    /// A value that a chain has made; amounts are parted before.
    init(_ value: MappedValue, of document: JSONDocument) {
        switch value {
        case .node(let node): self.init(node, of: document)
        case .text(let text): self.init(text: text)
        case .number(let text): self = .scalar(text)
        case .boolean(let value): self = .scalar(Array((value ? "true" : "false").utf8))
        case .list(let values): self = .list(values.map { Self($0, of: document) })
        case .money(let money):
            var json = ByteBuffer()
            money.append(to: &json)
            self = .scalar(json.bytes)
        }
    }
}

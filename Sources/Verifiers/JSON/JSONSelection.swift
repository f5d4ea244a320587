/// Paths that are looked up together: each object on their way is walked once, whatever the number of its members that
/// are wanted.
///
///     let selection = JSONSelection([.init(startsAtPayload: false, steps: [.member(Array("id".utf8))])])
///     selection.resolve(in: document, base: node, payload: .root, into: nodes)
///     nodes[selection.places[0]]
public struct JSONSelection: Sendable {
    /// One step of a path.
    public enum Step: Equatable, Hashable, Sendable {
        /// The member of that name.
        case member([UInt8])
        /// The element at that place, counted from 0.
        case element(Int)
    }

    /// A path and where it starts.
    public struct Path: Sendable {
        /// Whether it starts at the payload, not at the base.
        public var startsAtPayload: Bool
        /// The way from there; not empty.
        public var steps: [Step]

        /// Makes a path.
        public init(startsAtPayload: Bool, steps: [Step]) {
            self.startsAtPayload = startsAtPayload
            self.steps = steps
        }
    }

    /// Where `resolve` puts the value of each path, in the order of the paths.
    public private(set) var places: [Int] = []
    /// How many nodes `resolve` needs room for.
    public var count: Int { entries.count }

    /// Steps from one and the same value, whose entries stand together.
    private struct Group: Sendable {
        /// The entry they start from; below 0: base or payload.
        var parent: Int
        var entries: Range<Int>
        /// A bit for each length that a name has, the last one for all from 63 on: most members are passed over by it.
        var lengths: UInt64
    }

    private struct Entry: Sendable {
        /// The name's bytes in `names`; empty for an element.
        var name: Range<Int>
        /// The element's place; below 0: a member.
        var element: Int
    }

    private static let base = -1
    private static let payload = -2
    private var groups: [Group] = []
    private var entries: [Entry] = []
    private var names: [UInt8] = []

    /// Merges the common beginnings of the paths.
    public init(_ paths: [Path]) {
        places = Array(repeating: 0, count: paths.count)
        let indices = paths.indices.filter { !paths[$0].steps.isEmpty }
        add(indices.filter { !paths[$0].startsAtPayload }, of: paths, depth: 0, parent: Self.base)
        add(indices.filter { paths[$0].startsAtPayload }, of: paths, depth: 0, parent: Self.payload)
    }

    /// Adds the steps at one depth of paths that have the same beginning, then what follows each.
    private mutating func add(_ indices: [Int], of paths: [Path], depth: Int, parent: Int) {
        var steps: [Step] = []
        for index in indices where !steps.contains(paths[index].steps[depth]) {
            steps.append(paths[index].steps[depth])
        }
        guard !steps.isEmpty else { return }
        let first = entries.count
        var lengths: UInt64 = 0
        for step in steps {
            switch step {
            case .member(let name):
                entries.append(Entry(name: names.count..<names.count + name.count, element: -1))
                names += name
                lengths |= Self.bit(ofLength: name.count)
            case .element(let place):
                entries.append(Entry(name: 0..<0, element: place))
            }
        }
        groups.append(Group(parent: parent, entries: first..<entries.count, lengths: lengths))
        for (offset, step) in steps.enumerated() {
            let same = indices.filter { paths[$0].steps[depth] == step }
            for index in same where paths[index].steps.count == depth + 1 { places[index] = first + offset }
            add(same.filter { paths[$0].steps.count > depth + 1 }, of: paths, depth: depth + 1, parent: first + offset)
        }
    }

    /// Looks up all paths; `nodes` must have room for `count`, and is nil where there is no value.
    public func resolve(
        in document: JSONDocument, base: JSONDocument.Node?, payload: JSONDocument.Node,
        into nodes: UnsafeMutableBufferPointer<JSONDocument.Node?>
    ) {
        precondition(nodes.count >= count, "no room for the selection")
        for group in groups {
            for entry in group.entries { nodes[entry] = nil }
            let parent = group.parent == Self.base ? base : group.parent == Self.payload ? payload : nodes[group.parent]
            guard let parent else { continue }
            switch document.kind(of: parent) {
            case .object: resolveMembers(group, of: parent, in: document, into: nodes)
            case .array:
                for entry in group.entries where entries[entry].element >= 0 {
                    nodes[entry] = document.element(entries[entry].element, of: parent)
                }
            case .string, .number, .boolean, .null: continue
            }
        }
    }

    /// Walks the members of an object: of each name the first match wins.
    private func resolveMembers(
        _ group: Group, of parent: JSONDocument.Node, in document: JSONDocument,
        into nodes: UnsafeMutableBufferPointer<JSONDocument.Node?>
    ) {
        var rest = group.entries.count
        entries.withUnsafeBufferPointer { entries in
            names.withUnsafeBufferPointer { names in
                document.forEachMember(of: parent) { node, key, isEscaped in
                    guard isEscaped || group.lengths & Self.bit(ofLength: key.count) != 0 else { return true }
                    for index in group.entries where entries[index].element < 0 && nodes[index] == nil {
                        let name = UnsafeBufferPointer(rebasing: names[entries[index].name])
                        if isEscaped
                            ? JSONEscape.isName(key, equalTo: name) : ByteComparison.areEqual(key, name)
                        {
                            nodes[index] = node
                            rest -= 1
                        }
                    }
                    return rest > 0
                }
            }
        }
    }

    @inline(__always)
    private static func bit(ofLength length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}

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

        /// Members by the length of their names, then elements.
        fileprivate var rank: Int {
            switch self {
            case .member(let name): name.count
            case .element: Int.max
            }
        }
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

    /// Steps from one and the same value, whose entries stand together, members by the length of their names.
    private struct Group: Sendable {
        /// The entry they start from; below 0: base or payload.
        var parent: Int
        var entries: Range<Int>
        /// How many entries are members; they come first.
        var memberCount = 0
        /// For each length that a name has, the last standing for all from 31 on, its first entry, counted from 1 and
        /// from the group's first one; 0: no name has it, and most members are passed over by that.
        var firstOfLength = InlineArray<32, UInt16>(repeating: 0)

        static func bucket(ofLength length: Int) -> Int { min(length, 31) }
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
        steps.sort { $0.rank < $1.rank }
        let first = entries.count
        var group = Group(parent: parent, entries: first..<first + steps.count)
        for (offset, step) in steps.enumerated() {
            switch step {
            case .member(let name):
                entries.append(Entry(name: names.count..<names.count + name.count, element: -1))
                names += name
                group.memberCount += 1
                let bucket = Group.bucket(ofLength: name.count)
                if group.firstOfLength[bucket] == 0 { group.firstOfLength[bucket] = UInt16(offset + 1) }
            case .element(let place):
                entries.append(Entry(name: 0..<0, element: place))
            }
        }
        groups.append(group)
        for (offset, step) in steps.enumerated() {
            let same = indices.filter { paths[$0].steps[depth] == step }
            for index in same where paths[index].steps.count == depth + 1 { places[index] = first + offset }
            add(same.filter { paths[$0].steps.count > depth + 1 }, of: paths, depth: depth + 1, parent: first + offset)
        }
    }

    /// Looks up all paths; `nodes` must have room for `count`, and is `Node.absent` where there is no value.
    public func resolve(
        in document: JSONDocument, base: JSONDocument.Node?, payload: JSONDocument.Node,
        into nodes: UnsafeMutableBufferPointer<JSONDocument.Node>
    ) {
        precondition(nodes.count >= count, "no room for the selection")
        nodes.initialize(repeating: .absent)
        for group in groups {
            let parent =
                group.parent == Self.base
                ? base ?? .absent : group.parent == Self.payload ? payload : nodes[group.parent]
            guard parent != .absent else { continue }
            switch document.kind(of: parent) {
            case .object: resolveMembers(group, of: parent, in: document, into: nodes)
            case .array:
                for entry in group.entries where entries[entry].element >= 0 {
                    nodes[entry] = document.element(entries[entry].element, of: parent) ?? .absent
                }
            case .string, .number, .boolean, .null: continue
            }
        }
    }

    /// Walks the members of an object: of each name the first match wins.
    private func resolveMembers(
        _ group: Group, of parent: JSONDocument.Node, in document: JSONDocument,
        into nodes: UnsafeMutableBufferPointer<JSONDocument.Node>
    ) {
        var rest = group.memberCount
        guard rest > 0 else { return }
        let end = group.entries.lowerBound + rest
        entries.withUnsafeBufferPointer { entries in
            names.withUnsafeBufferPointer { names in
                document.forEachMember(of: parent) { node, key, isEscaped in
                    if isEscaped {
                        // An escaped name says nothing by its length.
                        for index in group.entries.lowerBound..<end where nodes[index] == .absent {
                            let name = UnsafeBufferPointer(rebasing: names[entries[index].name])
                            if JSONEscape.isName(key, equalTo: name) {
                                nodes[index] = node
                                rest -= 1
                            }
                        }
                        return rest > 0
                    }
                    let first = Int(group.firstOfLength[Group.bucket(ofLength: key.count)])
                    guard first > 0 else { return true }
                    var index = group.entries.lowerBound + first - 1
                    while index < end, entries[index].name.count <= key.count {
                        let name = UnsafeBufferPointer(rebasing: names[entries[index].name])
                        if ByteComparison.areEqual(key, name) {
                            guard nodes[index] == .absent else { return true }
                            nodes[index] = node
                            rest -= 1
                            return rest > 0
                        }
                        index += 1
                    }
                    return true
                }
            }
        }
    }
}

/// Routes found by the bytes of a path: fixed segments, parameters (`{source}`) and a rest (`{suffix…}`).
///
///     var routes = PathTrie<Route>()
///     routes.insert(.post, "/webhooks/{source}", .deliver)
///     routes.insert(.post, "/webhooks/{source}/{suffix…}", .deliver)
///
/// A fixed segment wins over a parameter, a parameter over a rest, and the path decides before the method does: the first
/// pattern that fits answers alone, also with 405. Paths are compared as they came, undecoded.
struct PathTrie<Value: Sendable>: Sendable {
    /// What a path and a method lead to.
    enum Match {
        case found(Value, PathParameters)
        /// The path exists, but not with this method: 405 with `Allow`.
        case methodNotAllowed(HTTPMethodSet)
        case notFound
    }

    private struct Node: Sendable {
        var children: [(segment: [UInt8], node: Int)] = []
        var parameter: Int?
        var rest: Int?
        var values: [(method: HTTPMethod, value: Value)] = []
    }

    /// The nodes refer to one another by index; the root comes first.
    private var nodes = [Node()]

    init() {}

    /// Adds a route; a second one for the same method and path replaces the first.
    mutating func insert(_ method: HTTPMethod, _ pattern: String, _ value: Value) {
        precondition(pattern.utf8.first == UInt8(ascii: "/"), "a route begins with a slash")
        var node = 0
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            if segment.hasPrefix("{"), segment.hasSuffix("…}") {
                precondition(index == segments.count - 1, "a rest is a route's last segment")
                node = child(of: node, at: \.rest)
            } else if segment.hasPrefix("{"), segment.hasSuffix("}") {
                node = child(of: node, at: \.parameter)
            } else {
                node = child(of: node, for: Array(segment.utf8))
            }
        }
        nodes[node].values.removeAll { $0.method == method }
        nodes[node].values.append((method, value))
    }

    /// Finds the route of a method and a path; an empty path is the root (RFC 9110 §4.2.3).
    func match(_ method: HTTPMethod, _ path: ArraySlice<UInt8>) -> Match {
        var search = Search(method: method, path: path)
        guard path.isEmpty || path.first == UInt8(ascii: "/") else { return .notFound }
        let start = path.isEmpty ? path.startIndex : path.startIndex + 1
        if let value = find(&search, node: 0, from: start) { return .found(value, search.parameters) }
        return search.allowed.isEmpty ? .notFound : .methodNotAllowed(search.allowed)
    }

    /// One look-up: what is sought, and what has been seen on the way.
    private struct Search {
        let method: HTTPMethod
        let path: ArraySlice<UInt8>
        var parameters = PathParameters()
        /// Of the pattern that fits the path and lacks the method.
        var allowed: HTTPMethodSet = []

        var isDecided: Bool { !allowed.isEmpty }
    }

    /// The value below `node` for the path from `start`, which follows a slash.
    private func find(_ search: inout Search, node: Int, from start: Int) -> Value? {
        let end = search.path[start...].firstIndex(of: UInt8(ascii: "/")) ?? search.path.endIndex
        let segment = search.path[start..<end]
        for child in nodes[node].children where child.segment.elementsEqual(segment) {
            if let value = descend(&search, node: child.node, end: end) { return value }
            if search.isDecided { return nil }
        }
        let mark = search.parameters.count
        if let parameter = nodes[node].parameter, !segment.isEmpty, search.parameters.append(start..<end) {
            if let value = descend(&search, node: parameter, end: end) { return value }
            if search.isDecided { return nil }
            search.parameters.truncate(to: mark)
        }
        if let rest = nodes[node].rest, search.parameters.append(start..<search.path.endIndex) {
            if let value = value(&search, at: rest) { return value }
            search.parameters.truncate(to: mark)
        }
        return nil
    }

    private func descend(_ search: inout Search, node: Int, end: Int) -> Value? {
        guard end < search.path.endIndex else { return value(&search, at: node) }
        return find(&search, node: node, from: end + 1)
    }

    private func value(_ search: inout Search, at node: Int) -> Value? {
        for entry in nodes[node].values {
            if entry.method == search.method { return entry.value }
            search.allowed.insert(HTTPMethodSet(entry.method))
        }
        return nil
    }

    private mutating func child(of node: Int, at link: WritableKeyPath<Node, Int?>) -> Int {
        if let existing = nodes[node][keyPath: link] { return existing }
        nodes.append(Node())
        nodes[node][keyPath: link] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func child(of node: Int, for segment: [UInt8]) -> Int {
        if let existing = nodes[node].children.first(where: { $0.segment == segment }) { return existing.node }
        nodes.append(Node())
        nodes[node].children.append((segment, nodes.count - 1))
        return nodes.count - 1
    }
}

/// Where a matched path's parameters lie, in the order of the route's pattern: ranges of the path's own indices.
struct PathParameters: Sendable {
    /// As many as any route has; no allocation.
    private var ranges: [4 of Range<Int>] = .init(repeating: 0..<0)
    private(set) var count = 0

    subscript(index: Int) -> Range<Int> {
        precondition(index < count, "the route has no such parameter")
        return ranges[index]
    }

    fileprivate mutating func append(_ range: Range<Int>) -> Bool {
        guard count < 4 else { return false }
        ranges[count] = range
        count += 1
        return true
    }

    fileprivate mutating func truncate(to count: Int) {
        self.count = count
    }
}

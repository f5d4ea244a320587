extension JSONDocument {
    /// The member of that name; nil when `node` is nil or no object, or has no such member.
    public func member(_ name: StaticString, of node: Node? = .root) -> Node? {
        guard let node else { return nil }
        return member(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), of: node)
    }

    /// The member of that name; nil when `node` is nil or no object, or has no such member.
    public func member(named name: String, of node: Node? = .root) -> Node? {
        guard let node else { return nil }
        var name = name
        return name.withUTF8 { member($0, of: node) }
    }

    /// The member of that name, in UTF-8; nil when `node` is nil or no object, or has no such member.
    public func member(named name: [UInt8], of node: Node? = .root) -> Node? {
        guard let node else { return nil }
        return name.withUnsafeBufferPointer { member($0, of: node) }
    }

    /// The element at a place, counted from 0; nil when `node` is nil or no array, or is shorter.
    public func element(_ place: Int, of node: Node?) -> Node? {
        guard let node, place >= 0, record(node).kind == .array else { return nil }
        var rest = place
        for child in children(of: node) {
            if rest == 0 { return child }
            rest -= 1
        }
        return nil
    }

    /// The members' values or the elements, in order; nothing for other values. Allocates nothing.
    public func children(of node: Node?) -> Children {
        guard let node else { return Children(records: records, index: 0, end: 0) }
        return Children(records: records, index: node.index + 1, end: record(node).next)
    }

    /// How many children a value has.
    public func count(of node: Node?) -> Int {
        children(of: node).reduce(0) { count, _ in count + 1 }
    }

    /// The name under which a value stands in its object; nil for elements and the root.
    public func name(of node: Node) -> String? {
        let record = record(node)
        guard record.keyStart >= 0 else { return nil }
        let name = keyText(record)
        guard record.flags.contains(.keyEscaped) else { return String(decoding: name, as: UTF8.self) }
        var decoded: [UInt8] = []
        JSONEscape.appendDecoded(name, to: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    /// A value's children; made by `children(of:)`.
    public struct Children: Sequence, IteratorProtocol, Sendable {
        let records: [Record]
        var index: Int32
        let end: Int32

        /// The next child.
        public mutating func next() -> Node? {
            guard index < end else { return nil }
            defer { index = records[Int(index)].next }
            return Node(index: index)
        }
    }

    private func keyText(_ record: Record) -> ArraySlice<UInt8> {
        bytes[bytes.startIndex + Int(record.keyStart)..<bytes.startIndex + Int(record.keyEnd)]
    }

    /// The member of that name: the first match wins.
    private func member(_ name: UnsafeBufferPointer<UInt8>, of node: Node) -> Node? {
        var found: Node?
        forEachMember(of: node) { member, key, isEscaped in
            guard isEscaped ? JSONEscape.isName(key, equalTo: name) : ByteComparison.areEqual(key, name) else {
                return true
            }
            found = member
            return false
        }
        return found
    }

    /// Walks the members of an object with their names as they are written, until `body` is false; nothing for other
    /// values.
    @inline(__always)
    func forEachMember(of node: Node, _ body: (Node, UnsafeBufferPointer<UInt8>, _ isEscaped: Bool) -> Bool) {
        let object = record(node)
        guard object.kind == .object else { return }
        bytes.withUnsafeBufferPointer { text in
            records.withUnsafeBufferPointer { records in
                guard let base = text.baseAddress, let nodes = records.baseAddress else { return }
                var index = node.index + 1
                while index < object.next {
                    let member = nodes + Int(index)
                    let key = UnsafeBufferPointer(
                        start: base + Int(member.pointee.keyStart),
                        count: Int(member.pointee.keyEnd &- member.pointee.keyStart))
                    guard body(Node(index: index), key, member.pointee.flags.contains(.keyEscaped)) else { return }
                    index = member.pointee.next
                }
            }
        }
    }
}

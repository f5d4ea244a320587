extension JSONDocument {
    /// The member of that name; nil when `node` is nil or no object, or has no such member.
    public func member(_ name: StaticString, of node: Node? = .root) -> Node? {
        guard let node else { return nil }
        return member(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), of: node)
    }

    /// The member of that name; nil when `node` is nil or no object, or has no such member.
    public func member(named name: String, of node: Node? = .root) -> Node? {
        member(named: Array(name.utf8), of: node)
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

    /// Walks the members of an object: the first match wins.
    @inline(__always)
    private func member(_ name: UnsafeBufferPointer<UInt8>, of node: Node) -> Node? {
        let object = record(node)
        guard object.kind == .object else { return nil }
        return bytes.withUnsafeBufferPointer { text in
            records.withUnsafeBufferPointer { records in
                var index = Int(node.index) + 1
                while index < Int(object.next) {
                    let candidate = records[index]
                    if candidate.flags.contains(.keyEscaped) {
                        if hasEscapedName(candidate, equalTo: name) { return Node(index: Int32(index)) }
                    } else if Int(candidate.keyEnd - candidate.keyStart) == name.count,
                        text[Int(candidate.keyStart)..<Int(candidate.keyEnd)].elementsEqual(name)
                    {
                        return Node(index: Int32(index))
                    }
                    index = Int(candidate.next)
                }
                return nil
            }
        }
    }

    /// Compares a name that has escapes; rare, so it may allocate.
    private func hasEscapedName(_ record: Record, equalTo name: UnsafeBufferPointer<UInt8>) -> Bool {
        var decoded: [UInt8] = []
        JSONEscape.appendDecoded(keyText(record), to: &decoded)
        return decoded.elementsEqual(name)
    }
}

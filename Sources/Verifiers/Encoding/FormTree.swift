/// The nesting that a form's bracketed names describe, as a flat list of nodes.
struct FormTree {
    private struct Node {
        var value: [UInt8]?
        /// Children in the order of arrival.
        var keys: [[UInt8]] = []
        var children: [[UInt8]: Int] = [:]
        /// What the next `[]` means.
        var nextIndex = 0
    }

    private var nodes = [Node()]

    /// Puts a value at a path; a name that would be value and group at once is refused, since one would be lost.
    mutating func insert(_ value: [UInt8], at path: [ArraySlice<UInt8>], name: [UInt8]) throws(MalformedBody) {
        var current = 0
        for (depth, key) in path.enumerated() {
            guard nodes[current].value == nil else { throw conflict(name) }
            // An empty first key is a field without a name, not an index.
            current = child(of: current, key: key.isEmpty && depth > 0 ? nil : Array(key))
        }
        guard nodes[current].keys.isEmpty else { throw conflict(name) }
        nodes[current].value = value
    }

    /// The whole as a JSON object.
    func json() -> [UInt8] {
        var output: [UInt8] = []
        write(0, isRoot: true, to: &output)
        return output
    }

    private mutating func child(of parent: Int, key: [UInt8]?) -> Int {
        let index = key.map(Self.index) ?? nodes[parent].nextIndex
        if let index { nodes[parent].nextIndex = max(nodes[parent].nextIndex, index + 1) }
        let key = key ?? Array(String(nodes[parent].nextIndex - 1).utf8)
        if let known = nodes[parent].children[key] { return known }
        nodes.append(Node())
        nodes[parent].keys.append(key)
        nodes[parent].children[key] = nodes.count - 1
        return nodes.count - 1
    }

    private func write(_ index: Int, isRoot: Bool, to output: inout [UInt8]) {
        let node = nodes[index]
        if let value = node.value { return JSONWriter.append(value[...], to: &output) }
        let isArray = !isRoot && node.nextIndex == node.keys.count && node.keys.allSatisfy { Self.index($0) != nil }
        output.append(UInt8(ascii: isArray ? "[" : "{"))
        for position in node.keys.indices {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            let key = isArray ? Array(String(position).utf8) : node.keys[position]
            if !isArray {
                JSONWriter.append(key[...], to: &output)
                output.append(UInt8(ascii: ":"))
            }
            if let child = node.children[key] { write(child, isRoot: false, to: &output) }
        }
        output.append(UInt8(ascii: isArray ? "]" : "}"))
    }

    /// The array index that a key spells: digits without a leading zero, small enough to be one of a form's fields.
    private static func index(_ key: [UInt8]) -> Int? {
        guard let first = key.first, key.count <= 4, key.count == 1 || first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for byte in key {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private func conflict(_ name: [UInt8]) -> MalformedBody {
        MalformedBody("form field \(FormDecoder.display(name)) is both a value and a group of fields")
    }
}

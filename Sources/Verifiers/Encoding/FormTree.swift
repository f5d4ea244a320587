/// The nesting that a form's bracketed names describe, as a flat list of nodes over the decoded text.
struct FormTree {
    private struct Node {
        /// The key's bytes in the text; a key that is a number has that alone.
        var key = 0..<0
        /// The number that a key spells, or that `[]` stands for; below 0: none.
        var number = -1
        var value: Range<Int>?
        /// Children in the order of arrival, linked by `next`; 0: none.
        var first = 0
        var last = 0
        var next = 0
        var count = 0
        /// Whether each child's key is an array index.
        var hasIndicesOnly = true
        /// What the next `[]` means.
        var nextIndex = 0
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var nodes: [Node]

    /// Begins a tree; the text must outlive it.
    init(_ text: UnsafeBufferPointer<UInt8>, fields: Int) {
        self.text = text
        nodes = []
        nodes.reserveCapacity(2 * fields + 8)
        nodes.append(Node())
    }

    /// Puts a value where its name says; one that would be value and group at once is refused, since one would be lost.
    ///
    /// `a[b][]` has the keys `a`, `b` and the next free index. A name whose brackets do not close is one key.
    mutating func insert(_ value: Range<Int>, name: Range<Int>) throws(MalformedBody) {
        var current = 0
        var position = name.lowerBound
        let depth = depth(of: name)
        guard depth <= FormDecoder.maximumDepth else {
            throw MalformedBody("form field \(display(name)) nests deeper than \(FormDecoder.maximumDepth) keys")
        }
        for level in 0..<depth {
            guard nodes[current].value == nil else { throw conflict(name) }
            var key = name
            if depth > 1 {
                let mark = level == 0 ? UInt8(ascii: "[") : UInt8(ascii: "]")
                if level > 0 { position += 1 }
                let start = position
                while position < name.upperBound, text[position] != mark { position += 1 }
                key = start..<position
                if level > 0 { position += 1 }
            }
            // An empty first key is a field without a name, not an index.
            current = child(of: current, key: key.isEmpty && level > 0 ? nil : key)
        }
        guard nodes[current].count == 0 else { throw conflict(name) }
        nodes[current].value = value
    }

    /// The whole as a JSON object.
    func json() -> [UInt8] {
        var output = ByteBuffer(capacity: text.count + 8 * nodes.count)
        write(0, isRoot: true, to: &output)
        return output.bytes
    }

    /// How many keys a name has: one, unless it is a key and then keys in brackets up to its end.
    private func depth(of name: Range<Int>) -> Int {
        guard name.count > 1, text[name.upperBound - 1] == UInt8(ascii: "]"),
            let first = text[name].firstIndex(of: UInt8(ascii: "[")), first > name.lowerBound
        else { return 1 }
        var depth = 1
        var index = first
        while index < name.upperBound {
            guard text[index] == UInt8(ascii: "["),
                let end = text[index..<name.upperBound].firstIndex(of: UInt8(ascii: "]"))
            else { return 1 }
            depth += 1
            index = end + 1
        }
        return depth
    }

    private mutating func child(of parent: Int, key: Range<Int>?) -> Int {
        let number = key.map(number) ?? nodes[parent].nextIndex
        // Longer numbers can only come from `[]` after 9999, and are no indices when they are spelt out.
        let isIndex = key == nil || number >= 0 && number <= Self.maximumIndex
        if isIndex { nodes[parent].nextIndex = max(nodes[parent].nextIndex, number + 1) }
        // What was asked for last is what is asked for next, most often.
        let last = nodes[parent].last
        if last > 0, isKey(last, number, key) { return last }
        var index = nodes[parent].first
        while index > 0 {
            if isKey(index, number, key) { return index }
            index = nodes[index].next
        }
        var node = Node()
        node.key = key ?? 0..<0
        node.number = number
        nodes.append(node)
        let added = nodes.count - 1
        if last > 0 { nodes[last].next = added } else { nodes[parent].first = added }
        nodes[parent].last = added
        nodes[parent].count += 1
        if number < 0 || number > Self.maximumIndex { nodes[parent].hasIndicesOnly = false }
        return added
    }

    /// Whether a node has that key: the same number, or the same bytes that are none.
    private func isKey(_ index: Int, _ number: Int, _ key: Range<Int>?) -> Bool {
        guard nodes[index].number == number else { return false }
        guard number < 0, let key else { return true }
        guard nodes[index].key.count == key.count else { return false }
        return ByteComparison.areEqual(
            UnsafeBufferPointer(rebasing: text[nodes[index].key]), UnsafeBufferPointer(rebasing: text[key]))
    }

    private func write(_ index: Int, isRoot: Bool, to output: inout ByteBuffer) {
        if let value = nodes[index].value {
            return JSONWriter.appendQuoted(UnsafeBufferPointer(rebasing: text[value]), to: &output)
        }
        let isArray = !isRoot && nodes[index].nextIndex == nodes[index].count && nodes[index].hasIndicesOnly
        output.append(UInt8(ascii: isArray ? "[" : "{"))
        if isArray {
            writeElements(of: index, to: &output)
        } else {
            var child = nodes[index].first
            while child > 0 {
                if child != nodes[index].first { output.append(UInt8(ascii: ",")) }
                if nodes[child].number >= 0 {
                    output.append(UInt8(ascii: "\""))
                    JSONWriter.append(unsigned: UInt64(nodes[child].number), to: &output)
                    output.append(UInt8(ascii: "\""))
                } else {
                    JSONWriter.appendQuoted(UnsafeBufferPointer(rebasing: text[nodes[child].key]), to: &output)
                }
                output.append(UInt8(ascii: ":"))
                write(child, isRoot: false, to: &output)
                child = nodes[child].next
            }
        }
        output.append(UInt8(ascii: isArray ? "]" : "}"))
    }

    /// Writes the elements of an array by their indices, whatever order they came in.
    private func writeElements(of index: Int, to output: inout ByteBuffer) {
        var elements = Array(repeating: 0, count: nodes[index].count)
        var child = nodes[index].first
        while child > 0 {
            elements[nodes[child].number] = child
            child = nodes[child].next
        }
        for (place, element) in elements.enumerated() {
            if place > 0 { output.append(UInt8(ascii: ",")) }
            write(element, isRoot: false, to: &output)
        }
    }

    private static let maximumIndex = 9999

    /// The number that a key spells: digits without a leading zero, at most as long as `[]` can come to; else -1.
    private func number(_ key: Range<Int>) -> Int {
        guard !key.isEmpty, key.count <= 5, key.count == 1 || text[key.lowerBound] != UInt8(ascii: "0") else {
            return -1
        }
        var value = 0
        for index in key {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return -1 }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private func conflict(_ name: Range<Int>) -> MalformedBody {
        MalformedBody("form field \(display(name)) is both a value and a group of fields")
    }

    private func display(_ name: Range<Int>) -> String {
        FormDecoder.display(Array(text[name])[...])
    }
}

extension JSONDocument {
    /// Appends a value without the white space between its tokens: one line, else verbatim.
    ///
    /// Numbers and escapes stay as written; only half of a surrogate pair becomes `\ufffd`.
    public func appendMinified(_ node: Node, to output: inout [UInt8]) {
        let record = record(node)
        let start = output.count
        if !traits.spaced || (record.kind != .object && record.kind != .array) {
            output.append(contentsOf: text(of: node))
        } else {
            bytes.withUnsafeBufferPointer { text in
                records.withUnsafeBufferPointer { records in
                    Self.appendMinified(text, records[Int(node.index)..<Int(record.next)], to: &output)
                }
            }
        }
        if traits.loneSurrogates { JSONEscape.replaceLoneSurrogates(in: &output, from: start) }
    }

    /// Appends a value as it is appended to an array.
    public func appendMinified(_ node: Node, to output: inout ByteBuffer) {
        let record = record(node)
        if traits.loneSurrogates || traits.spaced && (record.kind == .object || record.kind == .array) {
            return output.appendArray { appendMinified(node, to: &$0) }
        }
        output.append(text(of: node))
    }

    /// Walks the values in order: what lies between two of them is punctuation, white space and a name.
    private static func appendMinified(
        _ text: UnsafeBufferPointer<UInt8>, _ records: Slice<UnsafeBufferPointer<Record>>, to output: inout [UInt8]
    ) {
        guard let root = records.first else { return }
        var position = Int(root.start)
        for record in records {
            if record.keyStart >= 0, record.start > root.start {
                appendTokens(text, position..<Int(record.keyStart) - 1, to: &output)
                // The colon stands between the name and the value.
                output.append(contentsOf: text[Int(record.keyStart) - 1...Int(record.keyEnd)])
                output.append(UInt8(ascii: ":"))
            } else {
                appendTokens(text, position..<Int(record.start), to: &output)
            }
            if record.kind == .object || record.kind == .array {
                position = Int(record.start)
            } else {
                output.append(contentsOf: text[Int(record.start)..<Int(record.end)])
                position = Int(record.end)
            }
        }
        appendTokens(text, position..<Int(root.end), to: &output)
    }

    /// Appends a stretch that holds no strings, without its white space.
    @inline(__always)
    private static func appendTokens(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
    ) {
        for index in range where text[index] > 0x20 {
            output.append(text[index])
        }
    }
}

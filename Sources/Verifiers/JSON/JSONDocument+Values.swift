extension JSONDocument {
    /// What a value is.
    public func kind(of node: Node) -> Kind { record(node).kind }

    /// Whether there is no value here or it is `null`.
    public func isNull(_ node: Node?) -> Bool { node.map { record($0).kind == .null } ?? true }

    /// The value's text as it stands in the document, quotes and inner white space included.
    public func text(of node: Node) -> ArraySlice<UInt8> {
        let record = record(node)
        return bytes[bytes.startIndex + Int(record.start)..<bytes.startIndex + Int(record.end)]
    }

    /// A string's value; nil for everything else.
    public func string(of node: Node?) -> String? {
        guard let node, record(node).kind == .string else { return nil }
        guard record(node).flags.contains(.escaped) else {
            return String(decoding: text(of: node).dropFirst().dropLast(), as: UTF8.self)
        }
        var decoded: [UInt8] = []
        appendDecoded(node, to: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Whether a string has a `\u` escape that is half of a surrogate pair, which no UTF-8 can say.
    public func hasLoneSurrogate(_ node: Node) -> Bool {
        guard traits.loneSurrogates, record(node).kind == .string, record(node).flags.contains(.escaped) else {
            return false
        }
        var replaced = Array(text(of: node))
        JSONEscape.replaceLoneSurrogates(in: &replaced, from: 0)
        return !replaced.elementsEqual(text(of: node))
    }

    /// Appends a string's value, escapes resolved; appends nothing for everything else.
    public func appendDecoded(_ node: Node, to output: inout [UInt8]) {
        let record = record(node)
        guard record.kind == .string else { return }
        let content = text(of: node).dropFirst().dropLast()
        if record.flags.contains(.escaped) {
            JSONEscape.appendDecoded(content, to: &output)
        } else {
            output.append(contentsOf: content)
        }
    }

    /// The content of a string that has no escapes, where it stands; nil for everything else, escaped strings too.
    public func plainContent(of node: Node) -> ArraySlice<UInt8>? {
        let record = record(node)
        guard record.kind == .string, !record.flags.contains(.escaped) else { return nil }
        return bytes[bytes.startIndex + Int(record.start) + 1..<bytes.startIndex + Int(record.end) - 1]
    }

    /// Whether a value is a string without escapes, and that text.
    public func isPlain(_ node: Node, _ text: String) -> Bool {
        guard let content = plainContent(of: node) else { return false }
        return text.withBytes { text in
            content.withUnsafeBufferPointer { ByteComparison.areEqual($0, text) }
        }
    }

    /// A number without fraction or exponent that fits; nil for everything else. Exact: no floating point.
    public func integer(of node: Node?) -> Int64? {
        guard let node, record(node).flags.contains(.integer) else { return nil }
        let digits = text(of: node)
        let isNegative = digits.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in isNegative ? digits.dropFirst() : digits {
            // Built downwards because Int64.min has no positive twin.
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, underflow) = tens.subtractingReportingOverflow(Int64(byte &- 0x30))
            if overflow || underflow { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// A boolean's value; nil for everything else.
    public func boolean(of node: Node?) -> Bool? {
        guard let node, record(node).kind == .boolean else { return nil }
        return record(node).flags.contains(.yes)
    }

    /// What became of a value that was to be appended as a member.
    public enum Appended: Sendable {
        /// It was appended.
        case yes
        /// There is nothing to append: `null`, an empty string, an object or array.
        case nothing
        /// It takes more than copying; nothing was appended.
        case difficult
    }

    /// Appends a string, number or boolean as it is written, after the member's name; in lower case if it is a string.
    public func appendScalar(
        _ node: Node, lowercased: Bool, after name: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer
    ) -> Appended {
        let record = record(node)
        let count = Int(record.end - record.start)
        switch record.kind {
        case .object, .array, .null: return .nothing
        case .string:
            if count == 2 { return .nothing }
            if record.flags.contains(.escaped), lowercased || traits.loneSurrogates { return .difficult }
        case .number, .boolean: break
        }
        return bytes.withUnsafeBufferPointer { text in
            let value = UnsafeBufferPointer(rebasing: text[Int(record.start)..<Int(record.end)])
            guard lowercased, record.kind == .string else {
                output.append(name)
                output.append(value)
                return .yes
            }
            // Beyond ASCII, lower case is a matter of Unicode.
            if value.reduce(0, |) >= 0x80 { return .difficult }
            output.append(name)
            output.append(room: count) { buffer in
                for (index, byte) in value.enumerated() {
                    buffer[index] = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
                }
                return count
            }
            return .yes
        }
    }
}

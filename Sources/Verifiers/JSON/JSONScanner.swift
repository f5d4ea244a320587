/// The one pass over a JSON text: checks it and lists its values. No recursion: an open container's `next` holds its
/// parent's index until the container is closed.
enum JSONScanner {
    static func scan(
        _ text: Span<UInt8>, into records: inout [JSONDocument.Record]
    ) throws(JSONError) -> JSONDocument.Traits {
        guard text.count > 0 else { throw JSONError(.empty, at: 0) }
        guard text.count < Int(Int32.max) else { throw JSONError(.tooLong, at: Int(Int32.max)) }
        if text[0] == 0xEF { throw JSONError(.byteOrderMark, at: 0) }

        var traits = JSONDocument.Traits()
        var position = 0
        var parent: Int32 = -1
        var depth = 0
        var key = Key.none
        skipSpace(text, &position, &traits)

        value: while true {
            guard position < text.count else { throw JSONError(.truncated, at: position) }
            guard records.count < JSONDocument.maximumNodes else { throw JSONError(.tooManyValues, at: position) }
            let index = Int32(truncatingIfNeeded: records.count)
            let start = position
            var kind: JSONDocument.Kind
            var flags = key.flags

            switch text[position] {
            case UInt8(ascii: "\""):
                kind = .string
                let escaped = try scanString(text, &position, &traits)
                if escaped { flags.insert(.escaped) }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = text[position] == UInt8(ascii: "{")
                depth += 1
                guard depth <= JSONDocument.maximumDepth else { throw JSONError(.tooDeep, at: position) }
                position += 1
                records.append(key.record(start, end: 0, next: parent, isObject ? .object : .array, flags))
                parent = index
                skipSpace(text, &position, &traits)
                guard position < text.count else { throw JSONError(.truncated, at: position) }
                if text[position] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    try close(text, &position, &traits, &records, &parent, &depth)
                    if try followed(text, &position, &traits, &records, &parent, &depth, &key) { continue value }
                    return traits
                }
                key = isObject ? try scanKey(text, &position, &traits) : .none
                continue value
            case UInt8(ascii: "t"):
                kind = .boolean
                flags.insert(.yes)
                try scanLiteral(text, &position, 0x6575_7274, 4)
            case UInt8(ascii: "f"):
                kind = .boolean
                try scanLiteral(text, &position, 0x65_736C_6166, 5)
            case UInt8(ascii: "n"):
                kind = .null
                try scanLiteral(text, &position, 0x6C6C_756E, 4)
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                kind = .number
                if try scanNumber(text, &position) { flags.insert(.integer) }
            default:
                throw JSONError(.expectedValue, at: position)
            }
            records.append(key.record(start, end: position, next: index + 1, kind, flags))
            if try !followed(text, &position, &traits, &records, &parent, &depth, &key) { return traits }
        }
    }

    /// The name of the member whose value comes next.
    private struct Key {
        var start: Int32
        var end: Int32
        var flags: JSONDocument.Flags

        static let none = Key(start: -1, end: -1, flags: [])

        @inline(__always)
        func record(
            _ start: Int, end: Int, next: Int32, _ kind: JSONDocument.Kind, _ flags: JSONDocument.Flags
        ) -> JSONDocument.Record {
            JSONDocument.Record(
                start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end), keyStart: self.start,
                keyEnd: self.end, next: next, kind: kind, flags: flags)
        }
    }

    /// Reads what follows a value, closing containers; true: another value comes, false: the text is complete.
    @inline(__always)
    private static func followed(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits,
        _ records: inout [JSONDocument.Record], _ parent: inout Int32, _ depth: inout Int, _ key: inout Key
    ) throws(JSONError) -> Bool {
        while true {
            skipSpace(text, &position, &traits)
            if parent < 0 {
                guard position == text.count else { throw JSONError(.trailingBytes, at: position) }
                return false
            }
            guard position < text.count else { throw JSONError(.truncated, at: position) }
            let isObject = records[Int(parent)].kind == .object
            let byte = text[position]
            if byte == UInt8(ascii: ",") {
                position += 1
                skipSpace(text, &position, &traits)
                key = isObject ? try scanKey(text, &position, &traits) : .none
                return true
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw JSONError(.expectedCommaOrEnd, at: position)
            }
            try close(text, &position, &traits, &records, &parent, &depth)
        }
    }

    /// Closes the innermost container at its bracket.
    @inline(__always)
    private static func close(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits,
        _ records: inout [JSONDocument.Record], _ parent: inout Int32, _ depth: inout Int
    ) throws(JSONError) {
        position += 1
        depth -= 1
        let closed = Int(parent)
        parent = records[closed].next
        records[closed].end = Int32(truncatingIfNeeded: position)
        records[closed].next = Int32(truncatingIfNeeded: records.count)
    }

    /// Reads a member's name, the colon and the space around it.
    @inline(__always)
    private static func scanKey(
        _ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits
    ) throws(JSONError) -> Key {
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        guard text[position] == UInt8(ascii: "\"") else { throw JSONError(.expectedKey, at: position) }
        let start = position + 1
        let escaped = try scanString(text, &position, &traits)
        let key = Key(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: position - 1),
            flags: escaped ? .keyEscaped : [])
        skipSpace(text, &position, &traits)
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        guard text[position] == UInt8(ascii: ":") else { throw JSONError(.expectedColon, at: position) }
        position += 1
        skipSpace(text, &position, &traits)
        return key
    }

    /// Skips the four white space bytes of RFC 8259 §2; runs of spaces, the rule in pretty-printed bodies, by eights.
    @inline(__always)
    private static func skipSpace(_ text: Span<UInt8>, _ position: inout Int, _ traits: inout JSONDocument.Traits) {
        guard position < text.count, text[position] <= 0x20 else { return }
        let start = position
        while position < text.count {
            switch text[position] {
            case 0x20, 0x0A:
                position += 1
                while position + 8 <= text.count {
                    let spaces = ByteWord.load(text, position).leadingSpaces
                    position += spaces
                    if spaces < 8 { break }
                }
            case 0x09, 0x0D:
                position += 1
            default:
                if position != start { traits.spaced = true }
                return
            }
        }
        traits.spaced = true
    }

    /// Checks `true`, `false` or `null`, whose bytes are given as a little-endian number.
    private static func scanLiteral(
        _ text: Span<UInt8>, _ position: inout Int, _ expected: UInt64, _ length: Int
    ) throws(JSONError) {
        var rest = expected
        for offset in 0..<length {
            guard position + offset < text.count else { throw JSONError(.truncated, at: text.count) }
            guard text[position + offset] == UInt8(truncatingIfNeeded: rest) else {
                throw JSONError(.expectedValue, at: position)
            }
            rest >>= 8
        }
        position += length
    }

    /// Checks a number (RFC 8259 §6); true: it has neither fraction nor exponent.
    private static func scanNumber(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) -> Bool {
        if text[position] == UInt8(ascii: "-") { position += 1 }
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        if text[position] == UInt8(ascii: "0") {
            position += 1
            if position < text.count, isDigit(text[position]) { throw JSONError(.invalidNumber, at: position) }
        } else {
            try scanDigits(text, &position)
        }
        var isInteger = true
        if position < text.count, text[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try scanDigits(text, &position)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try scanDigits(text, &position)
        }
        return isInteger
    }

    /// Skips one digit or more.
    @inline(__always)
    private static func scanDigits(_ text: Span<UInt8>, _ position: inout Int) throws(JSONError) {
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        guard isDigit(text[position]) else { throw JSONError(.invalidNumber, at: position) }
        repeat { position += 1 } while position < text.count && isDigit(text[position])
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}

/// The one pass over a JSON text: checks it and lists its values. No recursion: an open container's `next` holds its
/// parent's index until the container is closed.
///
/// Text and list are read and written through pointers; each access follows a comparison with the text's length or the
/// list's room, and debug builds assert it.
enum JSONScanner {
    /// Fills `records` from its start and returns how many values there are; `records` grows as needed, up to
    /// `maximumNodes`, and what lies past the count is of no meaning.
    ///
    /// - Parameter beginsRegularly: whether `scanRegular` goes ahead; without it the outcome is the same and comes later.
    static func scan(
        _ text: Span<UInt8>, into records: inout [JSONDocument.Record], beginsRegularly: Bool = true
    ) throws(JSONError) -> (count: Int, traits: JSONDocument.Traits) {
        guard text.count > 0 else { throw JSONError(.empty, at: 0) }
        guard text.count < Int(Int32.max) else { throw JSONError(.tooLong, at: Int(Int32.max)) }
        if text[0] == 0xEF { throw JSONError(.byteOrderMark, at: 0) }
        return try text.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            guard let base = bytes.baseAddress else { throw JSONError(.empty, at: 0) }
            let text = ByteText(base: base, count: bytes.count)
            var progress = Progress()
            progress.position = skipSpace(text, 0, &progress.traits.spaced)
            while true {
                let isComplete = try records.withUnsafeMutableBufferPointer { (list) throws(JSONError) in
                    guard let nodes = list.baseAddress else { return false }
                    let room = min(list.count, JSONDocument.maximumNodes)
                    if beginsRegularly { scanRegular(text, nodes, room: room, &progress) }
                    return try scan(text, nodes, room: room, &progress)
                }
                if isComplete { return (progress.count, progress.traits) }
                let room = min(max(2 * records.count, 64), JSONDocument.maximumNodes)
                guard room > records.count else { throw JSONError(.tooManyValues, at: progress.position) }
                records.append(contentsOf: repeatElement(.null, count: room - records.count))
            }
        }
    }

    /// Scans on until the text is complete (true) or the list is full (false).
    private static func scan(
        _ text: ByteText, _ nodes: UnsafeMutablePointer<JSONDocument.Record>, room: Int, _ progress: inout Progress
    ) throws(JSONError) -> Bool {
        var position = progress.position
        var parent = progress.parent
        var depth = progress.depth
        var count = progress.count
        var traits = progress.traits
        var isInObject = parent >= 0 && nodes[Int(parent)].kind == .object
        var isAfterValue = progress.isAfterValue

        while true {
            value: if !isAfterValue {
                guard count < room else {
                    progress = Progress(position: position, parent: parent, depth: depth, count: count, traits: traits)
                    return false
                }
                let node = nodes + count
                var flags: JSONDocument.Flags = []
                if isInObject {
                    let name = try scanKey(text, position, &traits)
                    node.pointee.keyStart = Int32(truncatingIfNeeded: position + 1)
                    node.pointee.keyEnd = Int32(truncatingIfNeeded: name.end)
                    if name.isEscaped { flags.insert(.keyEscaped) }
                    position = name.value
                } else {
                    node.pointee.keyStart = -1
                    node.pointee.keyEnd = -1
                }
                guard position < text.count else { throw JSONError(.truncated, at: position) }
                node.pointee.start = Int32(truncatingIfNeeded: position)

                let byte = text[position]
                switch byte {
                case UInt8(ascii: "\""):
                    node.pointee.kind = .string
                    let end = try scanString(text, position)
                    position = end.position
                    if end.isEscaped { flags.insert(.escaped) }
                    if end.hasLoneSurrogate { traits.loneSurrogates = true }
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    guard depth <= JSONDocument.maximumDepth else { throw JSONError(.tooDeep, at: position) }
                    isInObject = byte == UInt8(ascii: "{")
                    node.pointee.kind = isInObject ? .object : .array
                    node.pointee.flags = flags
                    node.pointee.next = parent
                    parent = Int32(truncatingIfNeeded: count)
                    count += 1
                    position = skipSpace(text, position + 1, &traits.spaced)
                    guard position < text.count else { throw JSONError(.truncated, at: position) }
                    // Brackets are two apart from each other in ASCII, braces too.
                    guard text[position] == byte + 2 else { continue }
                case UInt8(ascii: "t"):
                    node.pointee.kind = .boolean
                    flags.insert(.yes)
                    position = try scanLiteral(text, position, 0x6575_7274, 4)
                case UInt8(ascii: "f"):
                    node.pointee.kind = .boolean
                    position = try scanLiteral(text, position, 0x65_736C_6166, 5)
                case UInt8(ascii: "n"):
                    node.pointee.kind = .null
                    position = try scanLiteral(text, position, 0x6C6C_756E, 4)
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    node.pointee.kind = .number
                    let end = try scanNumber(text, position)
                    position = end.position
                    if end.isInteger { flags.insert(.integer) }
                default:
                    throw JSONError(.expectedValue, at: position)
                }
                if byte | 0x20 != UInt8(ascii: "{") {
                    node.pointee.flags = flags
                    node.pointee.end = Int32(truncatingIfNeeded: position)
                    count += 1
                    node.pointee.next = Int32(truncatingIfNeeded: count)
                }
            }

            // What follows a value: the next one, or the ends of containers.
            while true {
                position = skipSpace(text, position, &traits.spaced)
                if parent < 0 {
                    guard position == text.count else { throw JSONError(.trailingBytes, at: position) }
                    progress.count = count
                    progress.traits = traits
                    return true
                }
                guard position < text.count else { throw JSONError(.truncated, at: position) }
                if text[position] == UInt8(ascii: ",") {
                    position = skipSpace(text, position + 1, &traits.spaced)
                    isAfterValue = false
                    break
                }
                guard text[position] == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONError(.expectedCommaOrEnd, at: position)
                }
                position += 1
                depth -= 1
                let closed = Int(parent)
                parent = nodes[closed].next
                nodes[closed].end = Int32(truncatingIfNeeded: position)
                nodes[closed].next = Int32(truncatingIfNeeded: count)
                isInObject = parent >= 0 && nodes[Int(parent)].kind == .object
            }
        }
    }

    /// Reads a member's name, the colon and the space around it; returns where the name ends and the value begins.
    @inline(__always)
    private static func scanKey(
        _ text: ByteText, _ start: Int, _ traits: inout JSONDocument.Traits
    ) throws(JSONError) -> (end: Int, isEscaped: Bool, value: Int) {
        guard start < text.count else { throw JSONError(.truncated, at: start) }
        guard text[start] == UInt8(ascii: "\"") else { throw JSONError(.expectedKey, at: start) }
        let end = try scanString(text, start)
        if end.hasLoneSurrogate { traits.loneSurrogates = true }
        let colon = skipSpace(text, end.position, &traits.spaced)
        guard colon < text.count else { throw JSONError(.truncated, at: colon) }
        guard text[colon] == UInt8(ascii: ":") else { throw JSONError(.expectedColon, at: colon) }
        return (end.position - 1, end.isEscaped, skipSpace(text, colon + 1, &traits.spaced))
    }

    /// Skips the four white space bytes of RFC 8259 §2, and notes whether there are any.
    @inline(__always)
    private static func skipSpace(_ text: ByteText, _ start: Int, _ isSpaced: inout Bool) -> Int {
        guard start < text.count, text[start] <= 0x20 else { return start }
        // One space after a colon is the most frequent run, then a line end and up to 15 spaces.
        if start + 17 <= text.count, text[start] == 0x20 || text[start] == 0x0A {
            let next = start + 1
            if text[next] > 0x20 {
                isSpaced = true
                return next
            }
            let end = next + text.leadingSpaces(at: next)
            if end < text.count, text[end] > 0x20 {
                isSpaced = true
                return end
            }
        }
        let end = spaceEnd(text, start)
        if end > start { isSpaced = true }
        return end
    }

    /// The end of the white space.
    @inline(never)
    static func spaceEnd(_ text: ByteText, _ start: Int) -> Int {
        var position = start
        while position < text.count {
            switch text[position] {
            case 0x20, 0x0A:
                position += 1
                while position + 16 <= text.count {
                    let spaces = text.leadingSpaces(at: position)
                    position += spaces
                    if spaces < 16 { break }
                }
            case 0x09, 0x0D:
                position += 1
            default:
                return position
            }
        }
        return position
    }

    /// Checks `true`, `false` or `null`, whose bytes are given as a little-endian number; returns where it ends.
    @inline(__always)
    private static func scanLiteral(
        _ text: ByteText, _ start: Int, _ expected: UInt64, _ length: Int
    ) throws(JSONError) -> Int {
        // The first byte is known, so the last four decide.
        if start + length <= text.count,
            text.half(at: start + length - 4) == UInt32(truncatingIfNeeded: expected >> UInt64(8 * (length - 4)))
        {
            return start + length
        }
        throw brokenLiteral(text, start, expected, length)
    }

    /// What is wrong with a literal: it ends with the text, or it is something else.
    private static func brokenLiteral(_ text: ByteText, _ start: Int, _ expected: UInt64, _ length: Int) -> JSONError {
        for offset in 0..<length {
            guard start + offset < text.count else { return JSONError(.truncated, at: text.count) }
            if text[start + offset] != UInt8(truncatingIfNeeded: expected >> UInt64(8 * offset)) { break }
        }
        return JSONError(.expectedValue, at: start)
    }

    /// Checks a number (RFC 8259 §6): where it ends, and whether it has neither fraction nor exponent.
    static func scanNumber(
        _ text: ByteText, _ start: Int
    ) throws(JSONError) -> (position: Int, isInteger: Bool) {
        var position = start
        if text[position] == UInt8(ascii: "-") { position += 1 }
        guard position < text.count else { throw JSONError(.truncated, at: position) }
        if text[position] == UInt8(ascii: "0") {
            position += 1
            if position < text.count, isDigit(text[position]) { throw JSONError(.invalidNumber, at: position) }
        } else {
            position = try scanDigits(text, position)
        }
        guard position < text.count,
            text[position] == UInt8(ascii: ".") || text[position] | 0x20 == UInt8(ascii: "e")
        else { return (position, true) }
        return (try scanFraction(text, position), false)
    }

    /// Checks a number's fraction and exponent, from the `.` or `e` on.
    private static func scanFraction(_ text: ByteText, _ start: Int) throws(JSONError) -> Int {
        var position = start
        if text[position] == UInt8(ascii: ".") { position = try scanDigits(text, position + 1) }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            position = try scanDigits(text, position)
        }
        return position
    }

    /// Skips one digit or more.
    @inline(__always)
    private static func scanDigits(_ text: ByteText, _ start: Int) throws(JSONError) -> Int {
        guard start < text.count else { throw JSONError(.truncated, at: start) }
        guard isDigit(text[start]) else { throw JSONError(.invalidNumber, at: start) }
        var position = start + 1
        while position < text.count, isDigit(text[position]) { position += 1 }
        return position
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}

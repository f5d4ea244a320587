extension JSONScanner {
    /// Where a scan stands: before a value (and its name), or after one.
    struct Progress {
        var position = 0
        var parent: Int32 = -1
        var depth = 0
        var count = 0
        var traits = JSONDocument.Traits()
        var isAfterValue = false
    }

    /// Scans on as long as the text is written as nearly all are; `scan` takes over where this stops, and judges.
    ///
    /// It stops before what it does not know, before what is wrong, and `slack` bytes before the end of the text: up to
    /// there it looks ahead without asking for the end. What it lists is what `scan` would list.
    static func scanRegular(
        _ text: ByteText, _ nodes: UnsafeMutablePointer<JSONDocument.Record>, room: Int, _ progress: inout Progress
    ) {
        let last = text.count &- slack
        var position = progress.position
        var parent = progress.parent
        var depth = progress.depth
        var count = progress.count
        var isSpaced = progress.traits.spaced
        var hasLoneSurrogates = progress.traits.loneSurrogates
        var isInObject = parent >= 0 && nodes[Int(parent)].kind == .object
        var isAfterValue = progress.isAfterValue
        var start = position

        regular: while true {
            value: if !isAfterValue {
                start = position
                guard count < room, position < last else { break regular }
                let node = nodes + count
                var flags: JSONDocument.Flags = []
                if isInObject {
                    guard text[position] == UInt8(ascii: "\"") else { break regular }
                    let name = scanRegularString(text, position, last)
                    guard name.position > 0 else { break regular }
                    node.pointee.keyStart = Int32(truncatingIfNeeded: position &+ 1)
                    node.pointee.keyEnd = Int32(truncatingIfNeeded: name.position &- 1)
                    if name.isEscaped {
                        flags.insert(.keyEscaped)
                        hasLoneSurrogates = hasLoneSurrogates || name.hasLoneSurrogate
                    }
                    position = name.position
                    guard position < last, text[position] == UInt8(ascii: ":") else { break regular }
                    position &+= 1
                    if text[position] == 0x20 {
                        isSpaced = true
                        position &+= 1
                    }
                } else {
                    node.pointee.keyStart = -1
                    node.pointee.keyEnd = -1
                }
                node.pointee.start = Int32(truncatingIfNeeded: position)
                let byte = text[position]
                if byte == UInt8(ascii: "\"") {
                    let end = scanRegularString(text, position, last)
                    guard end.position > 0 else { break regular }
                    position = end.position
                    node.pointee.kind = .string
                    if end.isEscaped {
                        flags.insert(.escaped)
                        hasLoneSurrogates = hasLoneSurrogates || end.hasLoneSurrogate
                    }
                } else if byte == UInt8(ascii: "n"), text.half(at: position) == 0x6C6C_756E {
                    node.pointee.kind = .null
                    position &+= 4
                } else if byte | 0x20 == UInt8(ascii: "{") {
                    guard depth < JSONDocument.maximumDepth else { break regular }
                    let next = skipRegularSpace(text, position &+ 1, last)
                    guard next >= 0 else { break regular }
                    if next > position &+ 1 { isSpaced = true }
                    position = next
                    depth &+= 1
                    isInObject = byte == UInt8(ascii: "{")
                    node.pointee.kind = isInObject ? .object : .array
                    node.pointee.flags = flags
                    node.pointee.next = parent
                    parent = Int32(truncatingIfNeeded: count)
                    count &+= 1
                    // Brackets are two apart from each other in ASCII, braces too.
                    if text[position] == byte &+ 2 { break value }
                    continue regular
                } else if byte &- 0x30 < 10 || byte == UInt8(ascii: "-") {
                    let end = scanRegularNumber(text, position, last)
                    guard end.position > 0 else { break regular }
                    position = end.position
                    node.pointee.kind = .number
                    if end.isInteger { flags.insert(.integer) }
                } else if byte == UInt8(ascii: "t"), text.half(at: position) == 0x6575_7274 {
                    node.pointee.kind = .boolean
                    flags.insert(.yes)
                    position &+= 4
                } else if byte == UInt8(ascii: "f"), text.half(at: position &+ 1) == 0x6573_6C61 {
                    node.pointee.kind = .boolean
                    position &+= 5
                } else {
                    break regular
                }
                node.pointee.flags = flags
                node.pointee.end = Int32(truncatingIfNeeded: position)
                count &+= 1
                node.pointee.next = Int32(truncatingIfNeeded: count)
            }

            // What follows a value: the next one, or the ends of containers.
            while true {
                isAfterValue = true
                start = position
                guard position < last, parent >= 0 else { break regular }
                if text[position] <= 0x20 {
                    position = skipRegularSpace(text, position, last)
                    guard position >= 0 else { break regular }
                    isSpaced = true
                }
                if text[position] == UInt8(ascii: ",") {
                    let next = skipRegularSpace(text, position &+ 1, last)
                    guard next >= 0 else { break regular }
                    if next > position &+ 1 { isSpaced = true }
                    position = next
                    isAfterValue = false
                    continue regular
                }
                guard text[position] == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { break regular }
                position &+= 1
                depth &-= 1
                let closed = nodes + Int(parent)
                parent = closed.pointee.next
                closed.pointee.end = Int32(truncatingIfNeeded: position)
                closed.pointee.next = Int32(truncatingIfNeeded: count)
                isInObject = parent >= 0 && nodes[Int(parent)].kind == .object
            }
        }
        progress = Progress(
            position: start, parent: parent, depth: depth, count: count,
            traits: .init(spaced: isSpaced, loneSurrogates: hasLoneSurrogates), isAfterValue: isAfterValue)
    }

    /// How far ahead of a place is looked at most without asking for the end: two blocks.
    private static let slack = 32

    /// Checks a string; position 0 stands for one that `scan` must judge. `last` is `slack` bytes before the text's end.
    @inline(__always)
    private static func scanRegularString(_ text: ByteText, _ start: Int, _ last: Int) -> StringEnd {
        var position = start &+ 1
        while position <= last {
            let plain = text.leadingPlain(at: position)
            position &+= plain
            if plain == 16 { continue }
            if text[position] == UInt8(ascii: "\"") { return StringEnd(position: position &+ 1) }
            break
        }
        return difficultString(text, position)
    }

    @inline(never)
    private static func difficultString(_ text: ByteText, _ position: Int) -> StringEnd {
        (try? scanDifficultString(text, position)) ?? StringEnd(position: 0)
    }

    /// Checks a number, as `scanRegularString` does a string: digits that do not begin with 0 here, all others by `scan`'s
    /// own rules.
    @inline(__always)
    private static func scanRegularNumber(
        _ text: ByteText, _ start: Int, _ last: Int
    ) -> (position: Int, isInteger: Bool) {
        if text[start] &- 0x31 < 9 {
            var position = start &+ 1
            while position < last, text[position] &- 0x30 < 10 { position &+= 1 }
            let next = text[position]
            if next == UInt8(ascii: ",") || next <= 0x20 { return (position, true) }
        }
        return difficultNumber(text, start)
    }

    @inline(never)
    private static func difficultNumber(_ text: ByteText, _ start: Int) -> (position: Int, isInteger: Bool) {
        (try? scanNumber(text, start)) ?? (0, false)
    }

    /// Skips white space, one line end with its indentation most often; below 0: more or other than that, or too close
    /// to the end.
    @inline(__always)
    private static func skipRegularSpace(_ text: ByteText, _ start: Int, _ last: Int) -> Int {
        guard start < last else { return -1 }
        if text[start] > 0x20 { return start }
        if text[start] == 0x0A || text[start] == 0x20 {
            let end = start &+ 1 &+ text.leadingSpaces(at: start &+ 1)
            if text[end] > 0x20 { return end }
        }
        let end = spaceEnd(text, start)
        return end < last ? end : -1
    }
}

/// The shape of a JSON5 text: where it breaks, and which keys stand twice.
///
/// Foundation's decoder reads the values but gives neither the place of an error nor duplicate keys; this walks the
/// same grammar (spec.json5.org) over the bytes before it, for those two answers only.
struct JSON5Outline {
    /// Where the text stops being JSON5, and why.
    struct Failure: Error, Equatable {
        var line: Int
        var column: Int
        var reason: String
    }

    /// A deeper text is refused: nothing in a configuration is.
    static let maximumDepth = 100

    /// The key paths that stand more than once in the same object.
    private(set) var duplicates: [String] = []
    private let bytes: [UInt8]
    private var index = 0
    private var path: [String] = []

    init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        // Foundation's decoder ends the process on JSON5 that is not UTF-8.
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            index = error.byteOffsets.lowerBound
            throw failure("this is not UTF-8; save the file as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        try skipSpace()
        try value(depth: 0)
        try skipSpace()
        guard index == bytes.count else { throw failure("expected the end of the file after the value") }
    }

    private mutating func value(depth: Int) throws(Failure) {
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        switch current {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = try string()
        case nil: throw failure("the file ends where a value is expected")
        default:
            let start = index
            while let byte = current, Self.isWordByte(byte) { index += 1 }
            guard Self.isScalar(bytes[start..<index]) else {
                index = start
                throw failure("expected a value: an object, array, quoted text, number, true, false or null")
            }
        }
    }

    private mutating func object(depth: Int) throws(Failure) {
        index += 1
        var seen: Set<String> = []
        while true {
            try skipSpace()
            if take("}") { return }
            let key = try name()
            path.append(key)
            if !seen.insert(key).inserted { duplicates.append(path.joined(separator: ".")) }
            try skipSpace()
            guard take(":") else { throw failure("expected ':' after the key \(TextRule.quoted(key))") }
            try skipSpace()
            try value(depth: depth + 1)
            path.removeLast()
            try skipSpace()
            if take("}") { return }
            guard take(",") else { throw failure("expected ',' or '}' after the value of \(TextRule.quoted(key))") }
        }
    }

    private mutating func array(depth: Int) throws(Failure) {
        index += 1
        while true {
            try skipSpace()
            if take("]") { return }
            try value(depth: depth + 1)
            try skipSpace()
            if take("]") { return }
            guard take(",") else { throw failure("expected ',' or ']' after an element") }
        }
    }

    private mutating func name() throws(Failure) -> String {
        if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") { return try string() }
        let start = index
        while let byte = current, Self.isNameByte(byte) { index += 1 }
        guard index > start, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[start]) else {
            index = start
            throw failure(current == nil ? "the file ends inside an object" : "expected a key or '}'")
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// Reads over a quoted text; escapes are kept as written, which is enough to compare keys with.
    private mutating func string() throws(Failure) -> String {
        let quote = bytes[index]
        let opening = index
        index += 1
        let start = index
        while let byte = current, byte != quote {
            if byte == UInt8(ascii: "\n") { throw failure("the line ends inside a text; close its quotes") }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < bytes.count else {
            index = opening
            throw failure("this text is never closed")
        }
        index += 1
        return String(decoding: bytes[start..<index - 1], as: UTF8.self)
    }

    private mutating func skipSpace() throws(Failure) {
        while let byte = current {
            switch byte {
            case 0x20, 0x09...0x0D: index += 1
            case 0xC2 where peek(1) == 0xA0: index += 2
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                let start = index
                index += 2
                while current != nil, !(current == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) { index += 1 }
                guard current != nil else {
                    index = start
                    throw failure("this comment is never closed")
                }
                index += 2
            default: return
            }
        }
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func peek(_ distance: Int) -> UInt8? {
        index + distance < bytes.count ? bytes[index + distance] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private func failure(_ reason: String) -> Failure {
        let before = bytes[..<min(index, bytes.count)]
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        // A column counts characters, as editors do.
        let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
        return Failure(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column, reason: reason)
    }

    private static func isScalar(_ word: ArraySlice<UInt8>) -> Bool {
        switch String(decoding: word, as: UTF8.self) {
        case "true", "false", "null", "Infinity", "+Infinity", "-Infinity", "NaN", "+NaN", "-NaN": return true
        default:
            let digits = word.first == UInt8(ascii: "-") || word.first == UInt8(ascii: "+") ? word.dropFirst() : word
            return digits.first.map { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") } ?? false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "\\"), 0x80...:
            true
        default: false
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
}

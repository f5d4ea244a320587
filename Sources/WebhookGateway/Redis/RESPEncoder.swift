import Verifiers

/// Appends commands in RESP to a buffer; counts must match: `command(3)` is followed by three arguments.
struct RESPEncoder {
    var bytes: [UInt8] = []

    mutating func command(_ argumentCount: Int) {
        appendHeader(UInt8(ascii: "*"), argumentCount)
    }

    mutating func argument(_ value: StaticString) {
        argument(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    mutating func argument(_ value: String) {
        value.withBytes { argument($0) }
    }

    mutating func argument(_ value: [UInt8]) {
        value.withUnsafeBufferPointer { argument($0) }
    }

    mutating func argument(_ value: ArraySlice<UInt8>) {
        value.withUnsafeBufferPointer { argument($0) }
    }

    mutating func argument(_ value: ULID) {
        beginArgument(ULID.textLength)
        value.append(to: &bytes)
        endArgument()
    }

    /// One argument made of two parts, without joining them first.
    mutating func argument(_ first: [UInt8], _ second: String) {
        second.withBytes { second in
            beginArgument(first.count + second.count)
            bytes.append(contentsOf: first)
            bytes.append(contentsOf: second)
            endArgument()
        }
    }

    /// Three arguments that come together for each event: an id, a letter and a number.
    mutating func argument(_ id: ULID, kind: UInt8, _ number: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 80) { text in
            text.initialize(repeating: 0)
            var count = Self.write("$26\r\n", to: text, at: 0)
            id.write(to: UnsafeMutableBufferPointer(rebasing: text[count...]))
            count = Self.write("\r\n$1\r\n", to: text, at: count + ULID.textLength)
            text[count] = kind
            count = Self.write("\r\n", to: text, at: count + 1)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[..<count]))
        }
        argument(number)
    }

    /// Writes a literal; returns where it ends.
    private static func write(_ literal: StaticString, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int
    {
        let end = start + literal.utf8CodeUnitCount
        precondition(end <= text.count, "no room for a literal")
        for index in start..<end { text[index] = literal.utf8Start[index - start] }
        return end
    }

    /// Begins an argument of so many bytes, which the caller appends.
    mutating func beginArgument(_ count: Int) {
        appendHeader(UInt8(ascii: "$"), count)
    }

    /// Ends an argument that `beginArgument` began.
    mutating func endArgument() {
        bytes.append(13)
        bytes.append(10)
    }

    mutating func argument(_ value: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            let count = Self.decimal(value, into: buffer)
            argument(UnsafeBufferPointer(rebasing: buffer[(20 - count)...]))
        }
    }

    mutating func argument(_ value: UnsafeBufferPointer<UInt8>) {
        appendHeader(UInt8(ascii: "$"), value.count)
        bytes.append(contentsOf: value)
        endArgument()
    }

    /// A kind, a number and a line end, in one append.
    private mutating func appendHeader(_ kind: UInt8, _ number: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
            buffer[23] = 10
            buffer[22] = 13
            let digits = UnsafeMutableBufferPointer(rebasing: buffer[..<22])
            let start = 22 - Self.decimal(Int64(number), into: digits) - 1
            buffer[start] = kind
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
        }
    }

    /// Writes the number at the buffer's end; returns how many bytes it took.
    private static func decimal(_ value: Int64, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var rest = value.magnitude
        var position = buffer.count
        repeat {
            position -= 1
            buffer[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        if value < 0 {
            position -= 1
            buffer[position] = UInt8(ascii: "-")
        }
        return buffer.count - position
    }
}

/// One argument of a command, for callers outside the hot path.
enum RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
}

extension RESPEncoder {
    mutating func command(_ arguments: [RedisArgument]) {
        command(arguments.count)
        self.arguments(arguments)
    }

    mutating func arguments(_ arguments: [RedisArgument]) {
        for argument in arguments {
            switch argument {
            case .text(let text): self.argument(text)
            case .bytes(let bytes): self.argument(bytes)
            case .integer(let value): self.argument(value)
            }
        }
    }
}

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
        var value = value
        value.withUTF8 { argument($0) }
    }

    mutating func argument(_ value: [UInt8]) {
        value.withUnsafeBufferPointer { argument($0) }
    }

    mutating func argument(_ value: ArraySlice<UInt8>) {
        value.withUnsafeBufferPointer { argument($0) }
    }

    mutating func argument(_ value: ULID) {
        bytes.append(contentsOf: "$26\r\n".utf8)
        value.append(to: &bytes)
        appendLineEnd()
    }

    /// One argument made of three parts on lines of their own, without joining them first.
    mutating func argument(parts first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>, _ third: ArraySlice<UInt8>) {
        appendHeader(UInt8(ascii: "$"), first.count + second.count + third.count + 2)
        bytes.append(contentsOf: first)
        bytes.append(10)
        bytes.append(contentsOf: second)
        bytes.append(10)
        bytes.append(contentsOf: third)
        appendLineEnd()
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
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2) { buffer in
            buffer[0] = 13
            buffer[1] = 10
            bytes.append(contentsOf: buffer)
        }
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

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
            first.withUnsafeBufferPointer { first in
                append(room: Room.frame + first.count + second.count) { room in
                    room.header(UInt8(ascii: "$"), first.count + second.count)
                    room.copy(first)
                    room.copy(second)
                    room.lineEnd()
                }
            }
        }
    }

    /// The four arguments that come together for each event: an id, a letter, a number and the event itself.
    mutating func arguments(_ id: ULID, kind: UInt8, _ number: Int64, _ event: ArraySlice<UInt8>) {
        event.withUnsafeBufferPointer { event in
            append(room: 4 * Room.frame + ULID.textLength + event.count) { room in
                room.header(UInt8(ascii: "$"), ULID.textLength)
                room.write(id)
                room.lineEnd()
                room.header(UInt8(ascii: "$"), 1)
                room.write(kind)
                room.lineEnd()
                room.argument(number)
                room.argument(event)
            }
        }
    }

    /// A command of which all is encoded but the end of an argument, which is an id, and the next one.
    mutating func command(_ head: [UInt8], _ id: ULID, _ value: [UInt8], _ end: [UInt8]) {
        value.withUnsafeBufferPointer { value in
            append(room: head.count + ULID.textLength + 2 * Room.frame + value.count + end.count) { room in
                head.withUnsafeBufferPointer { room.copy($0) }
                room.write(id)
                room.lineEnd()
                room.argument(value)
                end.withUnsafeBufferPointer { room.copy($0) }
            }
        }
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
        append(room: Room.frame) { $0.argument(value) }
    }

    mutating func argument(_ value: UnsafeBufferPointer<UInt8>) {
        append(room: Room.frame + value.count) { $0.argument(value) }
    }

    /// A kind, a number and a line end.
    private mutating func appendHeader(_ kind: UInt8, _ number: Int) {
        append(room: Room.frame) { $0.header(kind, number) }
    }

    /// Appends what `body` writes, which is `room` bytes at most.
    @inline(__always)
    private mutating func append(room: Int, _ body: (inout Room) -> Void) {
        bytes.append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                var room = Room(buffer)
                body(&room)
                count = room.count
            }
        }
    }

    /// Memory to be filled, which has been made for all parts at once: each append to an array has its price.
    private struct Room {
        /// The most that an argument takes beside its bytes, and a number as an argument.
        static let frame = 64

        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0

        init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

        @inline(__always)
        mutating func write(_ byte: UInt8) {
            buffer[count] = byte
            count &+= 1
        }

        mutating func write(_ id: ULID) {
            id.write(to: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
            count += ULID.textLength
        }

        @inline(__always)
        mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) {
            count = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: bytes) + count
        }

        @inline(__always)
        mutating func lineEnd() {
            write(13)
            write(10)
        }

        /// A kind, a number and a line end.
        mutating func header(_ kind: UInt8, _ number: Int) {
            write(kind)
            decimal(UInt64(number.magnitude))
            lineEnd()
        }

        @inline(__always)
        mutating func argument(_ bytes: UnsafeBufferPointer<UInt8>) {
            header(UInt8(ascii: "$"), bytes.count)
            copy(bytes)
            lineEnd()
        }

        mutating func argument(_ number: Int64) {
            header(UInt8(ascii: "$"), Self.digits(number.magnitude) + (number < 0 ? 1 : 0))
            if number < 0 { write(UInt8(ascii: "-")) }
            decimal(number.magnitude)
            lineEnd()
        }

        private mutating func decimal(_ number: UInt64) {
            let end = count + Self.digits(number)
            var (rest, place) = (number, end)
            while place > count {
                place -= 1
                buffer[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            count = end
        }

        /// How many decimal digits a number has.
        private static func digits(_ number: UInt64) -> Int {
            var (rest, count) = (number, 1)
            while rest >= 10 {
                rest /= 10
                count += 1
            }
            return count
        }
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

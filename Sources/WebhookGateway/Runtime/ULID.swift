import CLinux

/// A ULID: 48 bits of Unix milliseconds and 80 random bits, sortable as text (github.com/ulid/spec).
struct ULID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Characters of the text form.
    static let textLength = 26

    /// The time and the first 16 random bits.
    let high: UInt64
    /// The last 64 random bits.
    let low: UInt64

    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the text form, in either case; nil when it is no ULID.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.textLength else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in text.utf8.enumerated() {
            guard let value = Self.value(of: byte), index > 0 || value < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(value)
        }
        self.init(high: high, low: low)
    }

    /// When it was made, in Unix milliseconds.
    var unixMilliseconds: Int64 { Int64(high >> 16) }

    var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func < (left: ULID, right: ULID) -> Bool { (left.high, left.low) < (right.high, right.low) }

    /// Appends the text form.
    func append(to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLength) { buffer in
            write(to: buffer)
            output.append(contentsOf: buffer)
        }
    }

    /// Writes the text form into 26 bytes.
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= Self.textLength, "no room for an id")
        // Thirteen characters are 65 bits: the first ones hold the upper 63, the last ones what is left.
        Self.write(high >> 1, first: high >> 61, to: buffer, at: 0)
        Self.write(low, first: high << 4 & 16 | low >> 60, to: buffer, at: 13)
    }

    /// Writes a character of five bits, and twelve of the lower 60 bits of `value`.
    @inline(__always)
    private static func write(
        _ value: UInt64, first: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int
    ) {
        let alphabet = alphabet.utf8Start
        buffer[start] = alphabet[Int(truncatingIfNeeded: first & 31)]
        for place in 1...12 {
            buffer[start &+ place] = alphabet[Int(truncatingIfNeeded: value >> UInt64(60 &- 5 &* place) & 31)]
        }
    }

    private static func value(of byte: UInt8) -> UInt8? {
        let upper = byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
        for index in 0..<32 where alphabet.utf8Start[index] == upper { return UInt8(index) }
        return nil
    }
}

/// Makes the ids of one thread: each greater than the one before, even within a millisecond.
struct ULIDGenerator {
    private static let poolSize = 512

    private var pool: [UInt64] = []
    private var last = ULID(high: 0, low: 0)

    /// The next id; `milliseconds` is the Unix time.
    mutating func next(milliseconds: Int64) -> ULID {
        let time = UInt64(clamping: milliseconds) & 0xFFFF_FFFF_FFFF
        if time <= last.high >> 16 {
            let (low, carry) = last.low.addingReportingOverflow(1 + random() & 0xFFFF_FFFF)
            last = ULID(high: last.high &+ (carry ? 1 : 0), low: low)
        } else {
            last = ULID(high: time << 16 | random() & 0xFFFF, low: random())
        }
        return last
    }

    /// 64 random bits of the kernel's generator, fetched in blocks: a system call a webhook would cost more than its id.
    mutating func random() -> UInt64 {
        if pool.isEmpty { refill() }
        return pool.removeLast()
    }

    private mutating func refill() {
        pool = Array(repeating: 0, count: Self.poolSize)
        pool.withUnsafeMutableBytes { buffer in
            var filled = 0
            while filled < buffer.count {
                let count = getrandom(buffer.baseAddress?.advanced(by: filled), buffer.count - filled, 0)
                if count > 0 { filled += count }
            }
        }
    }
}

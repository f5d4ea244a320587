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
        var high = high
        var low = low
        for index in stride(from: Self.textLength - 1, through: 0, by: -1) {
            buffer[index] = Self.alphabet.utf8Start[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
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
                let count = getrandom(buffer.baseAddress?.advanced(by: filled), min(256, buffer.count - filled), 0)
                if count > 0 { filled += count }
            }
        }
    }
}

/// Bytes being put together, in memory that is used again from one message to the next.
///
/// What `[UInt8]` is for appending, without its question at each append whether somebody else holds the array: nobody
/// can, a buffer cannot be copied. Every append compares with the room that there is.
public struct ByteBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var length = 0

    /// Makes an empty buffer with room for so many bytes; it grows as needed.
    public init(capacity: Int = 1024) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// How many bytes it holds.
    @inlinable public var count: Int { length }

    /// Whether it holds nothing.
    public var isEmpty: Bool { count == 0 }

    /// Forgets what lies past the first bytes.
    @inlinable public mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count, "a buffer is only shortened")
        length = newCount
    }

    /// A copy of what it holds.
    public var bytes: [UInt8] { [UInt8](UnsafeBufferPointer(start: base, count: count)) }

    /// Looks at what it holds.
    @inlinable public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: base, count: count))
    }

    /// Appends a byte.
    @inlinable public mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        base[length] = byte
        length &+= 1
    }

    /// Appends bytes.
    @inlinable public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        Self.copy(start, to: base + count, bytes.count)
        length &+= bytes.count
    }

    /// Appends a literal's bytes.
    @inlinable public mutating func append(literal text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes.
    @inlinable public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends bytes.
    @inlinable public mutating func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends bytes.
    @inlinable public mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    /// Appends what another buffer holds.
    @inlinable public mutating func append(_ other: borrowing ByteBuffer) {
        append(UnsafeBufferPointer(start: other.base, count: other.count))
    }

    /// Lets `body` write up to `room` bytes at the end and say how many it has written.
    @inlinable public mutating func append(room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        reserve(room)
        let written = body(UnsafeMutableBufferPointer(start: base + count, count: room))
        precondition(written >= 0 && written <= room, "more was written than there was room for")
        length &+= written
    }

    /// Lets `body` append to an array of its own, and appends that: for those who know arrays only.
    public mutating func appendArray(_ body: (inout [UInt8]) -> Void) {
        var array: [UInt8] = []
        body(&array)
        append(array)
    }

    @inlinable mutating func reserve(_ more: Int) {
        // Cannot overflow: what is there and what comes are both in memory.
        if capacity &- count < more { grow(by: more) }
    }

    @usableFromInline @inline(never) mutating func grow(by more: Int) {
        let larger = max(2 * capacity, count + more)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        new.update(from: base, count: count)
        base.deallocate()
        base = new
        capacity = larger
    }

    /// Copies bytes between places that do not overlap: short runs, which most are, by words of which the last may
    /// overlap the one before it, so that no byte outside either place is touched.
    @inlinable static func copy(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, _ count: Int) {
        if count > 32 { return target.update(from: source, count: count) }
        if count >= 16 { return copyEnds(source, to: target, count, as: SIMD16<UInt8>.self) }
        if count >= 8 { return copyEnds(source, to: target, count, as: UInt64.self) }
        if count >= 4 { return copyEnds(source, to: target, count, as: UInt32.self) }
        if count >= 2 { return copyEnds(source, to: target, count, as: UInt16.self) }
        if count == 1 { target.pointee = source.pointee }
    }

    /// Copies the first and the last word of a run that is one to two words long.
    @inlinable static func copyEnds<Word: BitwiseCopyable>(
        _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, _ count: Int, as word: Word.Type
    ) {
        let last = count &- MemoryLayout<Word>.size
        let (from, to) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
        let end = from.loadUnaligned(fromByteOffset: last, as: word)
        to.storeBytes(of: from.loadUnaligned(as: word), as: word)
        to.storeBytes(of: end, toByteOffset: last, as: word)
    }
}

internal import CVector

/// The bytes of a text that a scan looks at, without a check at each access: whoever reads has compared with `count`.
struct ByteText {
    let base: UnsafePointer<UInt8>
    let count: Int

    /// The byte at a place below `count`.
    @inline(__always)
    subscript(_ position: Int) -> UInt8 {
        assert(position >= 0 && position < count, "read outside the text")
        return base[position]
    }

    /// Where a byte stands first, from a place on; `count` when it does not.
    @inline(__always)
    func firstIndex(of byte: UInt8, from start: Int) -> Int {
        var position = start
        while position &+ 16 <= count {
            let others = Int(wg_leading_others(base + position, byte))
            position &+= others
            if others < 16 { return position }
        }
        while position < count, base[position] != byte { position &+= 1 }
        return position
    }

    /// How many of the sixteen bytes from a place on are plain: ASCII, no control, no quote, no backslash; the first
    /// ones, 0 to 16. As many bytes must follow the place.
    @inline(__always)
    func leadingPlain(at position: Int) -> Int {
        assert(position >= 0 && position + 16 <= count, "read outside the text")
        return Int(wg_leading_plain(base + position))
    }

    /// How many of the sixteen bytes from a place on are written to a JSON string as they are: no control, quote or
    /// backslash; the first ones, 0 to 16. As many bytes must follow the place.
    @inline(__always)
    func leadingUnescaped(at position: Int) -> Int {
        assert(position >= 0 && position + 16 <= count, "read outside the text")
        return Int(wg_leading_unescaped(base + position))
    }

    /// How many of the sixteen bytes from a place on are spaces; the first ones, 0 to 16. As many bytes must follow the
    /// place.
    @inline(__always)
    func leadingSpaces(at position: Int) -> Int {
        assert(position >= 0 && position + 16 <= count, "read outside the text")
        return Int(wg_leading_spaces(base + position))
    }

    /// The four bytes from a place on that has as many after it, the first one lowest.
    @inline(__always)
    func half(at position: Int) -> UInt32 {
        assert(position >= 0 && position + 4 <= count, "read outside the text")
        return UInt32(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
    }

    /// The eight bytes from a place on that has as many after it, the first one lowest.
    @inline(__always)
    func word(at position: Int) -> UInt64 {
        assert(position >= 0 && position + 8 <= count, "read outside the text")
        return UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
    }
}

/// Comparison of short byte strings by words.
enum ByteComparison {
    /// Whether both are the same bytes.
    @inline(__always)
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = left.count
        guard count == right.count else { return false }
        guard let left = UnsafeRawPointer(left.baseAddress), let right = UnsafeRawPointer(right.baseAddress) else {
            return count == 0
        }
        // From eight bytes on whole words, then the last one once more, overlapping; shorter ones alike.
        if count >= 8 {
            var offset = 0
            while offset + 8 < count {
                if differ(left, right, offset, UInt64.self) { return false }
                offset += 8
            }
            return !differ(left, right, count - 8, UInt64.self)
        }
        if count >= 4 {
            return !differ(left, right, 0, UInt32.self) && !differ(left, right, count - 4, UInt32.self)
        }
        if count >= 2 {
            return !differ(left, right, 0, UInt16.self) && !differ(left, right, count - 2, UInt16.self)
        }
        return count == 0 || !differ(left, right, 0, UInt8.self)
    }

    /// Below 0 when the left bytes come first, above when the right ones do, 0 when both are the same.
    static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let count = min(left.count, right.count)
        guard let first = UnsafeRawPointer(left.baseAddress), let second = UnsafeRawPointer(right.baseAddress) else {
            return left.count - right.count
        }
        var offset = 0
        while offset + 8 <= count {
            let one = UInt64(bigEndian: first.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let other = UInt64(bigEndian: second.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if one != other { return one < other ? -1 : 1 }
            offset += 8
        }
        while offset < count {
            if left[offset] != right[offset] { return left[offset] < right[offset] ? -1 : 1 }
            offset += 1
        }
        return left.count - right.count
    }

    @inline(__always)
    private static func differ<Word: FixedWidthInteger & BitwiseCopyable>(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ offset: Int, _ type: Word.Type
    ) -> Bool {
        left.loadUnaligned(fromByteOffset: offset, as: type) != right.loadUnaligned(fromByteOffset: offset, as: type)
    }
}

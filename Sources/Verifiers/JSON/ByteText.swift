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

    /// The eight bytes from a place on that has as many after it.
    @inline(__always)
    func word(at position: Int) -> ByteWord {
        assert(position >= 0 && position + 8 <= count, "read outside the text")
        return ByteWord(
            value: UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)))
    }

    /// The sixteen bytes from a place on that has as many after it.
    @inline(__always)
    func block(at position: Int) -> ByteBlock {
        assert(position >= 0 && position + 16 <= count, "read outside the text")
        return ByteBlock(value: UnsafeRawPointer(base + position).loadUnaligned(as: SIMD16<UInt8>.self))
    }

    /// The four bytes from a place on that has as many after it, the first one lowest.
    @inline(__always)
    func half(at position: Int) -> UInt32 {
        assert(position >= 0 && position + 4 <= count, "read outside the text")
        return UInt32(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
    }
}

/// Eight bytes looked at as one number; byte 0 is the lowest.
struct ByteWord {
    var value: UInt64

    /// How many of the first bytes are spaces, 0 to 8.
    @inline(__always)
    var leadingSpaces: Int {
        let others = value ^ 0x2020_2020_2020_2020
        return others == 0 ? 8 : others.trailingZeroBitCount >> 3
    }
}

/// Sixteen bytes looked at together, for the bytes that end a run inside a JSON string.
///
/// Per byte, each term has its top bit set when the byte is what it looks for; terms may be wrong about bytes from 0x80
/// on, which `value` and its complement decide. Written without vector comparisons, which are compiled to loops.
struct ByteBlock {
    let value: SIMD16<UInt8>

    /// How many of the first bytes are plain: ASCII, no control, no quote, no backslash; 0 to 16.
    @inline(__always)
    var leadingPlain: Int { Self.leadingClear(special | value) }

    /// How many of the first bytes are written to a JSON string as they are: no control, quote or backslash; 0 to 16.
    @inline(__always)
    var leadingUnescaped: Int { Self.leadingClear(special & ~value) }

    @inline(__always)
    private var special: SIMD16<UInt8> {
        let one = SIMD16<UInt8>(repeating: 1)
        let quote: SIMD16<UInt8> = (value ^ SIMD16<UInt8>(repeating: UInt8(ascii: "\""))) &- one
        let backslash: SIMD16<UInt8> = (value ^ SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))) &- one
        let control: SIMD16<UInt8> = value &- SIMD16<UInt8>(repeating: 0x20)
        return quote | backslash | control
    }

    /// How many of the first bytes have a top bit of 0.
    @inline(__always)
    private static func leadingClear(_ bytes: SIMD16<UInt8>) -> Int {
        let words = unsafeBitCast(bytes, to: SIMD2<UInt64>.self) & SIMD2<UInt64>(repeating: 0x8080_8080_8080_8080)
        if words[0] != 0 { return UInt64(littleEndian: words[0]).trailingZeroBitCount >> 3 }
        return words[1] == 0 ? 16 : 8 + UInt64(littleEndian: words[1]).trailingZeroBitCount >> 3
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

extension ArraySlice<UInt8> {
    /// The bytes without ASCII white space at either end.
    public var trimmingWhitespace: ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }
        let front = drop(while: isSpace)
        guard let last = front.lastIndex(where: { !isSpace($0) }) else { return front[front.endIndex...] }
        return front[...last]
    }
}

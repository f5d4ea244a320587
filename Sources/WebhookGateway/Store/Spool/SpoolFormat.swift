/// The journal's format: how records lie in a segment, and how they are found again, however the file was damaged.
///
/// ```
/// segment   "WHSPOOL" version(1) · nonce(8) · checksum of these 16 bytes(4) · records…
/// record    "WHR" version(1) · length of the payload(4) · checksum of the payload(4) · checksum of these 12 bytes(4) · payload
/// ```
/// Integers are little-endian, checksums CRC-32C. Those of records are seeded with the nonce, which nobody outside
/// knows: a body that imitates a record is not taken for one when the reader has lost its place.
struct SpoolFormat: Equatable, Sendable {
    static let segmentHeaderSize = 20
    static let recordHeaderSize = 16
    static let version: UInt8 = 1
    private static let segmentMark: [UInt8] = Array("WHSPOOL".utf8) + [version]
    private static let recordMark: [UInt8] = Array("WHR".utf8) + [version]

    let nonce: UInt64

    init(nonce: UInt64) { self.nonce = nonce }

    /// Reads a segment's first bytes; nil when they are not whole.
    init?(segmentHeader bytes: ArraySlice<UInt8>) {
        guard bytes.count >= Self.segmentHeaderSize, bytes.starts(with: Self.segmentMark) else { return nil }
        var rest = bytes.dropFirst(Self.segmentMark.count)
        let sum = Self.checksum(of: bytes.prefix(16), seed: 0)
        guard let nonce: UInt64 = rest.takeInteger(), let stored: UInt32 = rest.takeInteger(), stored == sum else {
            return nil
        }
        self.nonce = nonce
    }

    // MARK: Writing

    func appendSegmentHeader(to output: inout [UInt8]) {
        let start = output.count
        output.append(contentsOf: Self.segmentMark)
        output.append(littleEndian: nonce)
        output.append(littleEndian: Self.checksum(of: output[start...], seed: 0))
    }

    func append(_ record: SpoolRecord, to output: inout [UInt8]) {
        let start = output.count
        let payload = start + Self.recordHeaderSize
        output.append(contentsOf: repeatElement(0, count: Self.recordHeaderSize))
        record.append(to: &output)
        var header = Self.recordMark
        header.append(littleEndian: UInt32(output.count - payload))
        header.append(littleEndian: Self.checksum(of: output[payload...], seed: nonce))
        header.append(littleEndian: Self.checksum(of: header[...], seed: nonce))
        output.replaceSubrange(start..<payload, with: header)
    }

    // MARK: Reading

    /// What lies at a place of a segment.
    enum Finding {
        /// A whole record, and the bytes it takes.
        case record(SpoolRecord, size: Int)
        /// That many bytes are no record; the next one may follow them.
        case damage(size: Int)
        /// This cannot be told without that many bytes from here. At the end of the file: a torn tail.
        case incomplete(needs: Int)
    }

    /// Looks at `bytes` from its start.
    func find(in bytes: ArraySlice<UInt8>) -> Finding {
        guard bytes.count >= Self.recordHeaderSize else { return .incomplete(needs: Self.recordHeaderSize) }
        guard let header = Header(bytes, nonce) else { return .damage(size: distanceToMark(in: bytes)) }
        let size = Self.recordHeaderSize + header.length
        guard bytes.count >= size else { return .incomplete(needs: size) }
        let payload = bytes.dropFirst(Self.recordHeaderSize).prefix(header.length)
        guard Self.checksum(of: payload, seed: nonce) == header.checksum, let record = SpoolRecord(payload) else {
            return .damage(size: size)
        }
        return .record(record, size: size)
    }

    private struct Header {
        let length: Int
        let checksum: UInt32

        init?(_ bytes: ArraySlice<UInt8>, _ nonce: UInt64) {
            guard bytes.starts(with: SpoolFormat.recordMark) else { return nil }
            var rest = bytes.dropFirst(SpoolFormat.recordMark.count)
            guard let length: UInt32 = rest.takeInteger(), let checksum: UInt32 = rest.takeInteger(),
                let own: UInt32 = rest.takeInteger(), own == SpoolFormat.checksum(of: bytes.prefix(12), seed: nonce)
            else { return nil }
            self.length = Int(length)
            self.checksum = checksum
        }
    }

    /// How far it is to the next place where a record may begin; at least one byte.
    private func distanceToMark(in bytes: ArraySlice<UInt8>) -> Int {
        var place = bytes.startIndex + 1
        while place + Self.recordMark.count <= bytes.endIndex {
            if bytes[place] == Self.recordMark[0], bytes[place...].starts(with: Self.recordMark) { break }
            place += 1
        }
        return place - bytes.startIndex
    }

    private static func checksum(of bytes: ArraySlice<UInt8>, seed: UInt64) -> UInt32 {
        bytes.withUnsafeBytes { CRC32C.checksum(of: $0, seed: seed) }
    }
}

/// Reads a segment piece by piece: give it the bytes that follow, take the records that are whole.
struct SpoolReader {
    private var format: SpoolFormat?
    private var isUnreadable = false
    private var bytes: [UInt8] = []
    private var place = 0
    private var needed = SpoolFormat.segmentHeaderSize
    /// Bytes that are no record though more was read after them; a torn tail does not count.
    private(set) var damagedBytes = 0
    /// Damage that may yet prove to be the torn tail.
    private var suspectBytes = 0
    /// How far in the file the records go that have been taken.
    private(set) var offset = 0

    /// How many bytes are wanted before anything can be said; 0: some more of what is there can be taken.
    var wanted: Int { max(0, needed - (bytes.count - place)) }

    mutating func feed(_ more: UnsafeRawBufferPointer) {
        if place > 0 {
            bytes.removeSubrange(0..<place)
            place = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next record; nil: feed more, or, at the end of the file, there is none.
    mutating func next() -> SpoolRecord? {
        if format == nil, !isUnreadable {
            guard bytes.count - place >= SpoolFormat.segmentHeaderSize else { return nil }
            format = SpoolFormat(segmentHeader: bytes[place...])
            isUnreadable = format == nil
            advance(SpoolFormat.segmentHeaderSize)
            if isUnreadable { damagedBytes += SpoolFormat.segmentHeaderSize }
        }
        guard let format else {
            // Without its nonce nothing in the file can be proved.
            damagedBytes += bytes.count - place
            advance(bytes.count - place)
            return nil
        }
        while place < bytes.count {
            switch format.find(in: bytes[place...]) {
            case .record(let record, let size):
                damagedBytes += suspectBytes
                suspectBytes = 0
                advance(size)
                return record
            case .damage(let size):
                suspectBytes += size
                advance(size)
            case .incomplete(let needs):
                needed = needs
                return nil
            }
        }
        needed = SpoolFormat.recordHeaderSize
        return nil
    }

    private mutating func advance(_ size: Int) {
        place += size
        offset += size
        needed = 0
    }
}

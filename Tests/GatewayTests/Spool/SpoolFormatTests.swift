import Testing

@testable import WebhookGateway

struct SpoolFormatTests {
    private static let format = SpoolFormat(nonce: 0x0123_4567_89AB_CDEF)

    @Test func `what is written is read again, whole or in pieces`() {
        let records = SpoolRecord.samples(40)
        let bytes = Self.format.segment(records)
        for stride in [1, 7, 64, bytes.count] {
            let read = SpoolReader.read(bytes, stride: stride)
            #expect(read.records.map(\.fingerprint) == records.map(\.fingerprint))
            #expect(read.damagedBytes == 0)
        }
    }

    @Test func `a journal cut at any byte holds the records before the cut, and counts as torn, not as damaged`() {
        let records = SpoolRecord.samples(8)
        let bytes = Self.format.segment(records)
        var ends: [Int] = []
        for count in 0...records.count { ends.append(Self.format.segment(Array(records.prefix(count))).count) }
        for cut in 0..<bytes.count {
            let read = SpoolReader.read(Array(bytes[..<cut]))
            let whole = max(0, ends.filter { $0 <= cut }.count - 1)
            #expect(read.records.map(\.fingerprint) == records.prefix(whole).map(\.fingerprint), "cut at \(cut)")
            #expect(read.damagedBytes == 0, "cut at \(cut)")
        }
    }

    @Test(arguments: [UInt8(0x01), 0x80, 0xFF])
    func `a journal with any byte changed holds the same records or one fewer, never a wrong one`(change: UInt8) {
        let records = SpoolRecord.samples(6)
        let bytes = Self.format.segment(records)
        let expected = records.map(\.fingerprint)
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= change
            let read = SpoolReader.read(damaged)
            let found = read.records.map(\.fingerprint)
            if place < SpoolFormat.segmentHeaderSize {
                #expect(found.isEmpty, "byte \(place)")
                #expect(read.damagedBytes == bytes.count, "byte \(place)")
            } else {
                #expect(found.count == expected.count - 1, "byte \(place)")
                #expect(expected.filter(found.contains) == found, "byte \(place)")
                #expect(read.damagedBytes > 0 || found == Array(expected.dropLast()), "byte \(place)")
            }
        }
    }

    @Test func `a body that imitates a record is not taken for one when the reader has lost its place`() {
        var forged: [UInt8] = []
        SpoolFormat(nonce: 0).append(SpoolRecord.samples(1)[0], to: &forged)
        var carrier = SpoolRecord.samples(2)[1]
        carrier.event = carrier.event.with(body: forged)
        var bytes = Self.format.segment([carrier] + SpoolRecord.samples(1))
        bytes[SpoolFormat.segmentHeaderSize + 5] ^= 1
        let read = SpoolReader.read(bytes)
        #expect(read.records.count == 1)
        #expect(read.records.first?.event.body.elementsEqual(carrier.event.body) == false)
        #expect(read.damagedBytes > 0)
    }

    @Test func `zeros at the end, as a power cut may leave them, are a torn tail`() {
        let records = SpoolRecord.samples(3)
        let read = SpoolReader.read(Self.format.segment(records) + [UInt8](repeating: 0, count: 5000))
        #expect(read.records.count == 3)
        #expect(read.damagedBytes == 0)
    }

    @Test func `a foreign file holds nothing`() {
        let read = SpoolReader.read(Array("{\"this\": \"is no journal\"}".utf8))
        #expect(read.records.isEmpty)
        #expect(read.damagedBytes > 0)
    }

    /// RFC 3720 §B.4 and the catalogue's check value for CRC-32/ISCSI.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
        ] as [([UInt8], UInt32)]
    )
    func `the checksum is CRC-32C`(bytes: [UInt8], expected: UInt32) {
        var sum = CRC32C()
        bytes.withUnsafeBytes { sum.update($0) }
        #expect(sum.value == expected)
        var pieces = CRC32C()
        for byte in bytes { [byte].withUnsafeBytes { pieces.update($0) } }
        #expect(pieces.value == expected)
    }
}

import Testing

@testable import Verifiers

struct JSONWriterTests {
    @Test(arguments: [0x00, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0xC3, 0xFF] as [UInt8])
    func `a byte is escaped or replaced wherever it stands in a text of any length`(byte: UInt8) {
        for count in 1...40 {
            for place in 0..<count {
                var text = [UInt8](repeating: UInt8(ascii: "a"), count: count)
                text[place] = byte
                var expected: [UInt8] = []
                JSONWriter.append(text[...], to: &expected)
                var output = ByteBuffer()
                JSONWriter.append(text[...], to: &output)
                #expect(output.bytes == expected)
                output.truncate(to: 0)
                JSONWriter.append(String(decoding: text, as: UTF8.self), to: &output)
                #expect(output.bytes == expected)
            }
        }
    }

    @Test func `an empty text is two quotes`() {
        var output = ByteBuffer()
        JSONWriter.append("", to: &output)
        JSONWriter.append([], to: &output)
        #expect(output.bytes == Array(#""""""#.utf8))
    }
}

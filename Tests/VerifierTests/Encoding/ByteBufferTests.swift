import Testing
import Verifiers

struct ByteBufferTests {
    @Test func `pieces of every length are appended whole, and nothing beside them is touched`() {
        var buffer = ByteBuffer(capacity: 0)
        var expected: [UInt8] = []
        for length in 0...80 {
            let piece = (0..<length).map { UInt8(truncatingIfNeeded: length &+ 3 &* $0) }
            buffer.append(piece)
            buffer.append(UInt8(ascii: "|"))
            expected += piece + [UInt8(ascii: "|")]
        }
        #expect(buffer.bytes == expected)
        let count = buffer.count
        #expect(count == expected.count)
    }

    @Test func `a shortened buffer goes on where it was cut`() {
        var buffer = ByteBuffer()
        buffer.append(literal: "abcdef")
        buffer.truncate(to: 2)
        buffer.append([UInt8(ascii: "x")][...])
        buffer.append(room: 8) { room in
            room[0] = UInt8(ascii: "y")
            return 1
        }
        buffer.appendArray { $0 = Array("z".utf8) }
        #expect(buffer.bytes == Array("abxyz".utf8))
    }

    @Test(arguments: [
        "", "plain", "exactly sixteen!", "a text of more than sixteen bytes", "quote \" here", "back\\slash", "\u{1}",
        "№ and é beyond ASCII", "a tab\tin the last of more than sixteen bytes",
    ])
    func `JSON strings and numbers are what they are in an array`(_ text: String) {
        var buffer = ByteBuffer()
        var array: [UInt8] = []
        JSONWriter.append(text, to: &buffer)
        JSONWriter.append(text, to: &array)
        JSONWriter.append(Array(text.utf8)[...], to: &buffer)
        JSONWriter.append(Array(text.utf8)[...], to: &array)
        for number in [0, 7, -1, 1234, Int64.max, Int64.min] {
            JSONWriter.append(number, to: &buffer)
            JSONWriter.append(number, to: &array)
        }
        #expect(buffer.bytes == array)
    }
}

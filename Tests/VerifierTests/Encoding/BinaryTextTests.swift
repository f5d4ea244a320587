import Testing
import Verifiers

@Suite struct BinaryTextTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "66"), ("fo", "Zm8=", "666f"), ("foo", "Zm9v", "666f6f"),
        ("foob", "Zm9vYg==", "666f6f62"), ("fooba", "Zm9vYmE=", "666f6f6261"),
        ("foobar", "Zm9vYmFy", "666f6f626172"),
    ])
    func `the RFC's vectors go both ways`(plain: String, base64: String, hex: String) {
        let bytes = Array(plain.utf8)
        #expect(Base64.encode(bytes[...]) == Array(base64.utf8))
        #expect(Base64.decode(Array(base64.utf8)[...]) == bytes)
        #expect(Base64.decode(Array(base64.utf8.filter { $0 != UInt8(ascii: "=") })[...]) == bytes)
        #expect(Hex.encode(bytes[...]) == Array(hex.utf8))
        #expect(Hex.decode(Array(hex.uppercased().utf8)[...]) == bytes)
    }

    @Test(arguments: [
        "Z", "Zg=", "Zg===", "Zm9v=", "Zm9v====", "=", "==", "====", "Zg==Zg==", " Zg==", "Zg==\n",
        "Zm 9v", "Zh==", "Zm9=",
        "Z-9v", "Z_9v", "Zé==",
    ])
    func `text that is not exactly base64 is refused`(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }

    @Test func `the URL-safe alphabet is separate`() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xBF]
        #expect(Base64.encode(bytes[...]) == Array("+/+/".utf8))
        #expect(Base64.encode(bytes[...], alphabet: .urlSafe) == Array("-_-_".utf8))
        #expect(Base64.encode([0xFB][...], alphabet: .urlSafe, padded: false) == Array("-w".utf8))
        #expect(Base64.decode(Array("-_-_".utf8)[...], alphabet: .urlSafe) == bytes)
        #expect(Base64.decode(Array("+/+/".utf8)[...], alphabet: .urlSafe) == nil)
    }

    @Test(arguments: ["0", "0g", "g0", "00 ", "0x00", "é"])
    func `text that is not exactly hexadecimal is refused`(text: String) {
        #expect(Hex.decode(Array(text.utf8)[...]) == nil)
    }

    @Test func `random bytes survive both encodings`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let bytes = generator.bytes(upTo: 100, alphabet: [0, 255])
            #expect(Hex.decode(Hex.encode(bytes[...])[...]) == bytes)
            #expect(Base64.decode(Base64.encode(bytes[...])[...]) == bytes)
            let bare = Base64.encode(bytes[...], alphabet: .urlSafe, padded: false)
            #expect(Base64.decode(bare[...], alphabet: .urlSafe) == bytes)
        }
    }

    @Test func `output that is too small is refused and not overrun`() {
        var output = [UInt8](repeating: 7, count: 2)
        var span = output.mutableSpan
        #expect(Hex.decode(Array("010203".utf8)[...], into: &span) == nil)
        #expect(Base64.decode(Array("AAECAwQF".utf8)[...], into: &span) == nil)
        #expect(output.count == 2)
    }
}

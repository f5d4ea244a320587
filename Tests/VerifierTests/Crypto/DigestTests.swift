import Testing
import Verifiers

@Suite struct DigestTests {
    private let bytes = (0..<32).map { UInt8($0) }

    @Test func `hexadecimal of either case is decoded and written in lower case`() throws {
        let text = "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f"
        let digest = try #require(Digest(hex: Array(text.utf8)[...], count: 32))
        #expect(digest.bytes == bytes)
        #expect(digest.hex == text.lowercased())
    }

    @Test(arguments: [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    ])
    func `base64 is decoded with and without padding`(text: String) throws {
        let digest = try #require(Digest(base64: Array(text.utf8)[...], count: 32))
        #expect(digest.bytes == bytes)
        #expect(digest.base64 == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    }

    @Test(arguments: [
        "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 66), "zz",
    ])
    func `a digest of another length or alphabet is refused`(text: String) {
        #expect(Digest(hex: Array(text.utf8)[...], count: 32) == nil)
        #expect(Digest(base64: Array(text.utf8)[...], count: 32) == nil)
        #expect(Digest(hex: Array(text.utf8)[...], count: 65) == nil)
    }

    @Test func `digests differ when any byte or the length differs`() throws {
        let digest = try #require(Digest(hex: Hex.encode(bytes[...])[...], count: 32))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(Digest(hex: Hex.encode(other[...])[...], count: 32) != digest)
        }
        #expect(Digest(hex: Hex.encode(bytes[..<20])[...], count: 20) != digest)
    }

    @Test func `constant-time equality handles lengths and empty strings`() {
        #expect(ConstantTime.equal([1, 2, 3][...], [1, 2, 3][...]))
        #expect(!ConstantTime.equal([1, 2, 3][...], [1, 2, 4][...]))
        #expect(!ConstantTime.equal([1, 2, 3][...], [1, 2][...]))
        #expect(!ConstantTime.equal([][...], [1][...]))
        #expect(ConstantTime.equal([][...], [][...]))
    }
}

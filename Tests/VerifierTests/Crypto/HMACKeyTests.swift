import Testing
import Verifiers

@Suite struct HMACKeyTests {
    /// RFC 4231 test cases 1, 2 and 6, and the same data under RFC 2202's SHA-1.
    @Test(arguments: [
        (
            HashAlgorithm.sha256, [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            .sha1, [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b617318655057264e28bc0b6fb378c8ef146be00"
        ),
        (
            .sha384, Array("Jefe".utf8), "what do ya want for nothing?",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        ),
        (
            .sha512, Array("Jefe".utf8), "what do ya want for nothing?",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
                + "caeab1a34d4a6b4b636e070a38bce737"
        ),
        (
            .sha256, [UInt8](repeating: 0xAA, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `the RFC vectors are reproduced`(
        algorithm: HashAlgorithm, secret: [UInt8], message: String, expected: String
    ) throws {
        let key = try #require(HMACKey(secret, algorithm: algorithm))
        let code = key.code(of: Array(message.utf8)[...])
        #expect(code.hex == expected)
        #expect(code.count == algorithm.digestLength)
    }

    @Test func `a key is reused, in parts or after an abandoned message, with the same result`()
        throws
    {
        let key = try #require(HMACKey(Array("k".utf8)))
        let whole = key.code(of: Array("abc.def".utf8)[...])
        key.restart()
        key.update(Array("abandoned".utf8)[...])
        key.restart()
        key.update(Array("abc".utf8)[...])
        key.update(".")
        key.update(Array("def".utf8)[...])
        key.update([])
        #expect(key.finish() == whole)
        #expect(key.code(of: []) != whole)
    }

    @Test func `an empty key is refused`() {
        #expect(HMACKey([]) == nil)
    }

    @Test func `SHA-256 of nothing and of abc are the standard's`() {
        #expect(
            SHA256Hash.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256Hash.hex(of: Array("abc".utf8)[...])
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `entropy has the length asked for and does not repeat`() {
        let first = EntropySource.bytes(32)
        #expect(first.count == 32)
        #expect(first != EntropySource.bytes(32))
        #expect(EntropySource.bytes(0).isEmpty)
    }
}

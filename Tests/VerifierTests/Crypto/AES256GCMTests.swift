import FoundationEssentials
import Testing

@testable import Verifiers

struct AES256GCMTests {
    /// One case of NIST's file.
    private struct Vector {
        var key: [UInt8]
        var nonce: [UInt8]
        var plain: [UInt8]
        var associated: [UInt8]
        var sealed: [UInt8]
    }

    /// The cases of fixtures/vectors/aes-256-gcm.rsp: paragraphs of `Name = hex`.
    private static func vectors() throws -> [Vector] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "fixtures/vectors/aes-256-gcm.rsp")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return try text.split(separator: "\n\n").filter { $0.contains("Key = ") }.map { paragraph in
            var values: [Substring: [UInt8]] = [:]
            for line in paragraph.split(separator: "\n") {
                let parts = line.split(separator: " ", omittingEmptySubsequences: false)
                values[parts[0]] = parts[0] == "Count" ? [] : try #require(Hex.decode(Array(parts[2].utf8)[...]))
            }
            func value(_ name: Substring) throws -> [UInt8] { try #require(values[name]) }
            return Vector(
                key: try value("Key"), nonce: try value("IV"), plain: try value("PT"), associated: try value("AAD"),
                sealed: try value("CT") + value("Tag"))
        }
    }

    @Test func `it computes what NIST's vectors say`() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 75)
        for vector in vectors {
            let key = SecretBytes(vector.key)
            let sealed = AES256GCM.seal(
                SecretBytes(vector.plain), key: key, nonce: vector.nonce, associated: vector.associated)
            #expect(sealed == vector.sealed)
            let opened = AES256GCM.open(sealed, key: key, nonce: vector.nonce, associated: vector.associated)
            #expect(opened?.copy == vector.plain)
        }
    }

    @Test func `a change of any byte is refused`() throws {
        let key = SecretBytes.random(32)
        let sealed = AES256GCM.seal(SecretBytes(Array("secret".utf8)), key: key, associated: [1, 2])
        #expect(AES256GCM.open(sealed[...], key: key, associated: [1, 2])?.copy == Array("secret".utf8))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x80
            #expect(AES256GCM.open(changed[...], key: key, associated: [1, 2]) == nil)
        }
        for length in sealed.indices {
            #expect(AES256GCM.open(sealed[..<length], key: key, associated: [1, 2]) == nil)
        }
        #expect(AES256GCM.open((sealed + [0])[...], key: key, associated: [1, 2]) == nil)
        #expect(AES256GCM.open(sealed[...], key: .random(32), associated: [1, 2]) == nil)
        #expect(AES256GCM.open(sealed[...], key: .random(16), associated: [1, 2]) == nil)
        for associated: [UInt8] in [[], [1], [1, 2, 3], [2, 1]] {
            #expect(AES256GCM.open(sealed[...], key: key, associated: associated) == nil)
        }
    }

    @Test func `100,000 nonces are distinct`() {
        let (key, plain) = (SecretBytes.random(32), SecretBytes([1]))
        var nonces: Set<UInt128> = []
        nonces.reserveCapacity(100_000)
        for _ in 0..<100_000 {
            var number: UInt128 = 0
            let sealed = AES256GCM.seal(plain, key: key, associated: [])
            for index in 0..<AES256GCM.nonceLength { number = number << 8 | UInt128(sealed[index]) }
            nonces.insert(number)
        }
        #expect(nonces.count == 100_000)
    }

    @Test func `nothing prints secret bytes by accident`() {
        let secret = SecretBytes(Array("whsec_1".utf8))
        var dumped = ""
        dump((name: "a", secret: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("whsec") && !text.contains("119"))
        }
    }

    @Test func `wiping leaves zeros`() {
        var bytes = Array("whsec_1".utf8)
        SecretBytes.wipe(&bytes)
        #expect(bytes == [UInt8](repeating: 0, count: 7))
        var nothing: [UInt8] = []
        SecretBytes.wipe(&nothing)
        #expect(nothing == [])
    }
}

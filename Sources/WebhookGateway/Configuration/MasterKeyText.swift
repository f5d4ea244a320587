import Verifiers

/// The vault's master key as the host gives it: 32 bytes in base64 or hexadecimal.
enum MasterKeyText {
    /// Why a text is no master key; says nothing of the text.
    struct Unusable: Error, Equatable, Sendable, CustomStringConvertible {
        var description: String
    }

    private static let remedy = "`webhook-gateway keys generate` makes one"

    /// Reads a key: base64 of either alphabet, padded or not, or 64 hexadecimal digits.
    static func read(_ text: [UInt8]) throws(Unusable) -> SecretBytes {
        let text = text[...].trimmingWhitespace
        let isHex = text.count == 2 * AES256GCM.keyLength
        var decoded = isHex ? Hex.decode(text) : Base64.decode(text) ?? Base64.decode(text, alphabet: .urlSafe)
        guard decoded != nil else {
            throw Unusable(description: "is neither base64 nor hexadecimal; \(remedy)")
        }
        let bytes = decoded.take() ?? []
        guard bytes.count == AES256GCM.keyLength else {
            throw Unusable(description: "has \(bytes.count) bytes, and a master key has 32; \(remedy)")
        }
        // One repeated byte is an example's stand-in.
        guard Set(bytes).count > 1 else { throw Unusable(description: "is not a random key; \(remedy)") }
        return SecretBytes(bytes)
    }

    /// A new key: 44 characters of base64.
    static func generate() -> String {
        SecretBytes.random(AES256GCM.keyLength).withUnsafeBytes { key in
            String(decoding: Base64.encode(Array(key)[...]), as: UTF8.self)
        }
    }
}

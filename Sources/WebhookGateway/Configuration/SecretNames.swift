/// Tells by a key's name whether its value is a secret, where the key is not this program's own.
enum SecretNames {
    private static let tellingParts = [
        "secret", "token", "password", "passphrase", "privatekey", "apikey", "authorization",
    ]

    /// Whether a value under this name should be kept out of sight.
    static func isSecret(_ name: String) -> Bool {
        let letters = name.lowercased().filter { $0.isLetter }
        return letters == "key" || tellingParts.contains { letters.contains($0) }
    }
}

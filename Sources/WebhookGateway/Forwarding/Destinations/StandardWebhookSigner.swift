import Verifiers

/// Signs requests as the Standard Webhooks specification 1.0.0 has it, with one key or, during a rotation, several.
///
/// Not `Sendable`: it owns OpenSSL contexts and stays on the thread that made it.
final class StandardWebhookSigner {
    /// What a secret in text form starts with.
    static let prefix = "whsec_"
    /// The key's length that the specification asks for.
    static let keyBytes = 24...64
    static let remedy = "generate one with: openssl rand -base64 32 | sed s/^/whsec_/"

    private let keys: [HMACKey]

    /// - Parameter secrets: `whsec_` and base64, several of them separated by spaces; the first is the newest.
    init(_ secrets: [Secret]) throws(InvalidSecret) {
        var keys: [HMACKey] = []
        for bytes in try Self.keys(of: secrets) {
            guard let key = HMACKey(bytes) else { throw InvalidSecret(reason: "OpenSSL refuses it") }
            keys.append(key)
        }
        self.keys = keys
    }

    /// Why a secret cannot sign; says nothing of its content.
    struct InvalidSecret: Error, Equatable {
        var reason: String
    }

    /// The raw keys that secrets stand for.
    static func keys(of secrets: [Secret]) throws(InvalidSecret) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        for secret in secrets.flatMap({ $0.text.split(separator: " ") }) {
            guard secret.hasPrefix(prefix) else { throw InvalidSecret(reason: "does not start with \(prefix)") }
            guard let key = Base64.decode(Array(secret.utf8.dropFirst(prefix.utf8.count))[...]) else {
                throw InvalidSecret(reason: "what follows \(prefix) is not base64")
            }
            guard keyBytes.contains(key.count) else {
                throw InvalidSecret(reason: "holds \(key.count) bytes; the specification asks for 24 to 64")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw InvalidSecret(reason: "is empty") }
        return keys
    }

    /// The value of `webhook-signature`: one `v1,<base64>` for each key over `<id>.<timestamp>.<body>`.
    func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let head = Array("\(id).\(timestamp).".utf8)
        return keys.map { key in
            key.restart()
            key.update(head.span)
            key.update(body.span)
            return "v1,\(key.finish().base64)"
        }.joined(separator: " ")
    }
}

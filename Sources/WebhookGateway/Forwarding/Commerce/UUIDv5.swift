import COpenSSL
import Verifiers

/// Name-based UUIDs (RFC 9562 §5.5): the same text has the same UUID, in every process and for ever.
enum UUIDv5 {
    /// The namespace of this gateway's event ids; a constant for ever, or repeated events would count twice.
    static let eventNamespace: [UInt8] = [
        0x6B, 0xA7, 0xB8, 0x14, 0x9D, 0xAD, 0x51, 0xD1, 0x80, 0xB4, 0x77, 0x68, 0x67, 0x61, 0x74, 0x65,
    ]

    /// The UUID of an event's id, lower case with hyphens.
    static func text(of eventID: String) -> String { text(of: Array(eventID.utf8), in: eventNamespace) }

    static func text(of name: [UInt8], in namespace: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 20)
        let isDone = EVP_Digest(namespace + name, namespace.count + name.count, &digest, nil, EVP_sha1(), nil)
        precondition(isDone == 1, "OpenSSL has SHA-1")
        digest[6] = digest[6] & 0x0F | 0x50
        digest[8] = digest[8] & 0x3F | 0x80
        let hex = String(decoding: Hex.encode(digest[..<16]), as: UTF8.self)
        var groups: [Substring] = []
        var rest = hex[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }
}

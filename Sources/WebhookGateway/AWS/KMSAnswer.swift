import Verifiers

/// The JSON object that KMS answers.
struct KMSAnswer {
    private let document: JSONDocument

    /// Nil when the body is no JSON object.
    init?(_ response: ClientResponse) {
        var document = JSONDocument()
        guard !response.isTruncated, (try? document.read(response.body[...])) != nil,
            document.kind(of: .root) == .object
        else { return nil }
        self.document = document
    }

    func text(_ name: StaticString) -> String? { document.string(of: document.member(name)) }

    /// Bytes that stand there in base64.
    func bytes(_ name: StaticString) -> [UInt8]? {
        guard let node = document.member(name), document.kind(of: node) == .string else { return nil }
        var text: [UInt8] = []
        document.appendDecoded(node, to: &text)
        defer { SecretBytes.wipe(&text) }
        return Base64.decode(text[...])
    }

    /// A key of 32 bytes that stands there in base64.
    func key(_ name: StaticString) -> SecretBytes? {
        guard var bytes = bytes(name), bytes.count == AES256GCM.keyLength else { return nil }
        defer { SecretBytes.wipe(&bytes) }
        return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// `AccessDeniedException` of `com.amazonaws.kms#AccessDeniedException`.
    var errorCode: String? { text("__type").map(Self.bareCode) }

    /// An error code without name space and address.
    static func bareCode(_ text: String) -> String {
        let name = text.split(separator: "#").last ?? ""
        return String(name.prefix { $0.isLetter || $0.isNumber }.prefix(80))
    }
}

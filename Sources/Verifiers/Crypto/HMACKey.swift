internal import COpenSSL

/// A keyed HMAC (RFC 2104) that is set up once and used again and again.
///
/// The key schedule is computed in `init`; each message then restarts OpenSSL's own context, which costs no
/// allocation. The class owns that context and is not `Sendable`: every worker makes its own from the secret.
/// One message: `restart()`, `update(_:)` for each part in order, `finish()`.
public final class HMACKey {
    /// The hash function.
    public let algorithm: HashAlgorithm
    private let context: OpaquePointer

    /// Prepares a key; nil when it is empty (an empty key authenticates nobody) or OpenSSL offers no such HMAC.
    public init?(_ secret: [UInt8], algorithm: HashAlgorithm = .sha256) {
        guard !secret.isEmpty, let context = Self.keyedContext(secret, algorithm) else { return nil }
        self.algorithm = algorithm
        self.context = context
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Begins a new message, whatever became of the last.
    public func restart() {
        // No key: OpenSSL keeps the one it has and only resets the inner hash.
        let done = EVP_MAC_init(context, nil, 0, nil)
        precondition(done == 1, "OpenSSL refused to restart a keyed HMAC")
    }

    /// Adds bytes to the message.
    public func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { add($0) }
    }

    /// Adds bytes to the message.
    public func update(_ bytes: ArraySlice<UInt8>) {
        update(bytes.span)
    }

    /// Adds literal text to the message.
    public func update(_ text: StaticString) {
        add(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Ends the message and returns its authentication code.
    public func finish() -> Digest {
        let digest = Digest { output in
            output.withUnsafeMutableBytes { buffer in
                var length = 0
                let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return EVP_MAC_final(context, start, &length, buffer.count) == 1 ? length : nil
            }
        }
        guard let digest else { preconditionFailure("OpenSSL refused to finish an HMAC") }
        return digest
    }

    /// The authentication code of one message in one part.
    public func code(of message: ArraySlice<UInt8>) -> Digest {
        restart()
        update(message)
        return finish()
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let done = EVP_MAC_update(context, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        precondition(done == 1, "OpenSSL refused to update an HMAC")
    }

    private static func keyedContext(_ secret: [UInt8], _ algorithm: HashAlgorithm) -> OpaquePointer? {
        guard let implementation = EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        // The context holds its own reference.
        defer { EVP_MAC_free(implementation) }
        guard let context = EVP_MAC_CTX_new(implementation) else { return nil }
        // The parameters keep pointers to both texts, so these must outlive them: a `StaticString` does, a Swift string
        // passed as an argument does not.
        let parameters = [
            OSSL_PARAM_construct_utf8_string(pointer(to: "digest"), pointer(to: algorithm.openSSLName), 0),
            OSSL_PARAM_construct_end(),
        ]
        guard EVP_MAC_init(context, secret, secret.count, parameters) == 1 else {
            EVP_MAC_CTX_free(context)
            return nil
        }
        return context
    }

    /// A literal as C wants it; mutable by OpenSSL's type only, it is never written to.
    private static func pointer(to text: StaticString) -> UnsafeMutablePointer<CChar> {
        UnsafeMutableRawPointer(mutating: text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

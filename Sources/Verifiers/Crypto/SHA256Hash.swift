internal import COpenSSL

/// SHA-256 of one message.
public enum SHA256Hash {
    /// The digest of `message`.
    public static func digest(of message: ArraySlice<UInt8>) -> Digest {
        let digest = Digest { output in
            output.withUnsafeMutableBytes { buffer in
                message.span.withUnsafeBytes { bytes in
                    var length: UInt32 = 0
                    let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    let done = EVP_Digest(
                        bytes.baseAddress, bytes.count, start, &length, OpaquePointer(bitPattern: implementation), nil)
                    return done == 1 ? Int(length) : nil
                }
            }
        }
        guard let digest else { preconditionFailure("OpenSSL refused SHA-256") }
        return digest
    }

    /// OpenSSL's own object, as an address: `EVP_sha256()` would have it searched for by name at each digest. It never
    /// changes, may be used by all threads at once, and is never freed.
    private static let implementation = UInt(bitPattern: EVP_MD_fetch(nil, "SHA256", nil))

    /// The digest of `message` in lower-case hexadecimal.
    public static func hex(of message: ArraySlice<UInt8>) -> String {
        digest(of: message).hex
    }
}

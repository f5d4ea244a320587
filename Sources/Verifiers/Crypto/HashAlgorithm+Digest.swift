internal import COpenSSL

extension HashAlgorithm {
    /// The digest of one message.
    public func digest(of message: ArraySlice<UInt8>) -> Digest {
        let function =
            switch self {
            case .sha1: EVP_sha1()
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            }
        let digest = Digest { output in
            output.withUnsafeMutableBytes { buffer in
                message.span.withUnsafeBytes { bytes in
                    var length: UInt32 = 0
                    let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    return EVP_Digest(bytes.baseAddress, bytes.count, start, &length, function, nil) == 1
                        ? Int(length) : nil
                }
            }
        }
        guard let digest else { preconditionFailure("OpenSSL refused \(rawValue)") }
        return digest
    }
}

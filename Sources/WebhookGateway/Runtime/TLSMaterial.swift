import COpenSSL
import Glibc

/// The certificates and keys of one listener as read from their files: a value that each worker makes its own
/// `TLSServerContext` of. It never describes its keys.
struct TLSMaterial: Sendable {
    /// Why a certificate cannot be used: which file, what is wrong, what to do.
    struct Failure: Error, CustomStringConvertible {
        var file: String
        var reason: String

        var description: String { "\(file): \(reason)" }
    }

    /// The files of one certificate.
    struct Files: Sendable {
        var chain: String
        var key: String
    }

    var standard: Certificate
    var named: [(name: String, certificate: Certificate)]
    /// What session tickets are sealed with: the same for all workers, so that any of them can resume.
    var ticketKey: TLSTicketKey

    /// Reads the files and makes sure that they can be used together.
    init(standard: Files, named: [(name: String, files: Files)], ticketKey: TLSTicketKey) throws(Failure) {
        self.standard = try Certificate(standard)
        self.named = []
        for entry in named { self.named.append((entry.name, try Certificate(entry.files))) }
        self.ticketKey = ticketKey
        _ = try TLSServerContext(self)
    }

    /// When each certificate expires, in Unix seconds: the earliest of its chain.
    var expiries: [(name: String, unixSeconds: Int64)] {
        [("default", standard.expiresAt)] + named.map { ($0.name, $0.certificate.expiresAt) }
    }
}

extension TLSMaterial {
    /// A chain and its private key, as PEM.
    struct Certificate: Sendable, CustomStringConvertible {
        let chainFile: String
        let keyFile: String
        /// In Unix seconds: when the first certificate of the chain expires.
        private(set) var expiresAt: Int64 = 0
        private let chain: [UInt8]
        private let key: [UInt8]

        var description: String { chainFile }

        init(_ files: Files) throws(Failure) {
            chainFile = files.chain
            keyFile = files.key
            chain = try Self.read(files.chain)
            key = try Self.read(files.key)
            var earliest = Int64.max
            try forEachCertificate { certificate, _ throws(Failure) in
                earliest = min(earliest, Self.expiry(of: certificate))
                X509_free(certificate)
            }
            expiresAt = earliest
        }

        /// Gives chain and key to OpenSSL.
        func install(in context: OpaquePointer) throws(Failure) {
            try forEachCertificate { certificate, isFirst throws(Failure) in
                if isFirst {
                    defer { X509_free(certificate) }
                    guard SSL_CTX_use_certificate(context, certificate) == 1 else {
                        throw Failure(file: chainFile, reason: "the certificate is refused: \(TLSSession.lastError())")
                    }
                } else if wg_ssl_ctx_add_chain_certificate(context, certificate) != 1 {
                    X509_free(certificate)
                    throw Failure(file: chainFile, reason: "the chain is refused: \(TLSSession.lastError())")
                }
            }
            try installKey(in: context)
        }

        private func installKey(in context: OpaquePointer) throws(Failure) {
            ERR_clear_error()
            let bio = BIO_new_mem_buf(key, Int32(clamping: key.count))
            defer { BIO_free(bio) }
            // A key under a passphrase is refused rather than asked for on the terminal.
            guard let parsed = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) else {
                ERR_clear_error()
                throw Failure(
                    file: keyFile,
                    reason: "there is no PEM private key in it, or it needs a passphrase; store it without one")
            }
            defer { EVP_PKEY_free(parsed) }
            guard SSL_CTX_use_PrivateKey(context, parsed) == 1, SSL_CTX_check_private_key(context) == 1 else {
                ERR_clear_error()
                throw Failure(file: keyFile, reason: "the key does not belong to the certificate in \(chainFile)")
            }
        }

        /// Calls `body` with each certificate of the chain, which then is the callee's to free.
        private func forEachCertificate(_ body: (OpaquePointer, _ isFirst: Bool) throws(Failure) -> Void)
            throws(Failure)
        {
            ERR_clear_error()
            let bio = BIO_new_mem_buf(chain, Int32(clamping: chain.count))
            defer { BIO_free(bio) }
            var count = 0
            while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
                try body(certificate, count == 0)
                count += 1
            }
            let code = ERR_peek_last_error()
            ERR_clear_error()
            guard count > 0 else {
                throw Failure(file: chainFile, reason: "there is no PEM certificate in it")
            }
            // At the end of the file OpenSSL finds no further beginning; any other error is a damaged certificate.
            guard code == 0 || Int32(truncatingIfNeeded: code & 0x7F_FFFF) == PEM_R_NO_START_LINE else {
                throw Failure(file: chainFile, reason: "certificate \(count + 1) of the chain is damaged")
            }
        }

        private static func expiry(of certificate: OpaquePointer) -> Int64 {
            var time = tm()
            guard let end = X509_get0_notAfter(certificate), ASN1_TIME_to_tm(end, &time) == 1 else { return 0 }
            return Int64(timegm(&time))
        }

        private static func read(_ path: String) throws(Failure) -> [UInt8] {
            do throws(SystemError) {
                return try HostFile.read(path)
            } catch {
                throw Failure(
                    file: path,
                    reason: "cannot be read (\(SystemError.message(error.code))); check the path and its permissions")
            }
        }
    }
}

/// The key that session tickets are sealed with (RFC 5077 §4): OpenSSL's name, HMAC and AES keys.
struct TLSTicketKey: Sendable {
    let bytes: [UInt8]

    /// A new random key.
    init() throws(SystemError) {
        var bytes = [UInt8](repeating: 0, count: 80)
        guard RAND_bytes(&bytes, Int32(bytes.count)) == 1 else { throw SystemError("RAND_bytes", code: EIO) }
        self.bytes = bytes
    }
}

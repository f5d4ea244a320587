import COpenSSL
import Glibc

/// OpenSSL's settings for outgoing TLS: the system's trusted roots, TLS 1.2 or later.
///
/// Owned by one thread; sessions made from it keep it alive (OpenSSL counts references).
final class TLSClientContext {
    private let context: OpaquePointer

    /// - Parameters:
    ///   - caFile: PEM file of trusted roots; nil: the system's.
    ///   - verifiesPeer: false takes any certificate, which is for a server on this machine only.
    init(caFile: String? = nil, verifiesPeer: Bool = true) throws(StreamError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .tls(TLSSession.lastError()) }
        self.context = context
        _ = wg_ssl_ctx_set_min_proto_version(context, TLS1_2_VERSION)
        _ = wg_ssl_ctx_set_mode(
            context, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS)
        )
        SSL_CTX_set_verify(context, verifiesPeer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        let loaded =
            if let caFile { SSL_CTX_load_verify_locations(context, caFile, nil) } else {
                SSL_CTX_set_default_verify_paths(context)
            }
        guard loaded == 1 else {
            throw .tls(
                "the trusted certificates cannot be read from \(caFile ?? "the system's store"): \(TLSSession.lastError())"
            )
        }
    }

    deinit { SSL_CTX_free(context) }

    /// Presents a certificate of our own to servers that ask for one; both files are PEM.
    func useCertificate(_ certificate: String, key: String) throws(StreamError) {
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw .tls("the client certificate cannot be read from \(certificate): \(TLSSession.lastError())")
        }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, SSL_CTX_check_private_key(context) == 1
        else {
            throw .tls("the client certificate's key cannot be used from \(key): \(TLSSession.lastError())")
        }
    }

    /// A session on a connected socket whose peer must prove to be `host` (RFC 6125; a name or an IP address).
    func session(on descriptor: Int32, host: String) throws(StreamError) -> TLSSession {
        guard let ssl = SSL_new(context) else { throw .tls(TLSSession.lastError()) }
        let session = TLSSession(owning: ssl)
        let parameters = SSL_get0_param(ssl)
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            guard X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1, wg_ssl_set_server_name(ssl, host) == 1 else {
                throw .tls(TLSSession.lastError())
            }
        }
        SSL_set_connect_state(ssl)
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw .tls(TLSSession.lastError()) }
        return session
    }
}

/// One TLS connection; frees OpenSSL's object with itself.
final class TLSSession {
    private let ssl: OpaquePointer
    /// What OpenSSL's callbacks look at during the handshake.
    private let context: AnyObject?
    private(set) var wantsToWrite = false

    init(owning ssl: OpaquePointer, context: AnyObject? = nil) {
        self.ssl = ssl
        self.context = context
    }

    deinit { SSL_free(ssl) }

    /// Whether OpenSSL has bytes of the peer that have not been read from it, perhaps not yet a whole record.
    var hasBufferedInput: Bool { SSL_has_pending(ssl) == 1 }

    func continueHandshake() throws(StreamError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            wantsToWrite = false
            return true
        }
        if let error = failure(result) { throw error }
        return false
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        ERR_clear_error()
        let result = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        if result > 0 {
            wantsToWrite = false
            return .bytes(Int(result))
        }
        if SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN { return .end }
        if let error = failure(result) { return .failed(error) }
        return .wouldBlock
    }

    func write(_ buffer: UnsafeRawBufferPointer) -> WriteResult {
        ERR_clear_error()
        let result = SSL_write(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        if result > 0 {
            wantsToWrite = false
            return .bytes(Int(result))
        }
        if let error = failure(result) { return .failed(error) }
        return .wouldBlock
    }

    func sendCloseNotify() {
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
    }

    /// Nil when the session only waits for the socket; else why it is over.
    private func failure(_ result: Int32) -> StreamError? {
        let systemCode = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            wantsToWrite = false
            return nil
        case SSL_ERROR_WANT_WRITE:
            wantsToWrite = true
            return nil
        case SSL_ERROR_SYSCALL where ERR_peek_error() == 0:
            return .system(
                SystemError("the TLS peer closed the connection", code: systemCode == 0 ? ECONNRESET : systemCode))
        default:
            let verification = SSL_get_verify_result(ssl)
            if verification != Int(X509_V_OK), let text = X509_verify_cert_error_string(verification) {
                return .tls("the certificate is not trusted: \(String(cString: text))")
            }
            return .tls(Self.lastError())
        }
    }

    /// OpenSSL's own words for the last error of this thread.
    static func lastError() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "unknown error" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress else { return "error \(code)" }
            ERR_error_string_n(code, base, 256)
            return String(cString: base)
        }
    }
}

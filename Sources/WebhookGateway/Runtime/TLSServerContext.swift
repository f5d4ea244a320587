import COpenSSL
import Glibc

/// OpenSSL's settings for incoming TLS: version 1.2 or later, HTTP/1.1 by ALPN, one certificate by default and others by
/// server name.
///
/// Owned by one thread, made from `TLSMaterial`, which may travel. Sessions keep it alive, so that a new one can take its
/// place while handshakes are under way.
final class TLSServerContext {
    private let standard: OpaquePointer
    private var named: [(name: ServerName, context: OpaquePointer)] = []

    init(_ material: TLSMaterial) throws(TLSMaterial.Failure) {
        standard = try Self.makeContext(material.standard, material.ticketKey)
        for entry in material.named {
            named.append((ServerName(entry.name), try Self.makeContext(entry.certificate, material.ticketKey)))
        }
        _ = wg_ssl_ctx_set_servername_callback(
            standard,
            { ssl, _, argument in
                guard let ssl, let argument else { return SSL_TLSEXT_ERR_NOACK }
                return Unmanaged<TLSServerContext>.fromOpaque(argument).takeUnretainedValue().chooseCertificate(ssl)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        SSL_CTX_free(standard)
        for entry in named { SSL_CTX_free(entry.context) }
    }

    /// A session on an accepted socket; its handshake comes first.
    func session(on descriptor: Int32) throws(StreamError) -> TLSSession {
        guard let ssl = SSL_new(standard) else { throw .tls(TLSSession.lastError()) }
        let session = TLSSession(owning: ssl, context: self)
        SSL_set_accept_state(ssl)
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw .tls(TLSSession.lastError()) }
        return session
    }

    /// From now on tickets are made with another key; those made before lead to a full handshake.
    func replaceTicketKey(_ key: TLSTicketKey) {
        for context in [standard] + named.map(\.context) {
            _ = wg_ssl_ctx_set_ticket_keys(context, key.bytes, key.bytes.count)
        }
    }

    /// Takes the certificate of the name that the client asks for (RFC 6066 §3); an unknown name gets the standard one.
    private func chooseCertificate(_ ssl: OpaquePointer) -> Int32 {
        guard !named.isEmpty, let text = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else {
            return SSL_TLSEXT_ERR_OK
        }
        let asked = UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
        for entry in named where entry.name.matches(asked) {
            SSL_set_SSL_CTX(ssl, entry.context)
            break
        }
        return SSL_TLSEXT_ERR_OK
    }

    private static func makeContext(
        _ certificate: TLSMaterial.Certificate, _ ticketKey: TLSTicketKey
    ) throws(TLSMaterial.Failure) -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw TLSMaterial.Failure(file: certificate.chainFile, reason: TLSSession.lastError())
        }
        do throws(TLSMaterial.Failure) {
            _ = wg_ssl_ctx_set_min_proto_version(context, TLS1_2_VERSION)
            _ = wg_ssl_ctx_set_mode(
                context,
                Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS))
            // No session cache: tickets keep the state with the client, and one a handshake suffices.
            wg_ssl_ctx_set_server_options(context)
            SSL_CTX_set_num_tickets(context, 1)
            guard wg_ssl_ctx_set_ticket_keys(context, ticketKey.bytes, ticketKey.bytes.count) == 1 else {
                throw TLSMaterial.Failure(file: certificate.chainFile, reason: TLSSession.lastError())
            }
            SSL_CTX_set_alpn_select_cb(
                context, { _, out, length, offered, count, _ in selectProtocol(out, length, offered, count) }, nil)
            try certificate.install(in: context)
            return context
        } catch {
            SSL_CTX_free(context)
            throw error
        }
    }
}

/// Chooses `http/1.1` from the client's list; a client that offers only others is told so (RFC 7301 §3.2).
private func selectProtocol(
    _ out: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?, _ count: UInt32
) -> Int32 {
    let wanted: StaticString = "http/1.1"
    guard let offered, let out, let length else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    let list = UnsafeBufferPointer(start: offered, count: Int(count))
    var index = 0
    while index < list.count {
        let size = Int(list[index])
        guard index + 1 + size <= list.count else { break }
        if size == wanted.utf8CodeUnitCount, memcmp(offered + index + 1, wanted.utf8Start, size) == 0 {
            out.pointee = offered + index + 1
            length.pointee = UInt8(size)
            return SSL_TLSEXT_ERR_OK
        }
        index += 1 + size
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// A server name of the configuration: `hooks.example.com`, or `*.example.com` for one label more (RFC 6125 §6.4.3).
struct ServerName: Sendable {
    private let bytes: [UInt8]
    private let isWildcard: Bool

    init(_ text: String) {
        let lower = text.utf8.map(Self.lowercased)
        isWildcard = lower.starts(with: "*.".utf8)
        bytes = isWildcard ? Array(lower.dropFirst()) : lower
    }

    func matches(_ asked: [UInt8]) -> Bool {
        var asked = asked.map(Self.lowercased)[...]
        if asked.last == UInt8(ascii: ".") { asked = asked.dropLast() }
        guard isWildcard else { return asked.elementsEqual(bytes) }
        guard let dot = asked.firstIndex(of: UInt8(ascii: ".")), dot > asked.startIndex else { return false }
        return asked[dot...].elementsEqual(bytes)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}

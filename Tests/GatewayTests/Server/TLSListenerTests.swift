import COpenSSL
import Glibc
import Testing

@testable import WebhookGateway

struct TLSListenerTests {
    private static func material(
        _ standard: TestCertificate, named: [(String, TestCertificate)] = [], key: TLSTicketKey? = nil
    ) throws -> TLSMaterial {
        try TLSMaterial(
            standard: .init(chain: standard.certificate, key: standard.key),
            named: named.map { ($0.0, .init(chain: $0.1.certificate, key: $0.1.key)) },
            ticketKey: try key ?? TLSTicketKey())
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `requests are served over TLS, large ones and pipelined ones too`(version: Int32) throws {
        let folder = try TemporaryFolder()
        let server = try ListenerFixture(tls: Self.material(TestCertificate(names: "DNS:localhost", in: folder)))
        let client = try TLSTestClient(RawClient(server.port), version: version)
        #expect(client.chosenProtocol == "http/1.1")
        client.send(Array(get("/echo?1").utf8))
        #expect(client.responses(1).first?.hasSuffix("127.0.0.1 0 1") == true)
        client.send(Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n".utf8))
        client.send([UInt8](repeating: 0x61, count: 500_000))
        #expect(client.responses(1).first?.hasSuffix(" 500000 ") == true)
        client.send(Array((0..<2000).map { get("\($0 % 50 == 0 ? "/later" : "/echo")?\($0)") }.joined().utf8))
        let answers = client.responses(2000)
        #expect(answers.map { $0.split(separator: " ").last.map(String.init) } == (0..<2000).map { "\($0)" })
        client.send(Array(get("/large/3000000").utf8))
        #expect(client.responses(1).first.map { $0.utf8.count > 3_000_000 } == true)
    }

    @Test func `the certificate is chosen by server name`() throws {
        let folder = try TemporaryFolder()
        let standard = try TestCertificate(names: "DNS:standard.test", in: folder, called: "standard")
        let exact = try TestCertificate(names: "DNS:hooks.example.com", in: folder, called: "exact")
        let wild = try TestCertificate(names: "DNS:*.example.org", in: folder, called: "wild")
        let server = try ListenerFixture(
            tls: Self.material(standard, named: [("Hooks.example.com", exact), ("*.example.org", wild)]))
        func served(_ name: String?) throws -> [UInt8] {
            try TLSTestClient(RawClient(server.port), name: name).certificate
        }
        let expected = try (served(nil), served("hooks.example.com"), served("a.example.org"))
        #expect(Set([expected.0, expected.1, expected.2]).count == 3)
        #expect(try served("HOOKS.EXAMPLE.COM") == expected.1)
        #expect(try served("b.a.example.org") == expected.0)
        #expect(try served("example.org") == expected.0)
        #expect(try served("other.test") == expected.0)
    }

    @Test func `a protocol that is not offered ends the handshake, an old version too`() throws {
        let folder = try TemporaryFolder()
        let server = try ListenerFixture(tls: Self.material(TestCertificate(names: "DNS:localhost", in: folder)))
        #expect(throws: StreamError.self) { try TLSTestClient(RawClient(server.port), protocols: ["h2"]) }
        #expect(try TLSTestClient(RawClient(server.port), protocols: ["h2", "http/1.1"]).chosenProtocol == "http/1.1")
        #expect(try TLSTestClient(RawClient(server.port), protocols: []).chosenProtocol == "")
        #expect(throws: StreamError.self) { try TLSTestClient(RawClient(server.port), version: TLS1_1_VERSION) }
        let plain = try RawClient(server.port)
        plain.send(get("/echo"))
        #expect(plain.endsInTime())
        #expect(try server.eventually { $0.connectionCount == 0 })
        #expect(try server.ask { $0.figures.closed[ListenerFigures.Reason.handshake.rawValue] } == 3)
    }

    @Test func `a ticket resumes a session, also at another listener with the same key`() throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:localhost", in: folder)
        let key = try TLSTicketKey()
        let (one, two) = (
            try ListenerFixture(tls: Self.material(certificate, key: key)),
            try ListenerFixture(tls: Self.material(certificate, key: key))
        )
        let first = try TLSTestClient(RawClient(one.port))
        first.send(Array(get("/echo").utf8))
        #expect(first.responses(1).count == 1)
        #expect(!first.isResumed)
        let second = try TLSTestClient(RawClient(two.port), resuming: first)
        #expect(second.isResumed)
        let renewed = try TLSTicketKey()
        try two.ask { $0.options.tls?.replaceTicketKey(renewed) }
        #expect(try !TLSTestClient(RawClient(two.port), resuming: first).isResumed)
    }

    @Test func `new handshakes get new certificates, and connections live on`() throws {
        let folder = try TemporaryFolder()
        let old = try Self.material(TestCertificate(names: "DNS:old.test", in: folder, called: "old"))
        let new = try Self.material(TestCertificate(names: "DNS:new.test", in: folder, called: "new"))
        let server = try ListenerFixture(tls: old)
        let first = try TLSTestClient(RawClient(server.port))
        try server.ask { $0.options.tls = try TLSServerContext(new) }
        let second = try TLSTestClient(RawClient(server.port))
        #expect(first.certificate != second.certificate)
        for client in [first, second] {
            client.send(Array(get("/echo").utf8))
            #expect(client.responses(1).count == 1)
        }
    }

    @Test func `a handshake that stalls is given up`() throws {
        let folder = try TemporaryFolder()
        var limits = ServerLimits()
        limits.headerTimeout = .milliseconds(150)
        let server = try ListenerFixture(
            limits, tls: Self.material(TestCertificate(names: "DNS:localhost", in: folder)))
        let client = try RawClient(server.port)
        client.send([0x16, 3, 1, 2, 0, 1])
        #expect(client.endsInTime())
        #expect(try server.eventually { $0.connectionCount == 0 })
    }

    @Test func `a PROXY header comes before the handshake`() throws {
        let folder = try TemporaryFolder()
        let server = try ListenerFixture(
            tls: Self.material(TestCertificate(names: "DNS:localhost", in: folder)), proxyProtocol: true)
        let raw = try RawClient(server.port)
        raw.send("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")
        let client = try TLSTestClient(raw)
        client.send(Array(get("/echo").utf8))
        #expect(client.responses(1).first?.hasSuffix("192.0.2.1 0 ") == true)
    }

    @Test func `files that cannot be used are named, and keys never shown`() throws {
        let folder = try TemporaryFolder()
        let one = try TestCertificate(names: "DNS:a", in: folder, called: "one")
        let two = try TestCertificate(names: "DNS:b", in: folder, called: "two")
        func reason(_ chain: String, _ key: String) -> String {
            do throws(TLSMaterial.Failure) {
                _ = try TLSMaterial(standard: .init(chain: chain, key: key), named: [], ticketKey: try Self.ticketKey())
                return ""
            } catch {
                return error.description
            }
        }
        #expect(reason(one.certificate, one.key) == "")
        #expect(reason(folder.path + "/none", one.key).contains("No such file"))
        #expect(reason(one.certificate, two.key).contains("does not belong"))
        #expect(reason(one.key, one.key).contains("no PEM certificate"))
        #expect(reason(one.certificate, one.certificate).contains("no PEM private key"))
        var damaged = try HostFile.read(one.certificate)
        damaged += Array(String(decoding: damaged, as: UTF8.self).replacing("MII", with: "!!!").utf8)
        try HostFile.replace(folder.path + "/damaged", damaged)
        #expect(reason(folder.path + "/damaged", one.key).contains("damaged"))
        let material = try Self.material(one)
        let left = (material.expiries.first?.unixSeconds ?? 0) - Clock.unixMilliseconds() / 1000
        #expect((86_400...3 * 86_400).contains(left))
        #expect(!"\(material)".contains("PRIVATE"))
    }

    private static func ticketKey() throws(TLSMaterial.Failure) -> TLSTicketKey {
        do throws(SystemError) {
            return try TLSTicketKey()
        } catch {
            throw TLSMaterial.Failure(file: "", reason: error.description)
        }
    }
}

/// OpenSSL's client over a blocking socket.
final class TLSTestClient {
    private let raw: RawClient
    private let ssl: OpaquePointer
    private let context: OpaquePointer

    init(
        _ raw: RawClient, name: String? = nil, version: Int32 = TLS1_3_VERSION, protocols: [String] = ["http/1.1"],
        resuming other: TLSTestClient? = nil
    ) throws(StreamError) {
        guard let context = SSL_CTX_new(TLS_client_method()), let ssl = SSL_new(context) else {
            throw .tls("out of memory")
        }
        self.raw = raw
        self.context = context
        self.ssl = ssl
        SSL_ctrl(ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !list.isEmpty { SSL_set_alpn_protos(ssl, list, UInt32(list.count)) }
        if let name { _ = wg_ssl_set_server_name(ssl, name) }
        if let other, let session = SSL_get1_session(other.ssl) {
            SSL_set_session(ssl, session)
            SSL_SESSION_free(session)
        }
        SSL_set_fd(ssl, raw.descriptor)
        guard SSL_connect(ssl) == 1 else { throw .tls(TLSSession.lastError()) }
        // Under TLS 1.3 a refusal may follow the client's last word.
        if protocols == ["h2"] {
            var byte: UInt8 = 0
            if SSL_read(ssl, &byte, 1) <= 0 { throw .tls(TLSSession.lastError()) }
        }
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    var chosenProtocol: String {
        var bytes: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &count)
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// The peer's certificate's public key, to tell certificates apart.
    var certificate: [UInt8] {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        X509_digest(certificate, EVP_sha256(), &bytes, &count)
        return Array(bytes[..<Int(count)])
    }

    func send(_ bytes: [UInt8]) { _ = SSL_write(ssl, bytes, Int32(bytes.count)) }

    func responses(_ count: Int) -> [String] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while RawClient.split(bytes).count < count {
            let read = SSL_read(ssl, &chunk, Int32(chunk.count))
            guard read > 0 else { break }
            bytes += chunk[..<Int(read)]
        }
        return RawClient.split(bytes)
    }
}

import Glibc
import Testing

@testable import WebhookGateway

/// Connections to a real Redis that speaks TLS and asks for a client's certificate.
@ControlPlane
struct RedisTLSTests {
    @Test func `a server with a trusted certificate for its name is spoken to, with answers of any size`() async throws
    {
        try await withServer { tls, port, _ in
            let connection = connect(tls, port)
            defer { connection.stop() }
            try #require(await connection.becomesReady(within: .seconds(10)), "\(connection.problem)")
            let large = [UInt8](repeating: 0x61, count: 3_000_000)
            _ = try await connection.command(["SET", "large", .bytes(large)])
            #expect(try await connection.command(["GET", "large"]).bytes == large)
            let replies = try await connection.pipeline((0..<2000).map { ["ECHO", .integer(Int64($0))] })
            #expect(replies.map(\.integer) == (0..<2000).map { Int64($0) })
        }
    }

    @Test func `a certificate for another name is refused`() async throws {
        try await withServer { tls, port, _ in
            var other = tls
            other.host = "redis.example.com"
            try await expectRefusal(other, port, "certificate is not trusted: hostname mismatch")
        }
    }

    @Test func `a certificate that nobody vouches for is refused`() async throws {
        try await withServer { tls, port, _ in
            var other = tls
            other.caFile = nil
            try await expectRefusal(other, port, "certificate is not trusted")
        }
    }

    @Test func `without the client's certificate the server refuses, and files that are missing are named`()
        async throws
    {
        try await withServer { tls, port, _ in
            var other = tls
            other.clientCertificate = nil
            try await expectRefusal(other, port, "")
            other = tls
            other.clientKey = "/nowhere/client.key"
            try await expectRefusal(other, port, "/nowhere/client.key")
        }
    }

    @Test func `rediss in the configuration becomes TLS with the host's name`() throws {
        var configuration = RedisConfiguration()
        configuration.caFile = "ca.pem"
        let endpoint = try RedisEndpoint(parsing: "rediss://user:secret@cache.example.com:6380/2")
        let settings = RedisSettings(endpoint, configuration)
        #expect(settings.place == .tcp(host: "cache.example.com", port: 6380))
        #expect(settings.tls == RedisTLS(host: "cache.example.com", caFile: "ca.pem"))
        #expect(settings.database == 2)
    }

    // MARK: -

    private func withServer(_ body: @ControlPlane (RedisTLS, UInt16, RedisServer) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let certificate = try TestCertificate(names: "DNS:localhost", in: folder)
        let port = try RedisServer.freePort()
        let server = try RedisServer(extraArguments: [
            "--tls-port", "\(port)", "--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key,
            "--tls-ca-cert-file", certificate.certificate, "--tls-auth-clients", "yes",
        ])
        defer { server.stop() }
        let tls = RedisTLS(
            host: "localhost", caFile: certificate.certificate, clientCertificate: certificate.certificate,
            clientKey: certificate.key)
        try await body(tls, port, server)
    }

    private func connect(_ tls: RedisTLS, _ port: UInt16) -> RedisConnection {
        var settings = RedisSettings(place: .tcp(host: "127.0.0.1", port: port))
        settings.tls = tls
        settings.connectDeadline = .seconds(10)
        settings.commandDeadline = .seconds(30)
        return RedisConnection(settings, scripts: [], loop: ControlPlane.loop)
    }

    private func expectRefusal(_ tls: RedisTLS, _ port: UInt16, _ reason: String) async throws {
        let connection = connect(tls, port)
        var reasons: [String] = []
        connection.stateChanged = { isReady, reason in reasons.append(isReady ? "ready" : reason) }
        connection.start()
        defer { connection.stop() }
        try await eventually("the refusal") { !reasons.isEmpty }
        #expect(!reasons.contains("ready"))
        #expect(reason.isEmpty || reasons[0].lowercased().contains(reason), "\(reasons)")
    }
}

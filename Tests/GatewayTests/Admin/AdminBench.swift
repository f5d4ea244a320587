import Testing
import Verifiers

@testable import WebhookGateway

/// An admin port on loopback with a store of its own, tokens of every kind, and a blocking client.
@ControlPlane
final class AdminBench {
    let store: StoreFixture
    let port: UInt16
    let handler: AdminHandler
    let gateway: Stub
    private let listener: Listener

    /// What the handler asks of the gateway.
    @ControlPlane
    final class Stub: AdminHandler.Gateway {
        var ready = true
        func isReady() async -> Bool { ready }
        func metrics() async -> [UInt8] { Array("webhook_up 1\n".utf8) }
        func refusals() async -> [String: UInt64] { [:] }
        func spooled() -> [String: Int] { [:] }
        func takeUpMappings() async {}
        var declared = Configuration()
        var catalog: IntegrationCatalog?
        var archive: ArchiveTrimmer.Figures? { nil }
        var vault: Vault?
        func takeUpIntegrations() async {}
    }

    static func run(
        _ change: (inout Configuration) -> Void = { _ in }, _ body: @ControlPlane (AdminBench) async throws -> Void
    ) async throws {
        var configuration = try ConfigurationSamples.load(
            """
            { sources: { stripe: { provider: "stripe", secrets: ["x"], tenant: "acme" },
                         square: { provider: "square", secrets: ["x"], notificationURL: "https://x.example/", tenant: "other" } },
              destinations: { log: { type: "console" }, crm: { type: "console", filter: { tenants: ["acme"] } } } }
            """
        ).configuration
        change(&configuration)
        try await StoreFixture.run { store in
            let bench = try await AdminBench(store, configuration)
            defer { bench.close() }
            try await body(bench)
        }
    }

    private init(_ store: StoreFixture, _ configuration: Configuration) async throws {
        self.store = store
        gateway = Stub()
        gateway.declared = configuration
        handler = try AdminHandler(
            configuration, redis: store.server.settings, gateway: gateway, log: Log(LogConfiguration(level: .error)))
        let socket = try Socket.listen(on: .ip(IPAddress(v4: 0x7F00_0001), port: 0), sharesPort: false)
        guard case .ip(_, let port) = try Socket.localAddress(socket.raw) else { throw SystemError("getsockname") }
        self.port = port
        listener = try Listener(socket, handler: handler, limits: ServerLimits(), loop: ControlPlane.loop)
        try #require(await handler.services.connection.becomesReady(within: .seconds(5)))
    }

    private func close() {
        listener.abort()
        handler.services.stop()
    }

    /// Makes a token and tells its text.
    func token(_ role: Role, tenant: String? = nil, expiresAt: Int64? = nil) async throws -> String {
        let (token, text) = AdminToken.make(
            name: role.rawValue, role: role, tenant: tenant, createdBy: "test", expiresAt: expiresAt,
            now: Clock.unixMilliseconds())
        try await handler.services.authenticator.tokens.add(token)
        return text
    }

    /// One request over a connection of its own, away from the control plane, which must answer it.
    func ask(
        _ method: String, _ target: String, token: String? = nil, body: String? = nil, headers: String = ""
    ) async throws -> ClientResponse {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !headers.contains("Host:") { text += "Host: localhost:\(port)\r\n" }
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        if let body {
            if !headers.contains("Content-Type:") { text += "Content-Type: application/json\r\n" }
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        text += "\(headers)\r\n\(body ?? "")"
        return try await Self.exchange(Array(text.utf8), port)
    }

    @concurrent
    private nonisolated static func exchange(_ bytes: [UInt8], _ port: UInt16) async throws -> ClientResponse {
        try HTTPProbe.exchange(bytes, port: port)
    }
}

extension ClientResponse {
    /// The body as JSON.
    var json: JSONDocument {
        get throws { try JSONDocument(parsing: body) }
    }
}

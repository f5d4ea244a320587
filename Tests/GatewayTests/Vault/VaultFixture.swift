import Testing
import Verifiers

@testable import WebhookGateway

/// A private Redis, and vaults on it as processes of one installation have them.
@ControlPlane
final class VaultFixture {
    let server: RedisServer
    let connection: RedisConnection
    let keys = ControlKeys()
    let masterKeys = MasterKeys(current: LocalMasterKey(.random(32)))

    static func run(_ body: @ControlPlane (VaultFixture) async throws -> Void) async throws {
        let fixture = try await VaultFixture()
        defer {
            fixture.connection.stop()
            fixture.server.stop()
        }
        try await body(fixture)
    }

    private init() async throws {
        server = try await Self.startServer()
        connection = RedisConnection(
            server.settings, scripts: Vault.scripts + IntegrationStore.scripts + IntegrationValues.scripts,
            loop: ControlPlane.loop)
        try #require(await connection.becomesReady(within: .seconds(5)))
    }

    @concurrent
    private nonisolated static func startServer() async throws -> sending RedisServer { try RedisServer() }

    /// Another process' vault.
    func vault(
        masterKeys: MasterKeys? = nil, keyLife: Duration = .seconds(60), mostUses: Int64 = Vault.mostUses
    ) -> Vault {
        Vault(
            connection: connection, keys: keys, masterKeys: masterKeys ?? self.masterKeys, keyLife: keyLife,
            mostUses: mostUses)
    }
}

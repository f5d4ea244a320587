import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct IntegrationValuesTests {
    @Test func `the credentials of all integrations are exchanged, and processes learn of it`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let store = IntegrationStore(connection: fixture.connection, keys: fixture.keys)
            for number in 0..<150 {
                let id = Integration.ID(kind: number % 2 == 0 ? .source : .destination, key: "i\(number)")
                var integration = Integration(
                    id: id, tenant: "t\(number % 3)", type: "webhook", name: "n", createdAt: 1, updatedAt: 1)
                for name in ["secret", "verifyToken"] {
                    let sealed = try await vault.seal(
                        SecretBytes(Array("\(name) \(number)".utf8)), integration.vaultContext(of: name))
                    integration.credentials[name] = Integration.Credential(
                        sealed: sealed.text, ending: nil, setAt: 1)
                }
                #expect(try await store.add(integration, limit: 0, needsOwner: false) == .done)
            }
            let before = try await store.changeNumber()
            let report = try await vault.rekey(IntegrationValues(connection: fixture.connection, keys: fixture.keys))
            #expect(report.resealed == 300 && report.failures.isEmpty)
            let changes = try await store.changes(since: before)
            #expect(changes.changed.count == 150 && changes.damaged.isEmpty)
            for integration in changes.changed {
                #expect(integration.version == 1)
                let number = integration.id.key.dropFirst()
                let opened = await vault.open(["secret", "verifyToken"].map { (integration, $0) })
                #expect(try opened.map { try $0.get().text } == ["secret \(number)", "verifyToken \(number)"])
                for credential in integration.credentials.values {
                    #expect(SealedValue(credential.sealed)?.keyVersion == 2)
                }
            }
        }
    }
}

import Testing

@testable import WebhookGateway

@ControlPlane
struct IntegrationClaimTests {
    private static func shop(_ key: String, _ account: String, tenant: String = "acme") -> Integration {
        var integration = Integration(
            id: Integration.ID(kind: .source, key: key), tenant: tenant, type: "pancake", name: key, createdAt: 1,
            updatedAt: 1)
        integration.settings["account"] = .text(account)
        return integration
    }

    @Test func `of what there may be once the store keeps one, until it goes or gives it up`() async throws {
        try await VaultFixture.run { (fixture: VaultFixture) async throws in
            let store = IntegrationStore(connection: fixture.connection, keys: fixture.keys)
            // Both were checked before either was there.
            let (one, two) = (Self.shop("one", "7"), Self.shop("two", "7"))
            #expect(try await store.add(one, limit: 0, needsOwner: false) == .done)
            #expect(try await store.add(two, limit: 0, needsOwner: false) == .taken)
            #expect(try await store.add(Self.shop("three", "7", tenant: "other"), limit: 0, needsOwner: false) == .done)

            var moved = one
            moved.settings["account"] = .text("8")
            moved.version = 2
            #expect(try await store.replace(one, with: moved) == .done)
            #expect(try await store.add(Self.shop("four", "7"), limit: 0, needsOwner: false) == .done)
            #expect(try await store.add(Self.shop("five", "8"), limit: 0, needsOwner: false) == .taken)
            #expect(try await store.remove(moved, leaves: false) == .done)
            #expect(try await store.add(Self.shop("five", "8"), limit: 0, needsOwner: false) == .done)
        }
    }
}

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
        try await VaultFixture.run { fixture in
            let store = IntegrationStore(connection: fixture.connection, keys: fixture.keys)
            let (one, two) = (Self.shop("one", "7"), Self.shop("two", "7"))
            // Both were checked before either was there.
            async let first = store.add(one, limit: 0, needsOwner: false)
            async let second = store.add(two, limit: 0, needsOwner: false)
            let changes = try await [first, second]
            #expect(changes.count { $0 == .done } == 1 && changes.contains(.taken))
            #expect(try await store.add(Self.shop("three", "7", tenant: "other"), limit: 0, needsOwner: false) == .done)

            let kept = changes[0] == .done ? one : two
            var moved = kept
            moved.settings["account"] = .text("8")
            moved.version = 2
            #expect(try await store.replace(kept, with: moved) == .done)
            #expect(try await store.add(Self.shop("four", "7"), limit: 0, needsOwner: false) == .done)
            #expect(try await store.add(Self.shop("five", "8"), limit: 0, needsOwner: false) == .taken)
            #expect(try await store.remove(moved, leaves: false) == .done)
            #expect(try await store.add(Self.shop("five", "8"), limit: 0, needsOwner: false) == .done)
        }
    }
}

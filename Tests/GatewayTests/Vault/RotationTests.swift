import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct RotationTests {
    /// Wraps and unwraps so often, then is away.
    private final class FailingMasterKey: MasterKey {
        private let key: LocalMasterKey
        var wrapsLeft: Int

        init(_ key: LocalMasterKey, wraps: Int) {
            self.key = key
            wrapsLeft = wraps
        }

        func identity() -> String { key.identity() }
        func mayHaveWrapped(_ master: String) -> Bool { key.mayHaveWrapped(master) }
        func makeDataKey(_ name: DataKeyName) -> (key: SecretBytes, wrapped: WrappedKey) { key.makeDataKey(name) }
        func unwrap(_ wrapped: WrappedKey, _ name: DataKeyName) -> SecretBytes? { key.unwrap(wrapped, name) }

        func wrap(_ key: SecretBytes, _ name: DataKeyName) throws(MasterKeyFailure) -> WrappedKey {
            guard wrapsLeft > 0 else { throw MasterKeyFailure(description: "away", isTemporary: true) }
            wrapsLeft -= 1
            return self.key.wrap(key, name)
        }
    }

    private static func value(_ number: Int) -> VaultContext {
        VaultContext(tenant: "t\(number % 5)", integration: "i\(number)", field: "f")
    }

    /// 20 values of 5 tenants.
    private static func fill(_ vault: Vault) async throws -> ValueShelf {
        let shelf = ValueShelf()
        for number in 0..<20 {
            shelf.values[value(number)] = try await vault.seal(SecretBytes([UInt8(number)]), value(number))
        }
        return shelf
    }

    private static func expectAllOpen(_ shelf: ValueShelf, _ vault: Vault) async {
        let values = (0..<20).compactMap { number in shelf.values[value(number)].map { ($0, value(number)) } }
        let opened = await vault.open(values)
        #expect(opened.map { (try? $0.get())?.copy } == (0..<20).map { [UInt8($0)] })
    }

    @Test func `a rotation wraps every data key anew, while others go on opening and sealing`() async throws {
        try await VaultFixture.run { fixture in
            let old = fixture.vault()
            let shelf = try await Self.fill(old)
            let next = LocalMasterKey(.random(32))
            let both = MasterKeys(current: next, previous: [fixture.masterKeys.current])
            let report = try await fixture.vault(masterKeys: both).rewrap()
            #expect(report.rewrapped == 5 && report.unchanged == 0 && report.failures.isEmpty)
            await Self.expectAllOpen(shelf, fixture.vault(masterKeys: MasterKeys(current: next)))
            await Self.expectAllOpen(shelf, fixture.vault(masterKeys: both))
            // The gateway that still has the old configuration holds the data keys.
            await Self.expectAllOpen(shelf, old)
            #expect(try await fixture.vault(masterKeys: both).rewrap().rewrapped == 0)
        }
    }

    @Test func `a rotation that was interrupted goes on with the rest`() async throws {
        try await VaultFixture.run { fixture in
            let shelf = try await Self.fill(fixture.vault())
            let next = LocalMasterKey(.random(32))
            let failing = FailingMasterKey(next, wraps: 2)
            let both = MasterKeys(current: failing, previous: [fixture.masterKeys.current])
            await #expect(throws: VaultError.masterKey(MasterKeyFailure(description: "away", isTemporary: true))) {
                try await fixture.vault(masterKeys: both).rewrap()
            }
            await Self.expectAllOpen(shelf, fixture.vault(masterKeys: both))
            failing.wrapsLeft = 100
            let report = try await fixture.vault(masterKeys: both).rewrap()
            #expect(report.rewrapped == 3 && report.unchanged == 2)
            await Self.expectAllOpen(shelf, fixture.vault(masterKeys: MasterKeys(current: next)))
        }
    }

    @Test func `a rotation names the data keys that it cannot wrap`() async throws {
        try await VaultFixture.run { fixture in
            _ = try await Self.fill(fixture.vault())
            let lost = LocalMasterKey(.random(32))
            _ = try await fixture.vault(masterKeys: MasterKeys(current: lost)).seal(
                SecretBytes([1]), VaultContext(tenant: "stray", integration: "i", field: "f"))
            let both = MasterKeys(current: LocalMasterKey(.random(32)), previous: [fixture.masterKeys.current])
            let report = try await fixture.vault(masterKeys: both).rewrap()
            #expect(report.rewrapped == 5)
            #expect(report.failures.map(\.name) == [DataKeyName(tenant: "stray", version: 1)])
            #expect(report.failures[0].error == .unknownMasterKey(tenant: "stray", version: 1, master: lost.identity()))
        }
    }

    @Test func `an exchange of data keys seals every value anew`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let shelf = try await Self.fill(vault)
            let before = shelf.values
            let report = try await vault.rekey(shelf)
            #expect(report.resealed == 20 && report.unchanged == 0 && report.failures.isEmpty)
            #expect(shelf.values.values.allSatisfy { $0.keyVersion == 2 })
            await Self.expectAllOpen(shelf, fixture.vault())
            // The old keys stay for a while: a process may have sealed under them and not stored it yet.
            #expect(report.removed == 0)
            #expect(try await vault.open(try #require(before[Self.value(3)]), Self.value(3)).copy == [3])
            #expect(try await vault.store.rekeyTargets().isEmpty)
            #expect(try await vault.rekey(shelf).resealed == 20)
            #expect(shelf.values.values.allSatisfy { $0.keyVersion == 3 })
        }
    }

    @Test func `an exchange that was interrupted goes on with the same keys`() async throws {
        try await VaultFixture.run { fixture in
            let shelf = try await Self.fill(fixture.vault())
            shelf.replacementsLeft = 7
            await #expect(throws: VaultError.store(.unavailable("away"))) { try await fixture.vault().rekey(shelf) }
            await Self.expectAllOpen(shelf, fixture.vault())
            shelf.replacementsLeft = .max
            let report = try await fixture.vault().rekey(shelf)
            #expect(report.resealed == 13 && report.unchanged == 7)
            #expect(shelf.values.values.allSatisfy { $0.keyVersion == 2 })
            await Self.expectAllOpen(shelf, fixture.vault())
        }
    }

    @Test func `an exchange leaves alone what was changed meanwhile, and names what does not open`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let shelf = try await Self.fill(vault)
            let moved = try #require(shelf.values[Self.value(5)])
            shelf.values[Self.value(0)] = moved
            shelf.beforeReplacing = { context in
                guard context == Self.value(7) else { return }
                shelf.values[context] = SealedValue(keyVersion: 2, bytes: moved.bytes)
            }
            let report = try await vault.rekey(shelf)
            #expect(report.failures.map(\.context) == [Self.value(0)])
            #expect(report.failures.map(\.error) == [.notAuthentic(Self.value(0))])
            #expect(shelf.values[Self.value(0)] == moved)
            #expect(shelf.values[Self.value(7)]?.bytes == moved.bytes)
            // The next run goes on with what is left.
            #expect(try await vault.store.rekeyTargets().count == 5)
        }
    }

    @Test func `old data keys go when nothing is sealed under them and their successor is an hour old`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let shelf = try await Self.fill(vault)
            _ = try await vault.rekey(shelf)
            let name = DataKeyName(tenant: "t1", version: 2)
            let entry = try #require(try await vault.store.entries(of: "t1").last)
            var record = try #require(entry.record)
            record.createdAt -= Vault.graceMilliseconds + 1000
            #expect(try await vault.store.replace(entry.stored, with: record, name))
            #expect(try await vault.rekey(shelf).removed == 1)
            #expect(try await vault.store.entries(of: "t1").map(\.name.version) == [2, 3])
            #expect(try await vault.store.entries(of: "t2").map(\.name.version) == [1, 2, 3])
            #expect(try await vault.store.remove(DataKeyName(tenant: "t1", version: 3)) == false)
            await Self.expectAllOpen(shelf, fixture.vault())
        }
    }
}

/// Sealed values in memory, three a page.
@ControlPlane
private final class ValueShelf: SealedValues {
    var values: [VaultContext: SealedValue] = [:]
    /// After so many the store is away.
    var replacementsLeft = Int.max
    var beforeReplacing: @ControlPlane (VaultContext) -> Void = { _ in }

    func page(after cursor: String?) async throws(RedisFailure) -> SealedPage {
        let all = values.sorted { $0.key.integration < $1.key.integration }
        let start = cursor.flatMap { Int($0) } ?? 0
        let end = min(start + 3, all.count)
        return SealedPage(
            values: all[start..<end].map { StoredSealedValue(context: $0.key, sealed: $0.value) },
            next: end < all.count ? String(end) : nil)
    }

    func replace(_ value: StoredSealedValue, with sealed: SealedValue) async throws(RedisFailure) -> Bool {
        guard replacementsLeft > 0 else { throw .unavailable("away") }
        replacementsLeft -= 1
        beforeReplacing(value.context)
        guard values[value.context] == value.sealed else { return false }
        values[value.context] = sealed
        return true
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct VaultTests {
    private static let context = VaultContext(tenant: "acme", integration: "shop-1", field: "credentials.apiKey")

    private static func text(_ bytes: SecretBytes) -> String { String(decoding: bytes.copy, as: UTF8.self) }

    @Test func `what is sealed opens again, and only in its place`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let sealed = try await vault.seal(SecretBytes(Array("whsec_1".utf8)), Self.context)
            #expect(sealed.keyVersion == 1)
            let kept = try #require(SealedValue(sealed.text))
            #expect(kept == sealed)
            #expect(Self.text(try await vault.open(kept, Self.context)) == "whsec_1")
            // Another process, with nothing in memory.
            #expect(Self.text(try await fixture.vault().open(kept, Self.context)) == "whsec_1")
            for change: (inout VaultContext) -> Void in [
                { $0.tenant = "other" }, { $0.integration = "shop-2" }, { $0.field = "credentials.apiKey2" },
                { ($0.integration, $0.field) = ("shop-1c", "redentials.apiKey") },
            ] {
                var moved = Self.context
                change(&moved)
                _ = try await vault.seal(SecretBytes([1]), moved)
                await #expect(throws: VaultError.notAuthentic(moved)) { try await vault.open(kept, moved) }
            }
        }
    }

    @Test func `a value that was changed or cut does not open`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let sealed = try await vault.seal(SecretBytes(Array("whsec_1".utf8)), Self.context)
            for index in sealed.bytes.indices {
                var bytes = sealed.bytes
                bytes[index] ^= 1
                await #expect(throws: VaultError.notAuthentic(Self.context)) {
                    try await vault.open(SealedValue(keyVersion: 1, bytes: bytes), Self.context)
                }
            }
            for length in 0..<sealed.bytes.count {
                let short = SealedValue(keyVersion: 1, bytes: Array(sealed.bytes[..<length]))
                await #expect(throws: VaultError.notAuthentic(Self.context)) {
                    try await vault.open(short, Self.context)
                }
            }
            await #expect(throws: VaultError.unknownDataKey(tenant: "acme", version: 2)) {
                try await vault.open(SealedValue(keyVersion: 2, bytes: sealed.bytes), Self.context)
            }
            #expect(try await vault.makeKey(DataKeyName(tenant: "acme", version: 2)))
            await #expect(throws: VaultError.notAuthentic(Self.context)) {
                try await vault.open(SealedValue(keyVersion: 2, bytes: sealed.bytes), Self.context)
            }
        }
    }

    @Test(arguments: [
        "", "v1", "v1.1", "v1.1.", "v2.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "v1.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "v1.+1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "v1.01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "v1.1.AAAA", "v1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!", "v1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.x",
    ]) func `a text of another form is no sealed value`(text: String) {
        #expect(SealedValue(text) == nil)
    }

    @Test func `a data key is replaced when it has been used as often as it may`() async throws {
        try await VaultFixture.run { fixture in
            let (first, second) = (fixture.vault(mostUses: 3), fixture.vault(mostUses: 3))
            var versions: [Int] = []
            var values: [SealedValue] = []
            for vault in [first, second, first, second, first, second, first] {
                values.append(try await vault.seal(SecretBytes([7]), Self.context))
                versions.append(values[values.count - 1].keyVersion)
            }
            #expect(versions == [1, 1, 1, 2, 2, 2, 3])
            for value in values { #expect(try await second.open(value, Self.context).copy == [7]) }
            let entries = try await first.store.entries(of: "acme")
            #expect(entries.map(\.uses) == [3, 3, 1] && entries.map(\.isCurrent) == [false, false, true])
            #expect(Vault.mostUses == 1 << 30)
        }
    }

    @Test func `processes that need a first key at once agree on one`() async throws {
        try await VaultFixture.run { fixture in
            let vaults = (0..<4).map { _ in fixture.vault() }
            let tasks = (0..<40).map { index in
                Task { @ControlPlane in
                    try await vaults[index % 4].seal(SecretBytes([UInt8(index)]), Self.context)
                }
            }
            var sealed: [SealedValue] = []
            for task in tasks { sealed.append(try await task.value) }
            #expect(Set(sealed.map(\.keyVersion)) == [1])
            #expect(try await vaults[0].store.entries(of: "acme").map(\.uses) == [40])
            let opened = await fixture.vault().open(sealed.map { ($0, Self.context) })
            #expect(Set(opened.compactMap { try? $0.get().copy.first }) == Set(0..<40))
        }
    }

    @Test func `many values open together, each for itself`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            var values: [(sealed: SealedValue, context: VaultContext)] = []
            for number in 0..<50 {
                let context = VaultContext(tenant: "t\(number % 20)", integration: "i\(number)", field: "f")
                values.append((try await vault.seal(SecretBytes([UInt8(number)]), context), context))
            }
            values[3].context.integration = "i4"
            values[4].context.tenant = "nobody"
            let opened = await fixture.vault().open(values)
            for (number, result) in opened.enumerated() {
                switch number {
                case 3: #expect(throws: VaultError.notAuthentic(values[3].context)) { try result.get() }
                case 4: #expect(throws: VaultError.unknownDataKey(tenant: "nobody", version: 1)) { try result.get() }
                default: #expect(try result.get().copy == [UInt8(number)])
                }
            }
        }
    }

    @Test func `a data key of another tenant or version does not pass for this one's`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let sealed = try await vault.seal(SecretBytes([1]), Self.context)
            var other = Self.context
            other.tenant = "other"
            _ = try await vault.seal(SecretBytes([1]), other)
            let keys = fixture.keys
            let stolen = try #require(
                try await fixture.connection.command(["HGET", .text(keys.vaultKeys("other")), "key:1"]).bytes)
            _ = try await fixture.connection.command(["HSET", .text(keys.vaultKeys("acme")), "key:1", .bytes(stolen)])
            await #expect(throws: VaultError.damagedDataKey(tenant: "acme", version: 1)) {
                try await fixture.vault().open(sealed, Self.context)
            }
            await #expect(throws: VaultError.damagedDataKey(tenant: "acme", version: 1)) {
                try await fixture.vault().seal(SecretBytes([1]), Self.context)
            }
            _ = try await fixture.connection.command(["HSET", .text(keys.vaultKeys("acme")), "key:1", "{"])
            await #expect(throws: VaultError.damagedDataKey(tenant: "acme", version: 1)) {
                try await fixture.vault().open(sealed, Self.context)
            }
        }
    }

    @Test func `without the master key nothing opens and nothing is sealed`() async throws {
        try await VaultFixture.run { fixture in
            let vault = fixture.vault()
            let sealed = try await vault.seal(SecretBytes([1]), Self.context)
            let master = try await vault.masterKeys.current.identity()
            let stranger = fixture.vault(masterKeys: MasterKeys(current: LocalMasterKey(.random(32))))
            let expected = VaultError.unknownMasterKey(tenant: "acme", version: 1, master: master)
            await #expect(throws: expected) { try await stranger.open(sealed, Self.context) }
            await #expect(throws: expected) { try await stranger.seal(SecretBytes([1]), Self.context) }
            #expect(expected.description.contains("vault.previousKeys"))
            stranger.use(MasterKeys(current: LocalMasterKey(.random(32)), previous: [vault.masterKeys.current]))
            #expect(try await stranger.open(sealed, Self.context).copy == [1])
        }
    }

    @Test func `a value that is too long is refused`() async throws {
        try await VaultFixture.run { fixture in
            let most = SecretBytes(count: Vault.longestValue) { _ in }
            let sealed = try await fixture.vault().seal(most, Self.context)
            #expect(try #require(SealedValue(sealed.text)) == sealed)
            let more = SecretBytes(count: Vault.longestValue + 1) { _ in }
            await #expect(throws: VaultError.tooLong(Vault.longestValue + 1)) {
                try await fixture.vault().seal(more, Self.context)
            }
        }
    }
}

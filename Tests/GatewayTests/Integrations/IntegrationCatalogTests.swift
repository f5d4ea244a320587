import Testing
import Verifiers

@testable import WebhookGateway

/// What becomes of managed entries whose credentials open, do not open, and open later.
@ControlPlane
struct IntegrationCatalogTests {
    /// Opens everything, or nothing for a reason; counts what it was asked for.
    @ControlPlane
    private final class Opener {
        var failure: VaultError?
        private(set) var asked: [String] = []

        func open(_ credentials: [(integration: Integration, name: String)]) -> [Result<Secret, VaultError>] {
            credentials.map { integration, _ in
                asked.append(integration.id.key)
                if let failure { return .failure(failure) }
                return .success(Secret(literal: "whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdC0x"))
            }
        }
    }

    private static let away = VaultError.masterKey(MasterKeyFailure(description: "KMS is away", isTemporary: true))
    private static let unknown = VaultError.unknownMasterKey(tenant: "default", version: 1, master: "local:1")

    private static func source(_ key: String, version: Int = 1, settings: [String: JSONValue] = [:]) -> Integration {
        var integration = Integration(
            id: Integration.ID(kind: .source, key: key), tenant: "default", type: "stripe", name: key, createdAt: 1,
            updatedAt: 1)
        integration.settings = settings
        integration.credentials["secret"] = Integration.Credential(sealed: "v1.1.x", ending: nil, setAt: 1)
        integration.version = version
        return integration
    }

    private static func destination(_ key: String, enabled: Bool = true) -> Integration {
        var integration = Integration(
            id: Integration.ID(kind: .destination, key: key), tenant: "default", type: "segment", name: key,
            createdAt: 1, updatedAt: 1)
        integration.enabled = enabled
        integration.credentials["writeKey"] = Integration.Credential(sealed: "v1.1.x", ending: nil, setAt: 1)
        return integration
    }

    private static func changes(
        _ changed: [Integration], removed: [Integration.ID] = [], isWhole: Bool = false
    ) -> IntegrationStore.Changes {
        IntegrationStore.Changes(number: 1, isWhole: isWhole, changed: changed, removed: removed, damaged: [])
    }

    @Test func `only what has changed is opened and read, and only that changes in the configuration`() async throws {
        let opener = Opener()
        let catalog = IntegrationCatalog(known: .builtIn) { opener.open($0) }
        let file = try ConfigurationSamples.load(
            #"{ sources: { m: { provider: "stripe", secrets: ["x"] } }, destinations: {} }"#
        ).configuration
        let many = (0..<50).map { Self.source("s\($0)") }
        #expect(await catalog.take(Self.changes(many, isWhole: true), file: file).sources.count == 50)
        var configuration = catalog.applied(to: file)
        #expect(configuration.sources.count == 51)

        let changed = Self.source("s7", version: 2, settings: ["toleranceSeconds": .integer(9)])
        let gone = Integration.ID(kind: .source, key: "s8")
        let names = await catalog.take(
            Self.changes([changed, Self.destination("crm"), many[3]], removed: [gone]), file: file)
        #expect(names == EntryNames(sources: ["s7", "s8"], destinations: ["crm"]), "s3 is as it was")
        #expect(opener.asked.count == 52 && Set(opener.asked.suffix(2)) == ["s7", "crm"])
        catalog.apply(names, to: &configuration, file: file)
        #expect(configuration.sources.map(\.name) == catalog.applied(to: file).sources.map(\.name))
        #expect(configuration.source(named: "s7")?.toleranceSeconds == 9)
        #expect(configuration.source(named: "s8") == nil && configuration.source(named: "m") != nil)
        #expect(configuration.destination(named: "crm")?.credentials["writeKey"] != nil)
    }

    @Test func `credentials are tried again after a failure that passes, others once there are new keys`() async throws
    {
        let opener = Opener()
        let catalog = IntegrationCatalog(known: .builtIn) { opener.open($0) }
        let file = Configuration()
        opener.failure = Self.away
        _ = await catalog.take(Self.changes([Self.source("shop"), Self.destination("crm")], isWhole: true), file: file)
        #expect(catalog.entries.values.allSatisfy { $0.problem?.contains("KMS is away") == true })
        #expect(catalog.applied(to: file).heldDestinations.map(\.name) == ["crm"], "its events wait")
        #expect(await catalog.openAgain(file: file).isEmpty)
        opener.failure = nil
        let names = await catalog.openAgain(file: file)
        #expect(names == EntryNames(sources: ["shop"], destinations: ["crm"]))
        #expect(catalog.entries.values.allSatisfy { $0.problem == nil })
        var configuration = Configuration()
        catalog.apply(names, to: &configuration, file: file)
        #expect(configuration.heldDestinations.isEmpty && configuration.destinations.map(\.name) == ["crm"])

        opener.failure = Self.unknown
        _ = await catalog.take(Self.changes([Self.source("late")]), file: file)
        opener.failure = nil
        #expect(await catalog.openAgain(file: file).isEmpty, "nothing has changed that could help")
        #expect(await catalog.openAgain(file: file, all: true).sources == ["late"])
    }

    @Test func `a broken entry says why and stops no other; a destination that rests holds no events`() async throws {
        let opener = Opener()
        let catalog = IntegrationCatalog(known: .builtIn) { opener.open($0) }
        var broken = Self.source("broken", settings: ["toleranceSecond": .integer(1)])
        broken.type = "stripe"
        var resting = Self.destination("resting", enabled: false)
        resting.type = "nothing"
        let file = try ConfigurationSamples.load(
            #"{ sources: { taken: { provider: "stripe", secrets: ["x"] } }, destinations: {} }"#
        ).configuration
        _ = await catalog.take(
            Self.changes([broken, resting, Self.source("taken"), Self.source("fine")], isWhole: true), file: file)
        func problem(_ id: String) -> String {
            Integration.ID(id).flatMap { catalog.entries[$0]?.problem } ?? "none"
        }
        #expect(problem("sources.broken").contains("toleranceSecond"))
        #expect(problem("destinations.resting").contains("no destination type"))
        #expect(problem("sources.taken").contains("configuration file"))
        #expect(problem("sources.fine") == "none")
        let configuration = catalog.applied(to: file)
        #expect(configuration.sources.map(\.name) == ["fine", "taken"])
        #expect(configuration.source(named: "taken")?.secrets.first?.text == "x", "the file's")
        #expect(configuration.heldDestinations.isEmpty)
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

/// Records of integrations that nobody can read: they are shown, and can be deleted.
@ControlPlane
struct DamagedIntegrationTests {
    private static let file = "sources: {}, destinations: { log: { type: \"console\" } },"

    /// Keeps bytes under an integration's id, as a failing disk or somebody's hand may.
    private static func damage(_ connection: RedisConnection, _ id: String, _ bytes: String) async throws {
        let keys = ControlKeys()
        _ = try await connection.pipeline([
            ["HSET", .text(keys.integrations), .text(id), .text(bytes)], ["INCR", .text(keys.integrationsVersion)],
        ])
    }

    private static func shop(_ key: String, tenant: String) -> Integration {
        var shop = Integration(
            id: Integration.ID(kind: .source, key: key), tenant: tenant, type: "pancake", name: "Shop", createdAt: 1,
            updatedAt: 1)
        shop.settings["account"] = .text(key)
        return shop
    }

    /// Has the bench's process take up what the store has, as a gateway does.
    private static func takeUp(_ bench: AdminBench) async throws {
        let services = bench.handler.services
        let vault = Vault(
            connection: bench.store.connection, keys: services.control,
            masterKeys: MasterKeys(current: LocalMasterKey(.random(32))))
        let catalog = IntegrationCatalog(known: .builtIn) { await vault.open($0) }
        await catalog.take(try await services.integrations.changes(since: 0), file: bench.gateway.declared)
        (bench.gateway.vault, bench.gateway.catalog) = (vault, catalog)
    }

    @Test(arguments: ["", "{", "[]", "5", #"{"version":1,"tenant":"acme"}"#])
    func `a damaged record is shown to whoever sees all tenants, and deleted by its key`(bytes: String) async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            let store = bench.handler.services.integrations
            for key in ["one", "two"] {
                #expect(try await store.add(Self.shop(key, tenant: "acme"), limit: 0, needsOwner: false) == .done)
            }
            try await Self.damage(bench.store.connection, "sources.two", bytes)
            try await Self.takeUp(bench)
            let all = try await bench.token(.admin)
            let listed = try await bench.ask("GET", "/api/v1/integrations?origin=managed", token: all)
            #expect(try listed.json["items.0.status"] != "damaged", "\(listed.text)")
            #expect(try listed.json["items.1.id"] == "sources.two" && listed.json["items.1.status"] == "damaged")
            #expect(try listed.json["items.1.lastError"]?.contains("delete it") == true)
            let path = "/api/v1/integrations/sources.two"
            #expect(try await bench.ask("GET", path, token: all).json["status"] == "damaged")
            // Nobody's: it may have been any tenant's.
            let acme = try await bench.token(.admin, tenant: "acme")
            #expect(try await bench.ask("GET", path, token: acme).code == 404)
            #expect(try await bench.ask("DELETE", "\(path)?name=two", token: acme).code == 404)
            #expect(!(try await bench.ask("GET", "/api/v1/integrations", token: acme)).text.contains("sources.two"))

            #expect(try await bench.ask("PATCH", path, token: all, body: "{}").code == 409)
            let again = #"{"kind":"source","type":"stripe","key":"two"}"#
            #expect(try await bench.ask("POST", "/api/v1/integrations", token: all, body: again).code == 409)
            #expect(try await bench.ask("DELETE", "\(path)?name=Shop", token: all).code == 422)
            let versioned = try await bench.ask(
                "DELETE", "\(path)?name=two", token: all, headers: "If-Match: \"1\"\r\n")
            #expect(versioned.code == 409)
            let deleted = try await bench.ask("DELETE", "\(path)?name=two", token: all)
            #expect(deleted.code == 200, "\(deleted.text)")
            #expect(try await bench.ask("GET", path, token: all).code == 404)

            let entry = try await bench.ask("GET", "/api/v1/audit?limit=1", token: all).json
            #expect(entry["items.0.action"] == "integrations.delete" && entry["items.0.target"] == "sources.two")
            #expect(entry["items.0.detail"] == "two, a damaged record" && entry["items.0.status"] == "200")
            // What it counted for and claimed is free again.
            #expect(try await store.counts(of: "acme") == ["acme": 1])
            let claims = try await bench.store.connection.command(["HVALS", .text(ControlKeys().integrationClaims)])
            #expect(claims.elements?.compactMap(\.string) == ["sources.one"])
        }
    }

    @Test func `events that wait for a damaged destination are moved or discarded, not drained`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            try await Self.damage(bench.store.connection, "destinations.crm2", "{")
            _ = try await bench.store.connection.command(["RPUSH", .text(Keys().lane("crm2")), "01TEST"])
            try await Self.takeUp(bench)
            let token = try await bench.token(.admin)
            let path = "/api/v1/integrations/destinations.crm2?name=crm2"
            #expect(try await bench.ask("DELETE", path, token: token).code == 409)
            let drained = try await bench.ask("DELETE", "\(path)&events=drain", token: token)
            #expect(drained.code == 409 && drained.text.contains("events=discard"), "\(drained.text)")
            let discarded = try await bench.ask("DELETE", "\(path)&events=discard", token: token)
            #expect(discarded.code == 200, "\(discarded.text)")
            #expect(try await bench.store.connection.command(["EXISTS", .text(Keys().lane("crm2"))]).integer == 0)
        }
    }

    @Test func `one whose credentials do not open is deleted like any other`() async throws {
        try await AdminBench.run { (bench: AdminBench) async throws in
            var shop = Self.shop("one", tenant: "acme")
            shop.credentials[Integration.secretName] = .init(sealed: "v1.7.AAAA", setAt: 1)
            #expect(try await bench.handler.services.integrations.add(shop, limit: 0, needsOwner: false) == .done)
            try await Self.takeUp(bench)
            let acme = try await bench.token(.admin, tenant: "acme")
            let path = "/api/v1/integrations/sources.one"
            #expect(try await bench.ask("GET", path, token: acme).json["status"] == "error")
            #expect(try await bench.ask("DELETE", "\(path)?name=Shop", token: acme).code == 200)
            #expect(try await bench.ask("GET", path, token: acme).code == 404)
        }
    }

    @Test func `the command lists, shows and deletes what is damaged, and exports the rest`() async throws {
        let members = Self.file + #"vault: { key: "\#(MasterKeyText.generate())" }"#
        try await CommandBench.run(members) { bench in
            try await Self.damage(bench.store.connection, "sources.two", "{")
            let listed = try await bench.run("integrations", "list", "--kind", "source", "--json").object()
            #expect(listed["id"] == "sources.two" && listed["status"] == "damaged")
            let shown = try await bench.run("integrations", "show", "sources.two")
            #expect(shown.code == 0 && shown.output.contains("damaged"), "\(shown)")
            #expect(try await bench.run("integrations", "export").output.contains("two") == false)
            try HostFile.replace(
                "\(bench.path)/two.json5", Array(#"{ sources: { two: { provider: "stripe" } } }"#.utf8))
            let applied = try await bench.run("integrations", "apply", "two.json5")
            #expect(applied.code != 0 && applied.errors.contains("delete it first"), "\(applied)")
            let deleted = try await bench.run("integrations", "delete", "sources.two", "--name", "two")
            #expect(deleted.code == 0, "\(deleted)")
            #expect(try await bench.run("integrations", "list", "--kind", "source", "--json").output == "")
            let entry = try await bench.store.connection.command([
                "XREVRANGE", .text(ControlKeys().audit), "+", "-", "COUNT", 1,
            ])
            let fields = entry.elements?.first?.elements?.last?.fields.compactMap { $0.value.string } ?? []
            #expect(fields.contains("integrations.delete") && fields.contains("two, a damaged record"))
        }
    }
}

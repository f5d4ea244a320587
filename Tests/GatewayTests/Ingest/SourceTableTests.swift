import Testing
import Verifiers

@testable import WebhookGateway

struct SourceTableTests {
    @Test func `a path finds its source, and what follows the name`() throws {
        let table = SourceTable(try (0..<40).map { try Self.source("shop-\($0)") })
        for number in [0, 1, 17, 39] {
            let found = try #require(table.find(Array("/webhooks/shop-\(number)".utf8)[...]))
            #expect(found.source.name == "shop-\(number)")
            #expect(found.suffix.isEmpty)
        }
    }

    @Test func `a path goes on after the name only where the provider reads it`() throws {
        let table = SourceTable([
            try Self.source("list", of: "mailchimp"), try Self.source("shop"),
        ])
        let path = Array("/webhooks/list/secret/x".utf8)[...]
        let found = try #require(table.find(path))
        #expect(found.source.name == "list")
        #expect(String(decoding: found.suffix, as: UTF8.self) == "secret/x")
        #expect(SourceTable.suffix(of: path, after: found.source).elementsEqual(found.suffix))
        #expect(table.find(Array("/webhooks/shop/secret".utf8)[...]) == nil)
        #expect(table.find(Array("/webhooks/shop/".utf8)[...])?.source.name == "shop")
    }

    @Test(arguments: [
        "", "/", "/webhooks", "/webhooks/", "/webhooks/shop", "/webhooks/shop-1x", "/webhooks/SHOP-1",
        "/webhook/shop-1",
        "/webhooks//shop-1", "webhooks/shop-1", "/webhooks/shop%2D1",
    ])
    func `any other path finds none`(_ path: String) throws {
        let table = SourceTable([try Self.source("shop-1"), try Self.source("shop-2")])
        #expect(table.find(Array(path.utf8)[...]) == nil)
    }

    private static func source(_ name: String, of provider: String = "stripe") throws -> Source {
        var configuration = SourceConfiguration(name: name)
        configuration.provider = provider
        configuration.secrets = [Secret(origin: .literal, bytes: Array("secret".utf8))]
        let rules = try MappingCatalog().rules(named: provider)
        return try Source(configuration, mapper: Mapper(provider: provider, rules: rules), keys: Keys())
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct SourceTableTests {
    @Test func `a path finds its source, and what follows the name`() throws {
        let mapper = Mapper(provider: "stripe", rules: try MappingCatalog().rules(named: "stripe"))
        let table = SourceTable(try (0..<300).map { try Self.source("shop-\($0)", mapper: mapper) })
        for number in [0, 1, 137, 299] {
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

    @Test func `sources that come and go leave the others where they are`() throws {
        var table = SourceTable([])
        var expected: [String: Source] = [:]
        var random = SystemRandomNumberGenerator()
        let mapper = Mapper(provider: "stripe", rules: try MappingCatalog().rules(named: "stripe"))
        for _ in 0..<1000 {
            let name = "s\(Int.random(in: 0..<120, using: &random))"
            if Bool.random(using: &random) {
                let source = try Self.source(name, mapper: mapper)
                table.put(source)
                expected[name] = source
            } else {
                table.remove(name)
                expected[name] = nil
            }
        }
        #expect(table.all.count == expected.count)
        for number in 0..<120 {
            let found = table.find(Array("/webhooks/s\(number)".utf8)[...])?.source
            #expect(found === expected["s\(number)"])
        }
        for source in expected.values { #expect(table.source(of: source.route) === source) }
    }

    @Test func `a route ends with the source that it was given to`() throws {
        let first = try Self.source("shop")
        var table = SourceTable([first])
        #expect(table.source(of: 0) == nil)
        table.put(try Self.source("shop"))
        #expect(table.source(of: first.route) == nil)
        table.remove("shop")
        #expect(table.all.isEmpty && table.source(of: first.route) == nil)
    }

    private static func source(
        _ name: String, of provider: String = "stripe", mapper: Mapper? = nil
    ) throws -> Source {
        var configuration = SourceConfiguration(name: name)
        configuration.provider = provider
        configuration.secrets = [Secret(origin: .literal, bytes: Array("secret".utf8))]
        let made = try mapper ?? Mapper(provider: provider, rules: MappingCatalog().rules(named: provider))
        return try Source(configuration, mapper: made, keys: Keys())
    }
}

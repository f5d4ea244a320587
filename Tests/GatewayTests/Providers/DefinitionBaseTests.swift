import Testing
import Verifiers

@testable import WebhookGateway

struct DefinitionBaseTests {
    private func definition(_ name: String, _ own: [String: String]) throws -> ProviderDefinition {
        let library = ProviderLibrary(own: try own.mapValues { try jsonValue($0) })
        guard case .declared(let definition)? = try library.kind(named: name) else {
            throw ConfigurationError(place: name, issues: [])
        }
        return definition
    }

    @Test func `a definition has what its base has, and what is its own instead`() throws {
        let acme = try definition(
            "acme",
            [
                "acme":
                    #"{ base: "house", event: { type: "/kind" }, mapping: [{ match: "a", type: "b", fields: {} }] }"#,
                "house":
                    #"{ base: "standard-webhooks", title: "House", sampleHeaders: { "X-House": "1" }, tests: [] }"#,
            ])
        let standard = try definition("standard-webhooks", [:])
        #expect(acme.title == "acme" && acme.name == "acme")
        #expect(acme.proofs.map(\.label) == ["v1", "v1a"])
        #expect(acme.events.id == standard.events.id && acme.events.type != standard.events.type)
        #expect(acme.sampleHeaders.map(\.name) == ["X-House"])
        #expect(acme.vectors == standard.vectors)
        #expect(acme.mapping?.contains("\"b\"") == true)
        #expect(ProviderTrial(definition: acme).outcomes().allSatisfy { $0.problem == nil })
    }

    @Test func `another proof has vectors of its own`() throws {
        let own = try definition(
            "own", ["own": #"{ base: "standard-webhooks", proof: { kind: "shared", signature: "header:X-Token" } }"#])
        #expect(own.proofs.count == 1 && own.vectors.isEmpty)
    }

    @Test func `a definition in a bundled one's place may inherit from it`() throws {
        let svix = try definition("svix", ["svix": #"{ base: "svix", event: { subject: "/data/uid" } }"#])
        #expect(svix.proofs.count == 2 && svix.events.type != nil)
    }

    @Test(arguments: [
        (
            #"{ base: "standard-webhook" }"#,
            #"providers.a.base: "standard-webhook" is no provider; did you mean "standard-webhooks"?"#
        ),
        (#"{ base: "stripe" }"#, "stripe has no definition; it is written in Swift"),
        (#"{ base: 7 }"#, "expected a provider's name"),
        (#"{ base: "b" }"#, "a inherits from b inherits from a"),
    ])
    func `a base that cannot be is named`(_ text: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try definition("a", ["a": text, "b": #"{ base: "a" }"#])
        }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func `an inherited mapping is the provider's`() throws {
        let text = #"""
            { providers: { acme: { base: "standard-webhooks" } }, sources: { s: { provider: "acme", secrets: ["whsec_AAAA"] } } }
            """#
        let configuration = try ConfigurationSamples.load(text, known: .builtIn).configuration
        let rules = try MappingCatalog(overrides: configuration.mappings).rules(named: "acme")
        #expect(rules.rules.count == 1)
    }
}

import Testing
import Verifiers

@testable import WebhookGateway

struct BundledDefinitionTests {
    static let names = BundledDefinitions.all.map(\.name)

    @Test(arguments: names)
    func `a bundled definition is read, has a page and a vector, and every vector has its verdict`(name: String) throws
    {
        let definition = try Self.definition(name)
        #expect(definition.name == name)
        #expect(!definition.setup.isEmpty)
        #expect(!definition.vectors.isEmpty)
        for outcome in ProviderTrial(definition: definition).outcomes() {
            #expect(outcome.problem == nil, "\(name), \(outcome.name)")
        }
    }

    @Test(arguments: names)
    func `the mapping of a bundled definition is found under its name`(name: String) throws {
        _ = try MappingCatalog().rules(named: name)
        #expect(MappingCatalog().names.contains(name))
    }

    @Test func `no two providers have one name`() {
        #expect(Set(ProviderCatalog.names).count == ProviderCatalog.names.count)
    }

    static func definition(_ name: String) throws -> ProviderDefinition {
        guard case .declared(let definition)? = try ProviderLibrary().kind(named: name) else {
            throw InvalidSettings(key: name, reason: "no definition")
        }
        return definition
    }
}

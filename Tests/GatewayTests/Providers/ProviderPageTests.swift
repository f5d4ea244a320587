import FoundationEssentials
import Testing
import Verifiers

@testable import WebhookGateway

struct ProviderPageTests {
    @Test(arguments: ProviderCatalog.names)
    func `a provider's page is what the program prints today`(name: String) throws {
        let card = try #require(try ProviderLibrary().card(named: name))
        let page = try ConfigurationSamples.repositoryFile("docs/providers/\(name).md")
        #expect(
            page == ProviderPage(card: card).markdown, "webhook-gateway providers show --all --markdown docs/providers")
    }

    @Test func `the list of pages is what the program prints today`() throws {
        let index = try ConfigurationSamples.repositoryFile("docs/providers/README.md")
        #expect(index == ProviderPage.index(try ProviderLibrary.bundledCards()))
    }

    @Test func `every provider written in Swift has its facts`() {
        #expect(NativeProviderFacts.all.map(\.name) == ProviderCatalog.all.map { $0.name })
    }
}

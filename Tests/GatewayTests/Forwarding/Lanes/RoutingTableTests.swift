import Testing

@testable import WebhookGateway

struct RoutingTableTests {
    private func destination(
        _ name: String, types: [String] = ["*"], sources: [String] = ["*"], tenants: [String] = ["*"],
        enabled: Bool = true
    ) -> DestinationConfiguration {
        var configuration = DestinationConfiguration(name: name)
        configuration.filter.types = types
        configuration.filter.sources = sources
        configuration.filter.tenants = tenants
        configuration.enabled = enabled
        return configuration
    }

    private func event(_ type: String) throws -> Event { try Event(json: Array(StoreFixture.json(1, type: type).utf8)) }

    @Test(arguments: [
        (["*"], true), (["payment.*"], true), (["payment.succeeded"], true), (["*.succeeded"], true), (["p*d"], true),
        (["refund.*", "payment.*"], true), (["payment"], false), (["refund.*"], false), (["*.failed"], false),
        ([], false),
    ])
    func `a filter's patterns stand for any run of characters`(types: [String], matches: Bool) throws {
        var table = RoutingTable([destination("a", types: types)])
        #expect(table.route(try event("payment.succeeded")) == (matches ? "1;" : ";"))
    }

    @Test func `type, source and tenant must all match; disabled destinations are told apart`() throws {
        var table = RoutingTable([
            destination("all"), destination("square", sources: ["square"]), destination("acme", tenants: ["acme"]),
            destination("stripe", sources: ["str*"], tenants: ["default"]), destination("off", enabled: false),
            destination("off too", types: ["refund.*"], enabled: false),
        ])
        #expect(table.route(try event("payment.succeeded")) == "1,4;5")
        #expect(table.route(try event("payment.succeeded")) == "1,4;5", "the same from memory")
        #expect(table.route(try event("refund.created")) == "1,4;5,6")
    }
}

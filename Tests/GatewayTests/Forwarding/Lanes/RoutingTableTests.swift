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
        #expect(table.route(try event("payment.succeeded")) == RoutingTable.Route(wanted: matches ? ["a"] : []))
    }

    @Test func `type, source and tenant must all match; disabled destinations are told apart`() throws {
        var table = RoutingTable([
            destination("all"), destination("square", sources: ["square"]), destination("acme", tenants: ["acme"]),
            destination("stripe", sources: ["str*"], tenants: ["default"]), destination("off", enabled: false),
            destination("off too", types: ["refund.*"], enabled: false),
        ])
        let paid = RoutingTable.Route(wanted: ["all", "stripe"], disabled: ["off"])
        #expect(table.route(try event("payment.succeeded")) == paid)
        #expect(table.route(try event("payment.succeeded")) == paid, "the same from memory")
        #expect(table.route(try event("refund.created")).disabled == ["off", "off too"])
    }

    @Test func `a destination that is added, changed or removed is routed to as it is then`() throws {
        var table = RoutingTable([destination("all")])
        let event = try event("payment.succeeded")
        #expect(table.route(event).wanted == ["all"])
        table.put(destination("own", tenants: ["default"]))
        #expect(table.route(event).wanted == ["all", "own"])
        table.put(destination("own", tenants: ["default"], enabled: false))
        #expect(table.route(event) == RoutingTable.Route(wanted: ["all"], disabled: ["own"]))
        table.put(destination("own", tenants: ["acme"]))
        table.remove("all")
        #expect(table.route(event) == RoutingTable.Route())
    }

    @Test func `a batch numbers only the destinations that its events have to do with`() {
        var numbers = RouteNumbers()
        #expect(numbers.text(RoutingTable.Route(wanted: ["b", "a"], disabled: ["c"])) == "1,2;3")
        #expect(numbers.text(RoutingTable.Route(wanted: ["a"])) == "2;")
        #expect(numbers.text(RoutingTable.Route()) == ";")
        #expect(numbers.destinations == ["b", "a", "c"] && numbers.wanted == ["a", "b"])
    }
}

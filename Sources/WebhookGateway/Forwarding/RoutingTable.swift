/// Says for an event which destinations get it.
///
/// Most destinations are for one tenant: an event is compared with those of its own tenant and with those for several,
/// not with all.
struct RoutingTable {
    private struct Attributes: Hashable {
        var type: String
        var source: String
        var tenant: String
    }

    private struct Entry {
        var name: String
        var filter: EventFilter
        var isEnabled: Bool
        /// The tenants it is for, where no pattern says more.
        var tenants: [String]?
    }

    /// The names of destinations, in order: those that get an event, and those that would if they were enabled.
    struct Route: Hashable, Sendable {
        var wanted: [String] = []
        var disabled: [String] = []
    }

    /// Events have few combinations of type, source and tenant; past this many (junk types) the table begins anew.
    private static let mostKnown = 4096

    private var entries: [String: Entry] = [:]
    /// Names of those for certain tenants only, by tenant.
    private var ofTenant: [String: Set<String>] = [:]
    private var ofSeveral: Set<String> = []
    private var known: [Attributes: Route] = [:]

    init(_ configurations: [DestinationConfiguration]) {
        entries.reserveCapacity(configurations.count)
        for configuration in configurations { put(configuration) }
    }

    /// Adds a destination, or puts it in the place of the one of its name.
    mutating func put(_ configuration: DestinationConfiguration) {
        remove(configuration.name)
        let tenants = configuration.filter.tenants
        let entry = Entry(
            name: configuration.name, filter: EventFilter(configuration.filter), isEnabled: configuration.enabled,
            tenants: tenants.contains { $0.contains("*") } ? nil : tenants)
        entries[entry.name] = entry
        if let tenants = entry.tenants {
            for tenant in tenants { ofTenant[tenant, default: []].insert(entry.name) }
        } else {
            ofSeveral.insert(entry.name)
        }
    }

    /// Takes a destination out, if it is there.
    mutating func remove(_ name: String) {
        known.removeAll(keepingCapacity: true)
        guard let entry = entries.removeValue(forKey: name) else { return }
        ofSeveral.remove(name)
        for tenant in entry.tenants ?? [] {
            ofTenant[tenant]?.remove(name)
            if ofTenant[tenant]?.isEmpty == true { ofTenant[tenant] = nil }
        }
    }

    mutating func route(_ event: Event) -> Route {
        let attributes = Attributes(type: event.type, source: event.source, tenant: event.tenant)
        if let route = known[attributes] { return route }
        var route = Route()
        for name in ofSeveral.union(ofTenant[event.tenant] ?? []).sorted() {
            guard let entry = entries[name],
                entry.filter.matches(type: event.type, source: event.source, tenant: event.tenant)
            else { continue }
            if entry.isEnabled { route.wanted.append(name) } else { route.disabled.append(name) }
        }
        if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
        known[attributes] = route
        return route
    }
}

/// The destinations of one batch, numbered as they come, and routes in the form that the dispatch script reads.
struct RouteNumbers {
    /// The destinations that routes refer to by number, from 1.
    private(set) var destinations: [String] = []
    /// Those of them that get an event of the batch.
    private(set) var wanted: Set<String> = []
    private var numbers: [String: String] = [:]
    private var texts: [RoutingTable.Route: String] = [:]

    /// `<wanted>;<disabled>`: numbers of the destinations that get the event, and of those that would if they were enabled.
    mutating func text(_ route: RoutingTable.Route) -> String {
        if let text = texts[route] { return text }
        wanted.formUnion(route.wanted)
        let text =
            "\(route.wanted.map { number($0) }.joined(separator: ","));\(route.disabled.map { number($0) }.joined(separator: ","))"
        texts[route] = text
        return text
    }

    private mutating func number(_ name: String) -> String {
        if let number = numbers[name] { return number }
        destinations.append(name)
        let number = String(destinations.count)
        numbers[name] = number
        return number
    }
}

/// Says for an event which destinations get it, in the form that the dispatch script reads.
struct RoutingTable {
    private struct Attributes: Hashable {
        var type: String
        var source: String
        var tenant: String
    }

    /// Events have few combinations of type, source and tenant; past this many (junk types) the table begins anew.
    private static let mostKnown = 4096

    /// The destinations that routes refer to by number, from 1.
    let destinations: [String]
    private let filters: [(filter: EventFilter, isEnabled: Bool)]
    private var known: [Attributes: String] = [:]

    init(_ configurations: [DestinationConfiguration]) {
        destinations = configurations.map(\.name)
        filters = configurations.map { (EventFilter($0.filter), $0.enabled) }
    }

    /// `<wanted>;<disabled>`: numbers of the destinations that get the event, and of those that would if they were enabled.
    mutating func route(_ event: Event) -> String {
        let attributes = Attributes(type: event.type, source: event.source, tenant: event.tenant)
        if let route = known[attributes] { return route }
        var wanted: [String] = []
        var disabled: [String] = []
        for (index, entry) in filters.enumerated()
        where entry.filter.matches(type: event.type, source: event.source, tenant: event.tenant) {
            if entry.isEnabled { wanted.append(String(index + 1)) } else { disabled.append(String(index + 1)) }
        }
        let route = "\(wanted.joined(separator: ","));\(disabled.joined(separator: ","))"
        if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
        known[attributes] = route
        return route
    }
}

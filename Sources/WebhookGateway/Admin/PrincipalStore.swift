import Verifiers

/// The store as one principal may see and change it: the only way from the routes to what belongs to tenants.
@ControlPlane
struct PrincipalStore {
    /// How long a search may look before it answers what it has found so far.
    private static let searchTime = Duration.milliseconds(60)
    private static let groupingTime = Duration.seconds(1)

    let principal: Principal
    let services: AdminServices

    private var search: EventSearch {
        EventSearch(
            connection: services.connection, keys: services.keys,
            sources: services.configuration.sources.map(\.name))
    }

    var dead: DeadStore {
        DeadStore(
            connection: services.connection, keys: services.keys,
            archiveSeconds: services.configuration.archive.ttlSeconds, hidesSharedReasons: principal.tenant != nil)
    }

    // MARK: Events

    func events(
        _ query: EventQuery, limit: Int, after cursor: EventCursor?, within time: Duration = searchTime,
        measures: Bool = false
    ) async throws -> EventScan {
        guard let query = restricted(query) else { return EventScan() }
        return try await search.scan(query, limit: limit, after: cursor, within: time, measures: measures)
    }

    /// The query for the principal's own tenant; nil when it asks for another's.
    func restricted(_ query: EventQuery) -> EventQuery? {
        guard let own = principal.tenant else { return query }
        guard query.tenant == nil || query.tenant == own else { return nil }
        var query = query
        query.tenant = own
        return query
    }

    /// The events that go by a name: an event's id, or the provider's.
    func events(named name: String, source: String? = nil) async throws -> [EventDetail] {
        var details: [EventDetail] = []
        for id in try await search.ids(named: name, source: source) {
            guard let detail = try await search.detail(id), principal.sees(detail.summary?.tenant) else { continue }
            details.append(detail)
        }
        return details
    }

    /// The one event of that name.
    func event(_ name: String) async throws -> EventDetail {
        let details = try await events(named: name)
        guard details.count <= 1 else {
            throw Problem(
                .conflict,
                "Several sources have an event \(TextRule.quoted(name)); ask for one of \(details.map(\.id).joined(separator: ", "))."
            )
        }
        guard let detail = details.first else {
            throw Problem(
                .notFound, "There is no event \(TextRule.quoted(name)); it may have expired (archive.ttlSeconds).")
        }
        return detail
    }

    // MARK: Dead letters

    func deadLetters(_ filter: DeadFilter, limit: Int, after cursor: DeadCursor?) async throws -> DeadPage {
        guard let filter = restricted(filter) else { return DeadPage() }
        return try await dead.scan(filter, limit: limit, after: cursor, until: .now + Self.groupingTime)
    }

    func deadGroups(_ filter: DeadFilter) async throws -> DeadStore.Groups {
        guard let filter = restricted(filter) else { return DeadStore.Groups() }
        return try await dead.groups(filter, within: Self.groupingTime)
    }

    func restricted(_ filter: DeadFilter) -> DeadFilter? {
        guard let own = principal.tenant else { return filter }
        guard filter.tenant == nil || filter.tenant == own else { return nil }
        var filter = filter
        filter.tenant = own
        return filter
    }

    /// Those of the ids that are the principal's to change, and those that are not there for them.
    func owned(_ ids: [DeadLetter.ID]) async throws -> (own: [DeadLetter.ID], missing: [DeadLetter.ID]) {
        guard principal.tenant != nil else { return (ids, []) }
        var (own, missing): ([DeadLetter.ID], [DeadLetter.ID]) = ([], [])
        for id in ids {
            if let letter = try await dead.letter(id), principal.sees(letter.tenant) {
                own.append(id)
            } else {
                missing.append(id)
            }
        }
        return (own, missing)
    }
}

extension AdminRequest {
    /// The store as the request's sender sees it.
    @ControlPlane
    func store(_ services: AdminServices) -> PrincipalStore {
        PrincipalStore(principal: principal, services: services)
    }
}

import Verifiers

/// The admin API without a port: answers requests of this process itself, over a connection to the store of its own, by
/// the same routes, checks and audit log.
@ControlPlane
final class LocalAdmin {
    /// What the routes ask the gateway, in a process that is none.
    private final class NoGateway: @ControlPlane AdminHandler.Gateway {
        func isReady() async -> Bool { false }
        func metrics() async -> [UInt8] { [] }
        func refusals() async -> [String: UInt64] { [:] }
        func spooled() -> [String: Int] { [:] }
        func takeUpMappings() async {}
        let declared: Configuration
        var catalog: IntegrationCatalog?
        let archive: ArchiveTrimmer.Figures? = nil
        var vault: Vault?
        func takeUpIntegrations() async {}

        init(_ declared: Configuration) { self.declared = declared }
    }

    let services: AdminServices
    private let principal: Principal
    private let place: String
    private let gateway: NoGateway
    private let table = RouteTable()
    private var ids = ULIDGenerator()

    /// - Parameters:
    ///   - who: what the audit log calls whoever asks.
    ///   - place: from where, for the audit log.
    init(
        _ configuration: Configuration, redis: RedisSettings, who: String, from place: String
    ) throws(ConfigurationError) {
        var configuration = configuration
        // Nobody logs in here, so no key is needed.
        configuration.admin.jwt = nil
        principal = Principal(name: who, role: .admin, tenant: nil)
        self.place = place
        gateway = NoGateway(configuration)
        services = try AdminServices(
            configuration, redis: redis, gateway: gateway, log: Log(level: .error))
    }

    var connection: RedisConnection { services.connection }

    func stop() { services.stop() }

    /// Takes up what came through the API, as a gateway does: mappings, and integrations.
    ///
    /// - Parameter vault: seals and opens the integrations' credentials.
    func takeUpChanges(_ vault: @ControlPlane (RedisConnection) throws -> Vault) async throws {
        let changes = try await IntegrationStore(connection: connection, keys: services.control).changes(since: 0)
        let vault = try vault(connection)
        gateway.vault = vault
        if !(changes.changed.isEmpty && changes.damaged.isEmpty) {
            let catalog = IntegrationCatalog(known: .builtIn) { await vault.open($0) }
            await catalog.take(changes, file: gateway.declared)
            gateway.catalog = catalog
            try services.reload(catalog.applied(to: gateway.declared))
        }
        services.take(try await services.mappings.current().compactMapValues(\.value))
    }

    /// Answers a request that is there whole, as it would go over the wire.
    func answer(_ bytes: [UInt8]) async -> Response {
        let id = ids.next(milliseconds: Clock.unixMilliseconds())
        do {
            var parser = RequestParser(limits: HTTPLimits(maxRequestLineBytes: .max, maxHeaderBytes: .max))
            guard let head = try parser.parse(bytes.span) else { throw Problem(.badRequest, "The request ends early.") }
            let request = Request(head: head, bytes: bytes[...], body: bytes[head.length...])
            guard case .route(let index, let parts) = table.match(request) else {
                throw Problem(.notFound, "There is nothing at this address.")
            }
            return await answer(request, table.routes[index], parts, id)
        } catch {
            return services.problem(of: error, in: id).response(requestID: id)
        }
    }

    private func answer(
        _ request: Request, _ route: Route, _ parts: [ArraySlice<UInt8>], _ id: ULID
    ) async -> Response {
        var reply: Reply
        do {
            let names = try parts.map { (part) throws(Problem) in try AdminRequest.text(part, plusIsSpace: false) }
            let checked = try AdminRequest(
                request, route, path: names, identity: Authenticator.Identity(principal: principal), peer: nil,
                requestID: id)
            reply = try await route.handle(checked, services)
        } catch {
            reply = Reply(services.problem(of: error, in: id).response(requestID: id))
        }
        if route.isAudited {
            let target = parts.map { String(decoding: $0.prefix(200), as: UTF8.self) }.joined(separator: "/")
            await services.note(
                AuditEntry(
                    who: principal.name, role: principal.role.rawValue, action: route.name, target: target,
                    detail: reply.note, from: place, requestID: id.description,
                    status: Int(reply.response.status.code)))
        }
        return reply.response
    }
}

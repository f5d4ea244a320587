import Verifiers

/// The admin listener's handler: finds the route, proves who asks, checks what they send, lets the route answer, and
/// writes changes to the audit log.
@ControlPlane
final class AdminHandler: @ControlPlane RequestHandler {
    /// What the handler asks the gateway.
    protocol Gateway: AnyObject {
        /// Whether deliveries can be accepted.
        @ControlPlane func isReady() async -> Bool
        /// All figures, in Prometheus' text format.
        @ControlPlane func metrics() async -> [UInt8]
        /// Deliveries that this process refused since its start, by `source:<name>:<outcome>`.
        @ControlPlane func refusals() async -> [String: UInt64]
        /// Events in this process' spool that the store does not have yet, by source.
        @ControlPlane func spooled() -> [String: Int]
        /// Has the workers take up the mappings that came through the API, now.
        @ControlPlane func takeUpMappings() async
        /// The configuration file's configuration, without managed integrations.
        @ControlPlane var declared: Configuration { get }
        /// The managed integrations as this process has them.
        @ControlPlane var catalog: IntegrationCatalog? { get }
        /// What the archive holds, as of this process' last look.
        @ControlPlane var archive: ArchiveTrimmer.Figures? { get }
        /// Keeps the credentials of integrations; nil: there is none (any more).
        @ControlPlane var vault: Vault? { get }
        /// Has this process take up changed integrations, now.
        @ControlPlane func takeUpIntegrations() async
    }

    /// A body that no route asks for is read and not looked at, up to so many bytes.
    private static let ignoredBodyBytes = 1024

    let services: AdminServices
    private let table = RouteTable()

    /// - Throws: when the key for JSON web tokens cannot be used.
    init(
        _ configuration: Configuration, redis: RedisSettings, gateway: any Gateway, log: Log
    ) throws(ConfigurationError) {
        services = try AdminServices(configuration, redis: redis, gateway: gateway, log: log)
        services.start()
    }

    private var surroundings: AdminSurroundings { AdminSurroundings(services.configuration.admin) }

    func admit(_ request: Request, _ context: RequestContext) -> Admission {
        if let problem = surroundings.hostProblem(request) { return .refuse(finished(problem, context)) }
        switch table.match(request) {
        case .route(let index, _):
            return .accept(maxBodyBytes: max(Self.ignoredBodyBytes, table.routes[index].maxBodyBytes), route: index)
        case .notFound: return .refuse(finished(Problem(.notFound, "There is nothing at this address."), context))
        case .methodNotAllowed(let methods):
            return .refuse(finished(IngestAnswer.methodNotAllowed(methods), context))
        }
    }

    func handle(_ request: Request, _ context: RequestContext, _ exchange: Exchange) {
        guard case .route(let index, let parts) = table.match(request) else { return }
        let (route, values) = (table.routes[index], parts.map { Array($0)[...] })
        let request = request.copied()
        Task {
            let reply = await reply(to: request, route, values, context)
            exchange.reply(reply.response)
            guard let stream = reply.stream, request.method != .head else { return }
            let writer = StreamWriter(exchange)
            await stream(writer)
            writer.end()
        }
    }

    func rejected(status: Int, detail: String, _ context: RequestContext) {
        services.log.info(
            "admin request refused",
            [
                "request": .text(context.requestID.description), "status": .integer(Int64(status)),
                "reason": .text(detail),
            ])
    }

    // MARK: Steps

    private func reply(
        to request: Request, _ route: Route, _ values: [ArraySlice<UInt8>], _ context: RequestContext
    ) async -> Reply {
        let client = surroundings.client(request, peer: context.peer)
        // Stays nil where nobody is asked who they are.
        var identity: Authenticator.Identity?
        var reply: Reply
        do {
            let known = try await self.identity(of: request, route, from: client)
            if known.principal != Self.nobody.principal { identity = known }
            try permit(known, route, request)
            let names = try values.map { (value) throws(Problem) in
                try AdminRequest.text(value, plusIsSpace: false)
            }
            let checked = try AdminRequest(
                request, route, path: names, identity: known, peer: client, requestID: context.requestID)
            reply = try await route.handle(checked, services)
            reply.response = finished(reply.response)
        } catch {
            reply = Reply(finished(services.problem(of: error, in: context.requestID), context))
        }
        if route.isAudited, identity != nil || route.access == .open && Self.isLogIn(reply) {
            await note(reply, route, values, reply.principal ?? identity?.principal, client, context)
        }
        return reply
    }

    private func identity(
        of request: Request, _ route: Route, from client: IPAddress?
    ) async throws -> Authenticator.Identity {
        let credentials = RequestCredentials(request.headers)
        switch route.access {
        case .open: return Self.nobody
        case .openOnLoopback where services.isPrivate: return Self.nobody
        case .openOnLoopback, .role: return try await services.authenticator.identity(credentials, from: client)
        }
    }

    private static let nobody = Authenticator.Identity(
        principal: Principal(name: "somebody", role: .viewer, tenant: nil))

    private func permit(_ identity: Authenticator.Identity, _ route: Route, _ request: Request) throws(Problem) {
        if identity.session != nil, request.method != .get, request.method != .head,
            let problem = surroundings.originProblem(request.headers)
        {
            throw problem
        }
        guard let role = route.access.role else { return }
        guard identity.principal.role >= role else {
            throw Problem(
                .forbidden,
                "This takes the role \(role.rawValue); the token's is \(identity.principal.role.rawValue).")
        }
        guard route.reach == .tenant || identity.principal.tenant == nil else {
            throw Problem(.forbidden, "This concerns all tenants; the token is for one of them.")
        }
    }

    /// Whether what a stranger asked was a log-in, or failed as one. Failures count against their address; whatever does
    /// not is not noted, or a stranger could push everything else out of the audit log.
    private static func isLogIn(_ reply: Reply) -> Bool {
        reply.principal != nil || reply.response.status == .unauthorized
    }

    private func note(
        _ reply: Reply, _ route: Route, _ values: [ArraySlice<UInt8>], _ principal: Principal?, _ client: IPAddress?,
        _ context: RequestContext
    ) async {
        let target = values.map { String(decoding: $0.prefix(200), as: UTF8.self) }.joined(separator: "/")
        await services.note(
            AuditEntry(
                who: principal?.name ?? "unknown", role: principal?.role.rawValue ?? "", tenant: principal?.tenant,
                action: route.name, target: target, detail: reply.note, from: client?.description ?? "unix socket",
                requestID: context.requestID.description, status: Int(reply.response.status.code)))
    }

    // MARK: Answers

    private func finished(_ problem: Problem, _ context: RequestContext) -> Response {
        var response = problem.response(requestID: context.requestID)
        if problem.status == .unauthorized { response.fields.append(("WWW-Authenticate", "Bearer")) }
        return finished(response)
    }

    private func finished(_ response: Response) -> Response {
        var response = response
        response.fields += SecurityFields.all
        if !response.fields.contains(where: { "\($0.name)" == "Cache-Control" }) {
            response.fields.append(("Cache-Control", "no-store"))
        }
        return response
    }
}

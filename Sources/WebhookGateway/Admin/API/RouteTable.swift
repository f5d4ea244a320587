/// All routes of the admin port: the one list, and how a request finds its own.
struct RouteTable: Sendable {
    /// Every route, in the order of the documentation.
    static let all: [Route] = [
        StreamRoutes.all, EventRoutes.all, ReplayRoutes.all, DeadRoutes.all, RefusalRoutes.all, QueueRoutes.all,
        SourceRoutes.all, MappingRoutes.all, ShapeRoutes.all, DestinationRoutes.all, IntegrationRoutes.all,
        RegistryRoutes.all, TenantRoutes.all,
        CircuitRoutes.all, OperationRoutes.all, AuditRoutes.all, TokenRoutes.all, SessionRoutes.all, HealthRoutes.all,
        DocumentRoutes.all,
    ].flatMap { $0 }

    /// All addresses of the API start with it.
    static let prefix = "/api/v1"

    let routes: [Route]
    private var trie = PathTrie<Int>()

    init(_ routes: [Route] = RouteTable.all) {
        self.routes = routes
        for (index, route) in routes.enumerated() {
            trie.insert(route.method, route.path, index)
            if route.method == .get { trie.insert(.head, route.path, index) }
        }
    }

    enum Match {
        /// The route's place, and the path's parameters, undecoded.
        case route(Int, [ArraySlice<UInt8>])
        case methodNotAllowed(HTTPMethodSet)
        case notFound
    }

    func match(_ request: Request) -> Match {
        let path = request.path
        switch trie.match(request.method, path) {
        case .found(let index, let parameters):
            return .route(index, (0..<parameters.count).map { path[parameters[$0]] })
        case .methodNotAllowed(let methods): return .methodNotAllowed(methods)
        case .notFound: return .notFound
        }
    }
}

/// Every change: who, what, when, from where.
enum AuditRoutes {
    private static let entry = Shape.record([
        Shape.Member("id", .string), Shape.Member("at", .moment), Shape.Member("who", .string),
        Shape.Member("role", .string, "empty: nobody that is known"), Shape.Member("tenant", .optional(.string)),
        Shape.Member("action", .string, "the operation's name, such as `queues.pause`"),
        Shape.Member("target", .string), Shape.Member("detail", .string), Shape.Member("from", .string),
        Shape.Member("requestId", .string), Shape.Member("status", .integer(0...599), "0: on the command line"),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/audit", "audit.list", "The changes, newest first", .role(.operator),
            query: [.limit, .cursor], answer: .page("Changes.", of: entry)
        ) { request, services in
            let before = try request.cursor { AuditStore.isID($0) ? $0 : nil }
            let entries = try await services.audit.list(
                tenant: request.principal.tenant, limit: request.limit, before: before)
            return .page(entries.map(\.line.json), next: entries.count == request.limit ? entries.last?.id : nil)
        }
    ]
}

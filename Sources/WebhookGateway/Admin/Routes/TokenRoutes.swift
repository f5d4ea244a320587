/// The tokens of this API. An admin of one tenant has to do with that tenant's only.
enum TokenRoutes {
    private static let members: [Shape.Member] = [
        Shape.Member("id", .string), Shape.Member("name", .string),
        Shape.Member("role", .choice(Role.allCases.map(\.rawValue))),
        Shape.Member("tenant", .optional(.string), "null: all tenants"), Shape.Member("createdAt", .moment),
        Shape.Member("createdBy", .string), Shape.Member("expiresAt", .optional(.moment)),
        Shape.Member("lastUsedAt", .optional(.moment), "to the minute"),
    ]

    private static let id = Shape.Member("id", .name, "a token's id")

    /// Tokens that a tenant's admins make; an admin of all tenants may go beyond.
    static let mostOfTenant = 500

    static let all: [Route] = [
        Route(
            .get, "/api/v1/tokens", "tokens.list", "The tokens, without their secrets", .role(.admin),
            query: Shape.Member.part, answer: .page("All of them, oldest first.", of: .record(members))
        ) { request, services in
            let tokens = try await services.authenticator.tokens.all()
            return try request.page(tokens.filter { request.principal.sees($0.tenant) }.map(\.line.json))
        },
        Route(
            .post, "/api/v1/tokens", "tokens.create", "Make a token; its text is shown this once", .role(.admin),
            body: .object([
                Shape.Member("role", .choice(Role.allCases.map(\.rawValue)), required: true),
                Shape.Member("name", .name, "what the audit log calls it"),
                Shape.Member("tenant", .name, "the only tenant it sees; absent: as whoever creates it"),
                Shape.Member("expiresAt", .moment, "absent: never"),
            ]),
            answer: .json(
                "The token.", .record(members + [Shape.Member("token", .string, "the text to show; keep it")]),
                status: .created),
            problems: [.conflict], handle: create),
        Route(
            .delete, "/api/v1/tokens/{id}", "tokens.revoke", "Revoke a token; its sessions end", .role(.admin),
            parameters: [id], answer: .nothing("It is not accepted any more.")
        ) { request, services in
            let id = request.path("id")
            let tokens = services.authenticator.tokens
            guard let token = try await tokens.token(id), request.principal.sees(token.tenant),
                try await tokens.revoke(id)
            else { throw Problem(.notFound, "There is no token \(TextRule.quoted(id)).") }
            return .nothing
        },
    ]

    @ControlPlane
    private static func create(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        guard let role = request.text("role").flatMap(Role.init(rawValue:)) else {
            throw Problem(.badRequest, "The role is missing.")
        }
        let tenant = request.text("tenant") ?? request.principal.tenant
        guard request.principal.sees(tenant) else {
            throw Problem(.forbidden, "A tenant's admin makes tokens for that tenant only.")
        }
        let now = Clock.unixMilliseconds()
        let expiresAt = request.text("expiresAt").flatMap(Shape.milliseconds)
        if let expiresAt, expiresAt <= now {
            throw Problem(.conflict, "expiresAt has passed already.")
        }
        if let own = request.principal.tenant {
            // All tokens lie together, and whoever lists theirs reads through them.
            let count = try await services.authenticator.tokens.all().count { $0.tenant == own }
            guard count < mostOfTenant else {
                throw Problem(.conflict, "The tenant has \(count) tokens, which is the limit; revoke some first.")
            }
        }
        let (token, text) = AdminToken.make(
            name: request.text("name") ?? role.rawValue, role: role, tenant: tenant,
            createdBy: request.principal.name, expiresAt: expiresAt, now: now)
        try await services.authenticator.tokens.add(token)
        var line = token.line
        line.add("token", text)
        return .json(line, status: .created, note: "\(token.id) \(token.name), \(role.rawValue)")
    }
}

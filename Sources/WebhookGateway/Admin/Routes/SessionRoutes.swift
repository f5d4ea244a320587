import Verifiers

/// Log in, see who is logged in, log out.
enum SessionRoutes {
    private static let shape = Shape.record([
        Shape.Member("name", .string), Shape.Member("role", .choice(Role.allCases.map(\.rawValue))),
        Shape.Member("tenant", .optional(.string)),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/session", "session.show", "Who is asking", .role(.viewer),
            answer: .json("Name, role and tenant.", shape)
        ) { request, _ in .json(line(request.principal)) },
        Route(
            .post, "/api/v1/session", "session.begin", "Log a browser in, by a token or a one-time link's code", .open,
            body: .alternatives(
                [
                    Shape.Member("token", .text(longest: 8192), "an opaque token or a JSON web token"),
                    Shape.Member("code", .text(longest: 100), "what follows # in a one-time link"),
                ], among: ["token", "code"], isRequired: true),
            answer: .json("Logged in; the answer sets the session's cookie.", shape),
            problems: [.unauthorized, .tooManyRequests], handle: begin),
        Route(
            .delete, "/api/v1/session", "session.end", "Log out", .role(.viewer), answer: .nothing("Logged out.")
        ) { request, services in
            if let session = request.session { try await services.authenticator.sessions.end(session) }
            var reply = Reply.nothing
            let cookie = AdminSurroundings(services.configuration.admin).cookie("", seconds: 0)
            reply.response.fields.append(("Set-Cookie", cookie))
            return reply
        },
    ]

    @ControlPlane
    private static func begin(_ request: AdminRequest, _ services: AdminServices) async throws -> Reply {
        let authenticator = services.authenticator
        let surroundings = AdminSurroundings(services.configuration.admin)
        let holder: SessionStore.Holder
        var seconds = SessionStore.lifetime
        switch (request.text("token"), request.text("code")) {
        case (let token?, nil):
            let identity = try await authenticator.holder(of: token, from: request.peer, isLogIn: true)
            holder = SessionStore.Holder(principal: identity.principal, token: identity.token)
            // Nobody asks for a JSON web token again: its session ends when it does.
            if let end = identity.expiresAt {
                seconds = Int(min(Int64(seconds), max(1, (end - Clock.unixMilliseconds()) / 1000)))
            }
        case (nil, let code?): holder = try await authenticator.holder(ofCode: code, from: request.peer)
        default: throw Problem(.badRequest, "Either token or code must be there.")
        }
        // A page of another site must not log a browser in as somebody else.
        if request.headers.first("origin") != nil, let problem = surroundings.originProblem(request.headers) {
            throw problem
        }
        let session = try await authenticator.sessions.begin(holder, seconds: seconds)
        var reply = Reply.json(line(holder.principal))
        reply.principal = holder.principal
        reply.response.fields.append(("Set-Cookie", surroundings.cookie(session, seconds: seconds)))
        return reply
    }

    private static func line(_ principal: Principal) -> JSONLine {
        var line = JSONLine()
        line.add("name", principal.name)
        line.add("role", principal.role.rawValue)
        line.add("tenant", principal.tenant)
        return line
    }
}

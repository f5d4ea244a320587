import Verifiers

/// The OpenAPI 3.1 document, written from the declarations that route.
enum OpenAPIDocument {
    static func json(_ routes: [Route] = RouteTable.all) -> [UInt8] {
        var line = JSONLine()
        line.add("openapi", "3.1.0")
        var info = JSONLine()
        info.add("title", "webhook-gateway admin API")
        info.add("version", Version.number)
        info.add(
            "description",
            "Find, understand, mend and replay webhooks. Lists are paged: pass `next` of an answer as `cursor`.")
        line.add("info", json: info.json)
        line.add("paths", json: paths(routes))
        line.add("components", json: components)
        return line.json
    }

    private static func paths(_ routes: [Route]) -> [UInt8] {
        var paths: [(path: String, operations: JSONLine)] = []
        for route in routes {
            let path = route.path.replacing("…}", with: "}")
            if paths.last?.path != path, !paths.contains(where: { $0.path == path }) {
                paths.append((path, JSONLine()))
            }
            for index in paths.indices where paths[index].path == path {
                paths[index].operations.add(route.method.name.description.lowercased(), json: operation(route))
            }
        }
        var line = JSONLine()
        for (path, operations) in paths { line.add(path, json: operations.json) }
        return line.json
    }

    private static func operation(_ route: Route) -> [UInt8] {
        var line = JSONLine()
        line.add("operationId", route.name)
        line.add("summary", route.summary)
        line.add("tags", list: [quoted(String(route.name.prefix { $0 != "." }))])
        line.add("description", accessText(route))
        switch route.access {
        case .open: line.add("security", list: [])
        case .openOnLoopback: line.add("security", list: [Array("{}".utf8)] + schemes)
        case .role: line.add("security", list: schemes)
        }
        let parameters =
            route.pathParameters.map { parameter($0, in: "path") } + route.query.map { parameter($0, in: "query") }
            + route.headers.map { parameter($0, in: "header") }
        if !parameters.isEmpty { line.add("parameters", list: parameters) }
        if let body = route.body {
            var request = JSONLine()
            request.add("required", !route.isBodyOptional)
            request.add("content", json: content("application/json", body.schema))
            line.add("requestBody", json: request.json)
        }
        line.add("responses", json: responses(route))
        return line.json
    }

    private static func accessText(_ route: Route) -> String {
        let who: String
        switch route.access {
        case .open: who = "Open to everybody who reaches the port."
        case .openOnLoopback(let role): who = "Open on loopback; elsewhere for the role \(role.rawValue) and above."
        case .role(let role): who = "For the role \(role.rawValue) and above."
        }
        guard route.access.role != nil else { return who }
        return route.reach == .tenant
            ? "\(who) A tenant's token gets its tenant's part." : "\(who) Not for a tenant's token."
    }

    private static func parameter(_ member: Shape.Member, in place: String) -> [UInt8] {
        var line = JSONLine()
        line.add("name", member.name)
        line.add("in", place)
        line.add("required", place == "path" || member.isRequired)
        if !member.meaning.isEmpty { line.add("description", member.meaning) }
        line.add("schema", json: member.shape.schema)
        if case .list = member.shape {
            line.add("style", "form")
            line.add("explode", false)
        }
        return line.json
    }

    private static func responses(_ route: Route) -> [UInt8] {
        var line = JSONLine()
        var answer = JSONLine()
        answer.add("description", route.answer.meaning)
        switch route.answer.content {
        case .json(let shape): answer.add("content", json: content("application/json", shape.schema))
        case .other(let type):
            answer.add("content", json: content(type.description, Array(#"{"type":"string"}"#.utf8)))
        case .nothing: break
        }
        line.add("\(route.answer.status.code)", json: answer.json)
        if route.isRevalidated {
            var unchanged = JSONLine()
            unchanged.add("description", "The client's copy (If-None-Match) is the newest.")
            line.add("304", json: unchanged.json)
        }
        for status in problems(route) {
            var problem = JSONLine()
            problem.add("$ref", "#/components/responses/problem")
            line.add("\(status)", json: problem.json)
        }
        return line.json
    }

    /// The errors that a route may answer, by status.
    static func problems(_ route: Route) -> [Int] {
        var statuses: Set<UInt16> = Set(route.problems.map(\.code))
        statuses.formUnion([400, 403, 503])
        if route.access != .open { statuses.formUnion([401, 429]) }
        if !route.pathParameters.isEmpty || route.query.contains(where: { $0.name == "cursor" }) {
            statuses.insert(404)
        }
        if route.body != nil { statuses.formUnion([413, 415]) }
        return statuses.sorted().map { Int($0) }
    }

    private static func content(_ type: String, _ schema: [UInt8]) -> [UInt8] {
        var media = JSONLine()
        media.add("schema", json: schema)
        var line = JSONLine()
        line.add(type, json: media.json)
        return line.json
    }

    private static let schemes = [Array(#"{"token":[]}"#.utf8), Array(#"{"session":[]}"#.utf8)]

    private static var components: [UInt8] {
        let problem = Shape.record([
            Shape.Member("type", .string), Shape.Member("title", .string),
            Shape.Member("status", .integer(400...599)), Shape.Member("detail", .string),
            Shape.Member("requestId", .string),
        ])
        var response = JSONLine()
        response.add("description", "What went wrong (RFC 9457).")
        response.add("content", json: content("application/problem+json", problem.schema))
        var responses = JSONLine()
        responses.add("problem", json: response.json)
        var token = JSONLine()
        token.add("type", "http")
        token.add("scheme", "bearer")
        var session = JSONLine()
        session.add("type", "apiKey")
        session.add("in", "cookie")
        session.add("name", RequestCredentials.cookie.description)
        var schemes = JSONLine()
        schemes.add("token", json: token.json)
        schemes.add("session", json: session.json)
        var line = JSONLine()
        line.add("responses", json: responses.json)
        line.add("securitySchemes", json: schemes.json)
        return line.json
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(text, to: &bytes)
        return bytes
    }
}

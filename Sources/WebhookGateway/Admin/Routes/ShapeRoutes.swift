import Verifiers

/// What a source's payloads look like, as far as they were seen, and what has changed in them.
enum ShapeRoutes {
    private static let source = Shape.Member("source", .name, "a source's name")
    private static let type = Shape.Member("type", .text(longest: 200), "the provider's type; `*` allowed")
    private static let kinds = Shape.list(.choice(JSONKinds.all.map(\.name)))

    private static let summary: [Shape.Member] = [
        Shape.Member("type", .string, "the provider's type"),
        Shape.Member("samples", .integer(1 ... .max), "how many payloads it was learned from"),
        Shape.Member("firstSeen", .moment), Shape.Member("lastSeen", .moment),
        Shape.Member("fieldCount", .integer(0 ... .max)),
        Shape.Member("full", .boolean, "whether there are more fields than are kept"),
    ]

    private static let field = Shape.record([
        Shape.Member("path", .string, "as mappings write it; `{*}` stands for the keys of a map"),
        Shape.Member("types", kinds), Shape.Member("optional", .boolean, "whether payloads come without it"),
        Shape.Member("count", .integer(0 ... .max), "in how many samples it was"),
        Shape.Member("gone", .boolean, "it was in all payloads, and is in none now"),
    ])

    private static let change = Shape.record([
        Shape.Member("at", .moment), Shape.Member("type", .string, "the provider's type"),
        Shape.Member("kind", .choice(ShapeChange.Kind.allCases.map(\.rawValue))), Shape.Member("path", .string),
        Shape.Member("was", kinds), Shape.Member("now", kinds),
    ])

    static let all: [Route] = [
        Route(
            .get, "/api/v1/sources/{source}/types", "types.list", "The provider's types that were seen", .role(.viewer),
            .installation, parameters: [source], answer: .page("The types.", of: .record(summary))
        ) { request, services in
            let shapes = try await services.shapes.shapes(of: try known(request, services))
            return .page(
                shapes.sorted { $0.key < $1.key }.map { type, shape in shape.summary(type: type).json }, next: nil)
        },
        Route(
            .get, "/api/v1/sources/{source}/fields", "types.fields", "The fields that payloads of these types have",
            .role(.viewer), .installation, parameters: [source], query: [type],
            answer: .page(
                "The types, with their fields.", of: .record(summary + [Shape.Member("fields", .list(field))]))
        ) { request, services in
            let pattern = request.query("type").map { TypePattern($0) }
            let shapes = try await services.shapes.shapes(of: try known(request, services))
            let meant = shapes.filter { pattern?.matches($0.key) ?? true }.sorted { $0.key < $1.key }
            return .page(
                meant.map { type, shape in
                    var line = shape.summary(type: type)
                    line.add("fields", list: shape.entries.map(\.json))
                    return line.json
                }, next: nil)
        },
        Route(
            .get, "/api/v1/sources/{source}/drift", "types.drift",
            "Fields that appeared, vanished or changed their type, newest first", .role(.viewer), .installation,
            parameters: [source], query: [type], answer: .page("The changes.", of: change)
        ) { request, services in
            let pattern = request.query("type").map { TypePattern($0) }
            let changes = try await services.shapes.changes(of: try known(request, services))
            return .page(changes.filter { pattern?.matches($0.type) ?? true }.map(\.line.json), next: nil)
        },
        Route(
            .post, "/api/v1/sources/{source}/types/forget", "types.forget",
            "Begin to learn a source's types anew, after a change that was meant", .role(.operator), .installation,
            parameters: [source],
            body: .object([Shape.Member("type", .text(longest: 200), "only this one of the provider's types")]),
            isBodyOptional: true,
            answer: .json(
                "How many types that were.", .record([Shape.Member("forgotten", .integer(0 ... .max))]))
        ) { request, services in
            let source = try known(request, services)
            var line = JSONLine()
            line.add("forgotten", try await services.shapes.forget(source, type: request.text("type")))
            return .json(line)
        },
    ]

    /// The source's name; one that has left the configuration is not shown.
    @ControlPlane
    private static func known(_ request: AdminRequest, _ services: AdminServices) throws(Problem) -> String {
        let name = request.path("source")
        guard services.configuration.source(named: name) != nil else {
            throw Problem(.notFound, "The configuration has no source \(TextRule.quoted(name)).")
        }
        return name
    }
}

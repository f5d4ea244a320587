/// The API's own description, and the dashboard's files.
enum DocumentRoutes {
    static let all: [Route] =
        [
            Route(
                .get, "/api/openapi.json", "api.document", "This document", .open,
                answer: .json("OpenAPI 3.1.", .map(.anything))
            ) { _, _ in Reply(.json(.ok, OpenAPIDocument.json())) }
        ]
        + Dashboard.pages.map { path in
            Route(
                .get, path, "dashboard.page\(path.replacing("/", with: "."))", "The dashboard", .open,
                answer: .other("A page.", MediaType.html)
            ) { _, _ in try file(Dashboard.index) }
        } + [
            Route(
                .get, "/assets/{file}", "dashboard.asset", "A file of the dashboard", .open,
                parameters: [Shape.Member("file", .name, "its name")], answer: .other("The file.", "*/*")
            ) { request, _ in try file(request.path("file")) }
        ]

    private static func file(_ name: String) throws(Problem) -> Reply {
        guard let file = Dashboard.files[name] else {
            throw Problem(.notFound, "There is no file \(TextRule.quoted(name)).")
        }
        var response = Response(.ok, contentType: file.type, body: file.bytes)
        response.fields.append(("Cache-Control", "no-cache"))
        return Reply(response)
    }
}

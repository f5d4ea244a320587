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
                answer: .other("A page.", MediaType.html), isRevalidated: true
            ) { request, _ in try Dashboard.reply(Dashboard.index, to: request.headers) }
        } + [
            Route(
                .get, "/assets/{file}", "dashboard.asset", "A file of the dashboard", .open,
                parameters: [Shape.Member("file", .name, "its name")], answer: .other("The file.", "*/*"),
                isRevalidated: true
            ) { request, _ in try Dashboard.reply(request.path("file"), to: request.headers) }
        ]
}

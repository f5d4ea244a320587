import Testing
import Verifiers

@testable import WebhookGateway

/// The document is well-formed OpenAPI, and says what the routes do.
struct OpenAPITests {
    private static func document() throws -> JSONDocument { try JSONDocument(parsing: OpenAPIDocument.json()) }

    @Test func `every route is in it, with a name of its own, its parameters, its body and its answers`() throws {
        let document = try Self.document()
        #expect(document["openapi"] == "3.1.0")
        #expect(Set(RouteTable.all.map(\.name)).count == RouteTable.all.count)
        let paths = document.member("paths")
        for route in RouteTable.all {
            let operation = document.member(
                named: route.method.name.description.lowercased(), of: document.member(named: route.path, of: paths))
            #expect(document.string(of: document.member("operationId", of: operation)) == route.name)
            #expect(!document.isNull(document.member("summary", of: operation)))
            let parameters = document.count(of: document.member("parameters", of: operation))
            #expect(parameters == route.pathParameters.count + route.query.count + route.headers.count)
            #expect(document.isNull(document.member("requestBody", of: operation)) == (route.body == nil))
            let responses = document.member("responses", of: operation)
            #expect(!document.isNull(document.member(named: "\(route.answer.status.code)", of: responses)))
        }
    }

    @Test func `the parameters in a path are the declared ones, in order`() {
        for route in RouteTable.all {
            let names = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast()).replacing("…", with: "")
            }
            #expect(names == route.pathParameters.map(\.name), "\(route.path)")
        }
    }

    @Test func `each reference leads somewhere`() throws {
        let document = try Self.document()
        let text = String(decoding: OpenAPIDocument.json(), as: UTF8.self)
        for part in text.split(separator: "\"$ref\":\"").dropFirst() {
            let path = String(part.prefix { $0 != "\"" }.dropFirst(2)).replacing("/", with: ".")
            #expect(document[path] != nil, "\(path)")
        }
    }

    @Test func `every change is for operators or admins and is written to the audit log`() {
        for route in RouteTable.all where route.method != .get && route.name != "mappings.test" {
            #expect(route.isAudited, "\(route.name)")
            if route.name.hasPrefix("session.") { continue }
            #expect(route.access.role ?? .viewer > .viewer, "\(route.name)")
        }
    }
}

import Testing

@testable import WebhookGateway

@Suite struct PathTrieTests {
    private var routes: PathTrie<String> {
        var routes = PathTrie<String>()
        routes.insert(.get, "/", "root")
        routes.insert(.post, "/webhooks/{source}", "deliver")
        routes.insert(.get, "/webhooks/{source}", "handshake")
        routes.insert(.post, "/webhooks/{source}/{suffix…}", "deliver-suffix")
        routes.insert(.get, "/api/v1/events", "events")
        routes.insert(.get, "/api/v1/events/stream", "stream")
        routes.insert(.get, "/api/v1/events/{id}", "event")
        routes.insert(.get, "/api/v1/events/{id}/raw", "raw")
        routes.insert(.post, "/api/v1/events/{id}/replay", "replay")
        routes.insert(.delete, "/api/v1/events/{id}", "forget")
        routes.insert(.delete, "/api/v1/{a}/{b}/{c}", "three")
        return routes
    }

    private func look(_ method: HTTPMethod, _ path: String) -> String {
        // Slices of a request begin anywhere.
        let bytes = [0] + latin1(path)
        switch routes.match(method, bytes[1...]) {
        case .found(let value, let parameters):
            return ([value] + (0..<parameters.count).map { String(decoding: bytes[parameters[$0]], as: UTF8.self) })
                .joined(separator: " ")
        case .methodNotAllowed(let allowed):
            return "allow "
                + HTTPMethod.allCases.filter(allowed.contains).map(\.name.description).joined(separator: ",")
        case .notFound: return "none"
        }
    }

    @Test(
        arguments: [
            (.get, "/", "root"), (.get, "", "root"), (.post, "/webhooks/stripe", "deliver stripe"),
            (.get, "/webhooks/stripe", "handshake stripe"), (.post, "/webhooks/a/b/c", "deliver-suffix a b/c"),
            (.post, "/webhooks/a/", "deliver-suffix a "), (.post, "/webhooks/a//", "deliver-suffix a /"),
            (.get, "/api/v1/events", "events"), (.get, "/api/v1/events/stream", "stream"),
            (.get, "/api/v1/events/01J", "event 01J"), (.get, "/api/v1/events/stream/raw", "raw stream"),
            (.post, "/api/v1/events/x/replay", "replay x"), (.delete, "/api/v1/events/x/y", "three events x y"),
            (.get, "/webhooks", "none"), (.get, "/webhooks/", "none"), (.post, "/Webhooks/stripe", "none"),
            (.get, "/api/v1/events/", "none"), (.get, "/api/v1/events/a/b/c", "none"), (.get, "*", "none"),
            (.get, "webhooks/stripe", "none"), (.post, "//webhooks/stripe", "none"),
            (.put, "/webhooks/stripe", "allow GET,POST"), (.get, "/webhooks/stripe/x", "allow POST"),
            (.other, "/", "allow GET"), (.put, "/api/v1/events/x/raw", "allow GET"),
            (.delete, "/api/v1/events/x/raw", "allow GET"), (.delete, "/api/v1/events/stream", "allow GET"),
        ] as [(HTTPMethod, String, String)])
    func `paths lead to their routes`(method: HTTPMethod, path: String, result: String) {
        #expect(look(method, path) == result)
    }
}

import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Events that are sent once more by the real gateway, through its API.
    struct ReplayTests {
        /// The API of a gateway, asked by a token of its own.
        private struct API {
            let port: UInt16
            let token: String

            init(_ home: GatewayHome, _ gateway: GatewayProcess) throws {
                port = gateway.adminPort
                let created = try home.run("token", "create", "--role", "admin")
                token = String(created.output.prefix { !$0.isWhitespace })
            }

            /// The same token at another life of the gateway.
            init(_ api: API, _ gateway: GatewayProcess) { (port, token) = (gateway.adminPort, api.token) }

            func ask(_ method: String, _ path: String, _ body: String = "") throws -> JSONDocument {
                let type = body.isEmpty ? "" : "Content-Type: application/json\r\n"
                let request =
                    "\(method) /api/v1/\(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                    + "\(type)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                let answer = try HTTPProbe.exchange(request.utf8, port: port)
                #expect(answer.code < 300, "\(method) \(path): \(answer.text)")
                return try JSONDocument(parsing: answer.body)
            }

            func wait(for state: String, of replay: String) throws -> JSONDocument {
                var job = try ask("GET", "replays/\(replay)")
                try waitUntil("the replay to be \(state)") {
                    job = try ask("GET", "replays/\(replay)")
                    return job["state"] == state
                }
                return job
            }
        }

        private static func configuration(_ server: FakeHTTPServer) -> String {
            GatewayHome.sources
                + """
                destinations: { crm: { type: "webhook", url: "\(server.url("/in"))", allowPrivateAddresses: true,
                                       credentials: { secret: "env:RECEIVER_SECRET" } } },
                """
        }

        @Test func `a forced replay comes under a new key with the old id, by whatever way it was asked for`() throws {
            let server = try FakeHTTPServer()
            let home = try GatewayHome(Self.configuration(server))
            defer { home.close() }
            let gateway = try home.start()
            let api = try API(home, gateway)
            #expect(try home.run("send", "stripe", "--to", gateway.url).code == 0)
            try waitUntil("the event at its destination") { server.received.count == 1 }
            let id = try #require(server.received[0].headers["webhook-id"])

            let orders = [
                ("events/\(id)/replay", #"{"force":true}"#, "\(id)-r1"),
                ("events/\(id)/replay", #"{"force":true,"destination":"crm"}"#, "\(id)-r2"),
                ("events/\(id)/replay", #"{"destination":"crm"}"#, id),
                ("replays", #"{"filter":{},"force":true}"#, "\(id)-r3"),
                ("replays", #"{"filter":{"source":"stripe"},"destinations":["crm"],"force":true}"#, "\(id)-r4"),
                ("events/\(id)/replay", "", id),
            ]
            for (number, (path, body, key)) in orders.enumerated() {
                let answer = try api.ask("POST", path, body)
                let replay = try #require(answer["replay"] ?? answer["id"])
                try waitUntil("replay \(number)") { server.received.count == number + 2 }
                let request = server.received[number + 1]
                #expect(request.headers["webhook-id"] == key, "\(path) \(body)")
                let event = try JSONDocument(parsing: request.body)
                #expect(event["id"] == id)
                #expect(event["replay"] == replay)
                try waitUntil("its settlement") {
                    try api.ask("GET", "events/\(id)")["destinations.0.status"] == "delivered"
                }
            }
            let log = try api.ask("GET", "audit")
            #expect(log["items.4.detail"]?.hasSuffix(", forced") == true, "\(log["items.4.detail"] ?? "")")
        }

        @Test func `mapped anew an event has what the mapping of now says, and its id`() throws {
            let server = try FakeHTTPServer()
            let home = try GatewayHome(Self.configuration(server))
            defer { home.close() }
            let gateway = try home.start()
            let api = try API(home, gateway)
            #expect(try home.run("send", "stripe", "--to", gateway.url).code == 0)
            try waitUntil("the event at its destination") { server.received.count == 1 }
            let first = try JSONDocument(parsing: server.received[0].body)
            let id = try #require(first["id"])
            let text = "[{ match: '*', type: 'mended.type', fields: { fresh: 'id' } }]"
            #expect(try api.ask("PUT", "mappings/stripe", #"{"text":"\#(text)"}"#)["origin"] == "api")

            for (number, (path, body)) in [
                ("events/\(id)/replay", #"{"mapping":"current"}"#), ("replays", #"{"filter":{},"mapping":"current"}"#),
                ("events/\(id)/replay", #"{"mapping":"original"}"#),
            ].enumerated() {
                _ = try api.ask("POST", path, body)
                try waitUntil("replay \(number)") { server.received.count == number + 2 }
                let event = try JSONDocument(parsing: server.received[number + 1].body)
                // From the first replay on, what is archived is the mended event.
                #expect(event["type"] == "mended.type" && event["id"] == id)
                #expect(event["data.fresh"] != nil)
            }
        }

        @Test func `a replay that kill -9 interrupts twice goes on, and sends each event exactly once`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            var gateway = try home.start()
            var api = try API(home, gateway)
            let count = 60
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "\(count)").code == 0)
            let queue = Keys().queue("inbox")
            let before = try home.events().map { try Event(json: Array($0.utf8)).id }
            #expect(before.count == count)
            _ = try home.redis().command("DEL", .text(queue))

            // Nobody consumes the queue: what the replay sent lies there to be counted.
            let order = #"{"filter":{},"queue":"inbox","rate":40}"#
            let replay = try #require(try api.ask("POST", "replays", order)["id"])
            for share in [count / 4, count / 2] {
                try waitUntil("\(share) events") { try home.events().count >= share }
                gateway.program.signal(SIGKILL)
                _ = try gateway.program.finish()
                gateway = try home.start()
                api = API(api, gateway)
            }
            let job = try api.wait(for: "done", of: replay)
            #expect(job["done"] == "\(count)" && job["total"] == "\(count)" && job["failed"] == "0")
            let sent = try home.events().map { try JSONDocument(parsing: $0.utf8) }
            #expect(sent.allSatisfy { $0["replay"] == replay })
            #expect(sent.compactMap { $0["id"] }.sorted() == before.sorted())
            let ledger = try api.ask("GET", "ledger")
            #expect(ledger["unaccounted"] == "0" && ledger["balanced"] == "true")
        }
    }
}

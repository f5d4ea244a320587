import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Events on their way to a destination of the user's own.
    struct DestinationTests {
        private static func destination(_ url: String, retry: String = "{ baseSeconds: 1, maxSeconds: 1 }") -> String {
            """
            \(GatewayHome.sources)
            destinations: { crm: { type: "webhook", url: "\(url)", credentials: { secret: "env:RECEIVER_SECRET" },
                                   allowPrivateAddresses: true, retry: \(retry), circuit: { openSeconds: 1 } } },
            """
        }

        /// A receiver that believes nothing but the public library; prints what it verified.
        private static let receiver = """
            import http.server, os, sys
            from standardwebhooks.webhooks import Webhook
            class Receiver(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["content-length"]))
                    Webhook(os.environ["RECEIVER_SECRET"]).verify(body, dict(self.headers))
                    print(self.headers["webhook-id"], body.decode(), flush=True)
                    self.send_response(204)
                    self.end_headers()
                def log_message(self, *arguments):
                    pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
            print(server.server_port, flush=True)
            server.serve_forever()

            """

        @Test(.enabled(if: Python.isAvailable, "needs Python with standardwebhooks"))
        func `a webhook destination gets each event once, and the public library verifies it`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            try HostFile.replace("\(home.path)/receiver.py", Array(Self.receiver.utf8))
            let receiver = try home.launch(try #require(Python.path), ["receiver.py"])
            try waitUntil("the receiver's port") { receiver.output.contains("\n") }
            let port = try #require(receiver.output.split(separator: "\n").first)
            try home.configure(Self.destination("http://127.0.0.1:\(port)/in"))
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "100").code == 0)
            #expect(try home.run("send", "square", "--to", gateway.url).code == 0)
            #expect(try home.run("send", "square", "--to", gateway.url).code == 0)

            func received() -> [Substring] { Array(receiver.output.split(separator: "\n").dropFirst()) }
            try waitUntil("101 events at the receiver") { received().count >= 101 }
            // Whatever is still on its way has arrived when the gateway has drained.
            #expect(try gateway.stop().code == 0)
            #expect(receiver.errors == "")
            #expect(received().count == 101)
            let queued = try home.start()
            #expect(queued.port > 0)
            for event in try home.events() {
                let id = try #require(try JSONDocument(parsing: event.utf8)["id"])
                #expect(received().count { $0 == "\(id) \(event)" } == 1)
            }
        }

        @Test func `a destination that fails is tried again, and what it refuses waits on the dead list until retried`()
            throws
        {
            let isBroken = Switch(true)
            let server = try FakeHTTPServer { request in
                // The first attempt meets an outage, later ones a receiver that has forgotten the address.
                [.answer(isBroken.isOn ? (request.number == 0 ? 503 : 410) : 200)]
            }
            let home = try GatewayHome(Self.destination(server.url("/in")))
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url).code == 0)
            try waitUntil("a dead event") { try home.run("dead", "list", "--json").output.contains("crm") }
            #expect(server.received.count == 2)
            let listed = try home.run("dead", "list")
            #expect(listed.code == 0)
            #expect(listed.output.contains("crm"))

            isBroken.turn(false)
            let retried = try home.run("dead", "retry", "--all", "--destination", "crm")
            #expect(retried.code == 0, "\(retried)")
            try waitUntil("the delivery") { server.received.count == 3 }
            let ids = server.received.map { $0.headers["webhook-id"] }
            #expect(Set(ids).count == 1)
            try waitUntil("an empty dead list") { try !home.run("dead", "list", "--json").output.contains("crm") }
            #expect(server.received.count == 3)
        }

        @Test
        func
            `when a destination of the file last took an event, and last failed, is told everywhere and outlives a restart`()
            throws
        {
            let isBroken = Switch(true)
            let server = try FakeHTTPServer { _ in [.answer(isBroken.isOn ? 503 : 200)] }
            let home = try GatewayHome(Self.destination(server.url("/in")))
            defer { home.close() }
            let first = try home.start()
            func crm(_ admin: IntegrationTests.Admin) throws -> JSONDocument {
                try admin.ask("GET", "/destinations").json
            }
            let admin = try IntegrationTests.Admin(home, first)
            #expect(try crm(admin)["items.0.destination"] == "crm" && crm(admin)["items.0.lastDeliveryAt"] == nil)
            let began = Clock.unixMilliseconds()
            #expect(try home.run("send", "stripe", "--to", first.url).code == 0)
            try waitUntil("word of the failure") { try crm(admin)["items.0.lastErrorAt"] != nil }
            #expect(try crm(admin)["items.0.lastDeliveryAt"] == nil)
            isBroken.turn(false)
            try waitUntil("word of the delivery") { try crm(admin)["items.0.lastDeliveryAt"] != nil }

            let told = try #require(try crm(admin)["items.0.lastDeliveryAt"])
            #expect((began...Clock.unixMilliseconds()).contains(try #require(Shape.milliseconds(told))))
            let shown = try admin.ask("GET", "/integrations/destinations.crm").json
            #expect(shown["origin"] == "declared" && shown["lastDeliveryAt"] == told)
            #expect(try home.run("destinations", "list", "--json").output.contains(told))
            // It is for events of all tenants: one of them is not told when others had some.
            let tenant = try crm(try IntegrationTests.Admin(home, first, tenant: "default"))
            #expect(tenant["items.0.destination"] == "crm" && tenant["items.0.lastDeliveryAt"] == nil)
            #expect(try first.stop().code == 0)
            let again = try crm(try IntegrationTests.Admin(home, try home.start()))
            #expect(again["items.0.lastDeliveryAt"] == told)
        }

        @Test func `a destination that comes back gets what it missed`() throws {
            let isBroken = Switch(true)
            let server = try FakeHTTPServer { _ in [.answer(isBroken.isOn ? 500 : 200)] }
            let home = try GatewayHome(Self.destination(server.url("/in")))
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "20").code == 0)
            // Ten failures in a row open the circuit: the rest is not even tried until it is answered again.
            try waitUntil("failed attempts") { server.received.count >= 10 }
            let failures = server.received.count
            isBroken.turn(false)
            try waitUntil("all delivered") {
                try home.run("destinations", "list", "--json").output.contains(#""done":20"#)
            }
            #expect(try gateway.stop().code == 0)
            let delivered = server.received.dropFirst(failures).map { $0.headers["webhook-id"] }
            #expect(Set(delivered).count == 20)
        }
    }
}

/// Something that a test turns on and off while a server's threads look at it.
private final class Switch: Sendable {
    private let state: Mutex<Bool>

    init(_ isOn: Bool) { state = Mutex(isOn) }

    var isOn: Bool { state.withLock { $0 } }

    func turn(_ isOn: Bool) { state.withLock { $0 = isOn } }
}

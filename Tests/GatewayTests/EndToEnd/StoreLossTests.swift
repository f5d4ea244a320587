import Glibc
import Testing

@testable import WebhookGateway

extension EndToEndTests {
    /// What an operator sees of a store that forgets, and of a queue that is full.
    struct StoreLossTests {
        @Test func `a Redis that comes back empty is noticed, counted and named`() throws {
            let server = try RedisServer()
            defer { server.stop() }
            let home = try GatewayHome("\(GatewayHome.sources) redis: { url: 'unix://\(server.socketPath)' }")
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "5").code == 0)
            #expect(try home.run("audit").code == 0)
            server.kill()
            try server.start()
            try waitUntil("the loss") { try gateway.metric("webhook_lost_by_store_events") == 5 }
            #expect(try gateway.metric("webhook_unaccounted_events") == 5)
            // What comes in later is counted as ever, and the loss stays.
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "3").code == 0)
            let audit = try home.run("audit")
            #expect(audit.code == 1)
            #expect(audit.output.contains("the store: 5 confirmed events lost"))
            let doctor = try home.run("doctor")
            #expect(doctor.code == 1)
            #expect(doctor.output.contains("the store has lost 5 events that it had confirmed"))
            let lines = gateway.log.filter { $0["message"]?.hasPrefix("the store has lost acknowledged") == true }
            #expect(lines.compactMap { Int($0["events"] ?? "") }.reduce(0, +) == 5)
            #expect(gateway.logLine("Redis has been started anew, or is another one") != nil)
        }

        @Test func `a full queue answers 503 with Retry-After until there is room, and keeps nothing of it`() throws {
            let home = try GatewayHome("\(GatewayHome.sources) queues: { maxDepth: 1 }")
            defer { home.close() }
            let gateway = try home.start()
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
            // A duplicate needs no room.
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
            let request = try home.fixture("square/payment.updated")
            let refused = try gateway.post(request)
            #expect(refused.code == 503)
            #expect(refused.header("retry-after") != nil)
            #expect(refused.text.contains("queue is full"))
            #expect(try gateway.metric(#"webhook_requests_total{source="square",outcome="queue_full"}"#) == 1)
            #expect(try gateway.metric("webhook_spool_events") == nil)
            try home.redis().command("DEL", .text(Keys().queue("inbox")))
            try waitUntil("the forwarder") { try home.events(on: "events").isEmpty }
            #expect(try gateway.post(request).text.contains("\"duplicate\":false"))
        }

        @Test func `check names a destination that has left while events wait for it`() throws {
            let sources = GatewayHome.sources
            let home = try GatewayHome(
                "\(sources) destinations: { crm: { type: 'webhook', url: 'http://127.0.0.1:9', allowPrivateAddresses: true, credentials: { secret: 'env:RECEIVER_SECRET' } } }"
            )
            defer { home.close() }
            let gateway = try home.start()
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
            let lane = #"webhook_lane_events{destination="crm",state="delayed"}"#
            try waitUntil("the first attempt") { try gateway.metric(lane) == 1 }
            #expect(!(try home.run("check").errors.contains("crm")))
            try home.configure(sources)
            for command in ["check", "doctor"] {
                let result = try home.run(command)
                #expect(result.code == 0)
                #expect((result.errors + result.output).contains("destinations drain|move|discard crm"))
            }
            gateway.program.signal(SIGHUP)
            try waitUntil("the orphan") { try gateway.metric(#"webhook_orphan_lane{destination="crm"}"#) == 1 }
        }
    }
}

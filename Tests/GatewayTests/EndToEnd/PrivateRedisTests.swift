import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// The gateway's own redis-server: supervised, adopted, ended last.
    struct PrivateRedisTests {
        @Test func `without a spool deliveries are answered 503 while Redis is gone, and its successor takes them`()
            throws
        {
            let home = try GatewayHome(GatewayHome.sources + "spool: { enabled: false }")
            defer { home.close() }
            let gateway = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            #expect(try gateway.post(request).code == 200)
            // Stopped, not killed: the supervisor must not be faster than this test.
            let first = try #require(try home.redisProcess())
            kill(first, SIGSTOP)
            let refused = try gateway.post(try home.fixture("stripe/charge.succeeded"))
            #expect(refused.code == 503)
            #expect(refused.header("retry-after") != nil)
            kill(first, SIGKILL)
            try waitForSuccessor(of: first, in: home)
            try waitUntil("200 again") { try gateway.post(try home.fixture("stripe/charge.succeeded")).code == 200 }
            // What was acknowledged before is still known and still there.
            #expect(try JSONDocument(parsing: try gateway.post(request).body)["duplicate"] == "true")
            #expect(try home.events().count == 2)
        }

        @Test func `with a spool deliveries are kept on disk while Redis is gone, and are queued when it is back`()
            throws
        {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let known = try home.fixture("stripe/payment_intent.succeeded")
            #expect(try gateway.post(known).code == 200)
            let first = try #require(try home.redisProcess())
            kill(first, SIGSTOP)
            let request = try home.fixture("stripe/charge.succeeded")
            let kept = try gateway.post(request)
            #expect(kept.code == 200)
            let answer = try JSONDocument(parsing: kept.body)
            #expect(answer["spooled"] == "true")
            #expect(answer["duplicate"] == nil)
            let id = try #require(answer["id"])
            #expect(try gateway.post(known).code == 200)
            kill(first, SIGKILL)
            try waitForSuccessor(of: first, in: home)

            try waitUntil("the spooled event on the queue") { try home.events().count == 2 }
            let queued = try #require(try home.events().last)
            #expect(try JSONDocument(parsing: queued.utf8)["id"] == id)
            try waitUntil("an answer from Redis") {
                try JSONDocument(parsing: try gateway.post(request).body)["duplicate"] == "true"
            }
            #expect(try JSONDocument(parsing: try gateway.post(request).body)["id"] == id)
            // The one that came again while Redis was gone proved to be known.
            #expect(try gateway.stop().code == 0)
            _ = try home.start()
            #expect(try home.events().count == 2)
        }

        @Test func `a Redis that outlived a killed gateway is adopted with its data`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let killed = try home.start()
            let request = try home.fixture("stripe/payment_intent.succeeded")
            let id = try JSONDocument(parsing: try killed.post(request).body)["id"]
            let redis = try #require(try home.redisProcess())
            killed.program.signal(SIGKILL)
            #expect(try killed.program.finish().end == .signal(SIGKILL))
            #expect(try home.redisProcess() == redis)

            let gateway = try home.start()
            #expect(gateway.logLine("private Redis adopted")?["pid"] == "\(redis)")
            let answer = try JSONDocument(parsing: try gateway.post(request).body)
            #expect(answer["duplicate"] == "true")
            #expect(answer["id"] == id)
            #expect(try home.events().count == 1)

            // An adopted server is supervised and stopped like one's own.
            kill(redis, SIGKILL)
            try waitForSuccessor(of: redis, in: home)
            try waitUntil("200 again") { try gateway.post(request).code == 200 }
            #expect(try home.events().count == 1)
            #expect(try gateway.stop().code == 0)
            #expect(try home.redisProcess() == nil)
        }

        @Test func `a start after a stop finds the data`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let request = try home.fixture("square/payment.created")
            let first = try home.start()
            let id = try JSONDocument(parsing: try first.post(request).body)["id"]
            #expect(try first.stop().code == 0)
            #expect(try home.redisProcess() == nil)
            let second = try home.start()
            let answer = try JSONDocument(parsing: try second.post(request).body)
            #expect(answer["duplicate"] == "true")
            #expect(answer["id"] == id)
        }

        @Test func `a second gateway on the same data directory is refused`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let gateway = try home.start()
            let second = try home.run("serve")
            #expect(second.code == 1)
            #expect(second.errors.contains("in use by another webhook-gateway (process \(gateway.program.pid))"))
            #expect(try gateway.post(try home.fixture("stripe/payment_intent.succeeded")).code == 200)
        }

        @Test func `roles of their own need a Redis that can be shared`() throws {
            let home = try GatewayHome()
            defer { home.close() }
            let result = try home.run("serve", "--roles", "ingest,admin")
            #expect(result.code == 2)
            #expect(result.errors.contains("redis.url"))
        }

        @Test func `gateways that share a Redis divide the roles`() throws {
            let server = try RedisServer()
            defer { server.stop() }
            let members = """
                \(GatewayHome.sources)
                redis: { url: "unix://\(server.socketPath)" }, destinations: { out: { type: "console" } },
                """
            let (front, back, desk) = (
                try GatewayHome(members), try GatewayHome(members), try GatewayHome(members)
            )
            defer {
                front.close()
                back.close()
                desk.close()
            }
            let ingest = try front.start(["--roles", "ingest,admin"])
            let forward = try back.start(["--roles", "forward"])
            #expect(forward.port == 0)
            #expect(try ingest.post(try front.fixture("stripe/payment_intent.succeeded")).code == 200)
            try waitUntil("the event on the other's console") { !forward.console.isEmpty }
            #expect(ingest.console == [])
            let admin = try desk.start(["--roles", "admin"])
            #expect(admin.port == 0)
            try waitUntil("a process without ingest workers has its Redis, too") {
                try admin.metric("webhook_redis_up") == 1
            }
            #expect(try admin.stop().code == 0)
            #expect(try ingest.stop().code == 0)
            #expect(try forward.stop().code == 0)
        }

        private func waitForSuccessor(of process: pid_t, in home: GatewayHome) throws {
            try waitUntil("another Redis") {
                guard let other = try home.redisProcess() else { return false }
                return other != process
            }
        }
    }
}

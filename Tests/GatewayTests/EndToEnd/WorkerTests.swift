import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Workers by the open protocol alone: the program in docs/workers.md, and the commands one by one.
    struct WorkerTests {
        /// The Python program of docs/workers.md.
        static func worker() throws -> String {
            let document = try ConfigurationSamples.repositoryFile("docs/workers.md")
            let start = try #require(document.firstRange(of: "```python\n")).upperBound
            return String(document[start...].prefix { $0 != "`" })
        }

        private static let sources = """
            sources: { stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], queues: ["jobs"] } },
            queues: { leaseCheckSeconds: 1 },
            """

        private static let needsPython: ConditionTrait = .enabled(
            if: Python.isAvailable, "needs Python with redis-py: scripts/install-dependencies --tests")

        @Test(needsPython) func `a worker in Python consumes a queue, each event once`() throws {
            let home = try GatewayHome(Self.sources)
            defer { home.close() }
            let gateway = try home.start()
            let (python, program) = (try #require(Python.path), try Self.worker())
            let workers = try (0..<2).map { _ in try home.launch(python, ["-c", program]) }
            let sent = try home.run("send", "stripe", "--to", gateway.url, "--count", "200", "--json")
            #expect(sent.code == 0)
            func lines() -> [Substring] { workers.flatMap { $0.output.split(separator: "\n") } }
            try waitUntil("200 events at the workers") { lines().count >= 200 }
            try waitUntil("empty lists") { try home.redis().command("KEYS", "*:work:jobs:*").elements == [] }
            #expect(try home.events(on: "jobs") == [])
            #expect(Set(lines()).count == 200)
            #expect(lines().count == 200)
            for worker in workers { #expect(worker.errors == "") }
        }

        @Test(needsPython) func `the event of a worker that was killed goes to another one after the lease`() throws {
            let home = try GatewayHome(Self.sources)
            defer { home.close() }
            let gateway = try home.start()
            let (python, program) = (try #require(Python.path), try Self.worker())
            // As documented, but for a shorter lease and a job that never ends.
            let hanging = program.replacing("LEASE = 30", with: "LEASE = 7")
                .replacing("flush=True)", with: "flush=True); socket.create_server((\"127.0.0.1\", 0)).accept()")
            let victim = try home.launch(python, ["-c", hanging])
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "3").code == 0)
            try waitUntil("an event at the worker") { victim.output.contains("\n") }
            victim.signal(SIGKILL)
            #expect(try victim.finish().end == .signal(SIGKILL))
            let lost = try #require(victim.output.split(separator: "\n").first)
            #expect(try home.events(on: "jobs").count == 2)

            // The whole queue again, the lost event at its head.
            try waitUntil("the event's return") { try home.events(on: "jobs").count == 3 }
            #expect(try home.events(on: "jobs").first == String(lost))
            let successor = try home.launch(python, ["-c", program])
            try waitUntil("three events at the other worker") { successor.output.split(separator: "\n").count == 3 }
            #expect(successor.output.split(separator: "\n").first == lost)
            try waitUntil("an empty work list") { try home.redis().command("KEYS", "*:work:jobs:*").elements == [] }
        }

        @Test func `an event comes back when it is due, and one given up is on the dead list until retried`() throws {
            let home = try GatewayHome(Self.sources)
            defer { home.close() }
            let gateway = try home.start()
            #expect(try home.run("send", "stripe", "--to", gateway.url).code == 0)
            let redis = try home.redis()
            let work = "wh:{0}:work:jobs:me-1"
            func take() throws -> [UInt8] {
                try redis.command("SET", "wh:{0}:lease:jobs:me-1", 1, "EX", 60)
                try redis.command("SADD", "wh:{0}:consumers:jobs", "me-1")
                let event = try redis.command("BLMOVE", "wh:{0}:queue:jobs", .text(work), "LEFT", "RIGHT", 30)
                return try #require(event.bytes)
            }

            let event = try take()
            try redis.command("MULTI")
            try redis.command("LREM", .text(work), 1, .bytes(event))
            try redis.command("ZADD", "wh:{0}:delayed:jobs", .integer(Clock.unixMilliseconds() + 300), .bytes(event))
            try redis.command("EXEC")
            #expect(try home.events(on: "jobs") == [])

            // It is due, and taken again.
            #expect(try take() == event)
            try redis.command("MULTI")
            try redis.command("LREM", .text(work), 1, .bytes(event))
            try redis.command("RPUSH", "wh:{0}:dead:jobs", .bytes(event))
            try redis.command("EXEC")
            #expect(try home.run("dead", "list", "--queue", "jobs", "--json").output.contains("payment.succeeded"))
            #expect(try home.run("dead", "retry", "--all", "--queue", "jobs").code == 0)
            #expect(try take() == event)
            #expect(try redis.command("LREM", .text(work), 1, .bytes(event)) == .integer(1))
            #expect(try home.events(on: "jobs") == [])
        }
    }
}

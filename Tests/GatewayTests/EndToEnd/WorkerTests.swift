import Glibc
import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// Workers in another language, by the open protocol alone: redis-py, no code of ours.
    @Suite(.enabled(if: Python.isAvailable, "needs Python with redis-py: scripts/install-dependencies --tests"))
    struct WorkerTests {
        /// Takes events from the queue `jobs` and writes each to a file; with `hang`, stops at the first and lives on.
        private static let worker = """
            import os, random, socket, sys, time, redis
            store = redis.Redis(unix_socket_path="data/redis.sock")
            me, lease = f"{socket.gethostname()}-{os.getpid()}-{random.randrange(1 << 32)}", int(sys.argv[1])
            queue, work = "wh:{0}:queue:jobs", "wh:{0}:work:jobs:" + me
            while True:
                store.set("wh:{0}:lease:jobs:" + me, 1, ex=lease)
                store.sadd("wh:{0}:consumers:jobs", me)
                event = store.blmove(queue, work, 1, "LEFT", "RIGHT")
                if event is None:
                    continue
                print(event.decode(), flush=True)
                while "hang" in sys.argv:
                    time.sleep(1)
                if store.lrem(work, 1, event) == 0:
                    print("the lease lapsed", file=sys.stderr)

            """

        private static let sources = """
            sources: { stripe: { provider: "stripe", secrets: ["env:STRIPE_SECRET"], queues: ["jobs"] } },
            queues: { leaseCheckSeconds: 1 },
            """

        private func home() throws -> GatewayHome {
            let home = try GatewayHome(Self.sources)
            try HostFile.replace("\(home.path)/worker.py", Array(Self.worker.utf8))
            return home
        }

        @Test func `a worker in Python consumes a queue, each event once`() throws {
            let home = try home()
            defer { home.close() }
            let gateway = try home.start()
            let workers = try (0..<2).map { _ in try home.launch(try #require(Python.path), ["worker.py", "30"]) }
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

        @Test func `the event of a worker that was killed goes to another one after the lease`() throws {
            let home = try home()
            defer { home.close() }
            let gateway = try home.start()
            let python = try #require(Python.path)
            let victim = try home.launch(python, ["worker.py", "2", "hang"])
            #expect(try home.run("send", "stripe", "--to", gateway.url, "--count", "3").code == 0)
            try waitUntil("an event at the worker") { victim.output.contains("\n") }
            victim.signal(SIGKILL)
            #expect(try victim.finish().end == .signal(SIGKILL))
            let lost = try #require(victim.output.split(separator: "\n").first)
            #expect(try home.events(on: "jobs").count == 2)

            // The whole queue again, the lost event at its head.
            try waitUntil("the event's return") { try home.events(on: "jobs").count == 3 }
            #expect(try home.events(on: "jobs").first == String(lost))
            let successor = try home.launch(python, ["worker.py", "30"])
            try waitUntil("three events at the other worker") { successor.output.split(separator: "\n").count == 3 }
            #expect(successor.output.split(separator: "\n").first == lost)
            try waitUntil("an empty work list") { try home.redis().command("KEYS", "*:work:jobs:*").elements == [] }
        }
    }
}

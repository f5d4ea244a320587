import Testing
import Verifiers

@testable import WebhookGateway

extension EndToEndTests {
    /// `conform`: the worker of docs/workers.md is acquitted, and each kind of wrong one is found out.
    struct ConformTests {
        private static let needsPython: ConditionTrait = .enabled(
            if: Python.isAvailable, "needs Python with redis-py: scripts/install-dependencies --tests")

        /// Lines that all the wrong workers begin with.
        private static let beginning = """
            import json, os, random, time, redis
            store = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=10)
            queue, me = "wh:{0}:queue:jobs", str(random.random())
            work, lease, consumers = "wh:{0}:work:jobs:" + me, "wh:{0}:lease:jobs:" + me, "wh:{0}:consumers:jobs"

            """

        @Test(needsPython) func `the documented worker loses nothing`() throws {
            let verdict = try verdict(on: try WorkerTests.worker(), events: 400, faults: 6, seconds: 40)
            #expect(verdict.code == 0)
            #expect(verdict["conformant"] == "true")
            #expect(verdict["lost"] == "0")
            #expect(verdict["stuck"] == "0")
            #expect(verdict["doubledWithoutFault"] == "0")
            #expect(verdict["events"] == "400")
            #expect(verdict["finished"] == "400")
            #expect(try #require(Int(verdict["faults"])) > 0)
        }

        @Test(needsPython) func `a worker without a work list loses events`() throws {
            let verdict = try verdict(
                on: Self.beginning + """
                    while True:
                        store.sadd(consumers, me)
                        store.blpop(queue, 5)
                    """, events: 60, faults: 2, seconds: 20)
            #expect(verdict.code == 1)
            #expect(verdict["lost"] == "60")
            #expect(verdict.text.contains("take with BLMOVE into a work list"))
            #expect(verdict.text.contains("LPOP wh:{0}:queue:jobs"))
        }

        @Test(needsPython) func `a worker that removes an event before its work is done is found by what it reports`()
            throws
        {
            let verdict = try verdict(
                on: Self.beginning + """
                    while True:
                        store.set(lease, 1, ex=30)
                        store.sadd(consumers, me)
                        event = store.blmove(queue, work, 5, "LEFT", "RIGHT")
                        if event:
                            store.lrem(work, 1, event)
                            time.sleep(0.02)
                            store.rpush(os.environ["WEBHOOK_REPORT"], json.loads(event)["id"])
                    """, events: 200, faults: 12, seconds: 30)
            #expect(verdict.code == 1)
            #expect(try #require(Int(verdict["lost"])) > 0)
            #expect(verdict.text.contains("finish (LREM) after the work, not before"))
        }

        @Test func `a program that is no worker is told so`() throws {
            let home = try GatewayHome(nil)
            defer { home.close() }
            let result = try home.run("conform", "--queue", "jobs", "--seconds", "5", "--events", "5", "--", "true")
            #expect(result.code == 1)
            #expect(result.output.contains("no event was finished"))
            #expect(try home.run("conform", "--queue", "jobs", "--", "no-such-program").code == 2)
            #expect(try home.run("conform", "--queue", "jobs").code == 2)
        }

        /// What `conform --json` says of a program in Python.
        private struct Verdict {
            var code: Int32?
            var text: String
            var document: JSONDocument

            subscript(name: String) -> String { document[name] ?? "" }
        }

        private func verdict(on program: String, events: Int, faults: Int, seconds: Int) throws -> Verdict {
            let home = try GatewayHome(nil)
            defer { home.close() }
            let result = try home.run(
                "conform", "--queue", "jobs", "--seed", "7", "--events", "\(events)", "--faults", "\(faults)",
                "--seconds", "\(seconds)", "--json", "--", try #require(Python.path), "-c", program)
            let document = try JSONDocument(parsing: result.output.utf8)
            return Verdict(code: result.code, text: result.output, document: document)
        }
    }
}

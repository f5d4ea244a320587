import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct QueuesCommandTests {
    @Test func `list counts what waits, is in work, delayed and dead, with stable names`() async throws {
        try await CommandBench.run { bench in
            try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"), CommandBench.payment("3"))
            try await bench.deliver("no JSON")
            let (keys, link) = (bench.store.keys, bench.store.connection)
            _ = try await link.pipeline([
                ["SET", .text(keys.lease("inbox", "w")), "1", "EX", 60], ["SADD", .text(keys.consumers("inbox")), "w"],
                ["LMOVE", .text(keys.queue("inbox")), .text(keys.work("inbox", "w")), "LEFT", "RIGHT"],
                ["LMOVE", .text(keys.queue("inbox")), .text(keys.dead("inbox")), "LEFT", "RIGHT"],
            ])
            let lines = try await bench.run("queues", "list", "--json").lines()
            #expect(lines.map { $0["queue"] } == ["events", "inbox"])
            let inbox = lines[1]
            let names = [
                "queue", "waiting", "delayed", "dead", "quarantined", "consumers", "inFlight", "oldestSeconds",
                "paused",
            ]
            #expect(inbox.children(of: .root).compactMap { inbox.name(of: $0) } == names)
            #expect(inbox["waiting"] == "1" && inbox["inFlight"] == "1" && inbox["dead"] == "1")
            #expect(inbox["consumers"] == "1" && inbox["paused"] == "false")
            #expect(lines[0]["waiting"] == "3" && lines[0]["dead"] == "0" && lines[0]["quarantined"] == "1")
            let table = try await bench.run("queues", "list")
            #expect(table.code == 0 && table.output.hasPrefix("QUEUE   WAITING"))
            try await bench.expectBalance()
        }
    }

    @Test func `peek shows the next events as they lie there, and takes none`() async throws {
        try await CommandBench.run { bench in
            let ids = try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            _ = try await bench.store.connection.command(["RPUSH", .text(bench.store.keys.queue("inbox")), "junk"])
            let before = try await bench.store.list(bench.store.keys.queue("inbox"))
            let first = try await bench.run("queues", "peek", "inbox", "--count", "1", "--json")
            #expect(first.output == before[0] + "\n")
            let all = try await bench.run("queues", "peek", "inbox", "--json").lines()
            #expect(all.map { $0["id"] } == [ids[0], ids[1], nil])
            #expect(all[2]["entry"] == "junk")
            #expect(try await bench.run("queues", "peek", "inbox").output.contains("not an event"))
            #expect(try await bench.store.list(bench.store.keys.queue("inbox")) == before)
        }
    }

    @Test func `a pause holds for every worker, and afterwards the old order is there again`() async throws {
        try await CommandBench.run { bench in
            let (keys, link) = (bench.store.keys, bench.store.connection)
            try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            let take: [RedisArgument] = [
                "LMOVE", .text(keys.queue("inbox")), .text(keys.work("inbox", "gone")), "LEFT", "RIGHT",
            ]
            _ = try await link.command(["SADD", .text(keys.consumers("inbox")), "gone"])
            let taken = try await link.command(take).string
            #expect(try await bench.run("queues", "pause", "inbox").output == "inbox: paused; 1 entry waiting\n")
            #expect(try await bench.run("queues", "pause", "inbox").output.contains("nothing changed"))
            #expect(try await link.command(take) == .null)
            try await bench.deliver(CommandBench.payment("3"))
            _ = try await link.command(["ZADD", .text(keys.delayed("inbox")), 1, "due"])
            _ = try await link.command(["RPUSH", .text(keys.queue("inbox")), "a stranger's"])
            let reaper = QueueReaper(connection: link, keys: keys, mostReturns: 5)
            try await reaper.watch(["inbox"])
            _ = try await reaper.round()
            let line = try #require(try await bench.run("queues", "list", "--json").lines().last)
            #expect(line["paused"] == "true" && line["waiting"] == "5" && line["inFlight"] == "0")

            #expect(try await bench.run("queues", "resume", "inbox").output == "inbox: resumed; 5 entries waiting\n")
            #expect(try await bench.run("queues", "resume", "inbox").output.contains("it was not paused"))
            let list = try await bench.store.list(keys.queue("inbox"))
            #expect(list[0] == "due" && list[1] == taken && list[4] == "a stranger's")
            #expect(list[2].contains("pi_2") && list[3].contains("pi_3"))
            #expect(
                try await bench.store.integer([
                    "EXISTS", .text(keys.queueAside("inbox")), .text(keys.queuePaused("inbox")),
                ]) == 0)
        }
    }

    @Test func `a worker that waits in a blocking take gets the first entry on resume`() async throws {
        try await CommandBench.run { bench in
            let keys = bench.store.keys
            try await bench.deliver(CommandBench.payment("1"))
            _ = try await bench.run("queues", "pause", "events")
            var settings = bench.store.server.settings
            settings.commandDeadline = nil
            let blocking = RedisConnection(settings, scripts: [], loop: ControlPlane.loop)
            defer { blocking.stop() }
            try #require(await blocking.becomesReady(within: .seconds(30)))
            var taken: RedisReply?
            blocking.send([
                "BLMOVE", .text(keys.queue("events")), .text(keys.work("events", "w")), "LEFT", "RIGHT", 60,
            ]) { result in
                if case .success(let reply) = result { taken = reply }
            }
            #expect(try await bench.run("queues", "resume", "events").code == 0)
            // Replies come in order: when this one is there, so is the other.
            _ = try await blocking.command(["PING"])
            #expect(taken?.string?.contains("pi_1") == true)
        }
    }

    @Test func `clear discards what waits, and the books say so`() async throws {
        try await CommandBench.run { bench in
            let ids = try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            _ = try await bench.run("queues", "pause", "events")
            try await bench.deliver(CommandBench.payment("3"))
            #expect(try await bench.run("queues", "clear", "events").output == "events: 3 entries discarded\n")
            #expect(try await bench.run("queues", "clear", "inbox").output == "inbox: 3 entries discarded\n")
            #expect(try await bench.store.ledger("queue:events:discarded") == 3)
            #expect(try await bench.run("events", "show", ids[0], "--json").object()["status"] == "discarded")
            try await bench.expectBalance()
        }
    }

    @Test func `clear takes many in parts, and a replay that waited leaves its event as it was`() async throws {
        try await CommandBench.run { bench in
            try await bench.store.enqueue(0..<1201)
            let state = bench.store.keys.state(StoreFixture.id(7))
            _ = try await bench.store.connection.command([
                "HSET", .text(state), "status", "queued", "pending", 0, "to:crm", "delivered",
            ])
            #expect(try await bench.run("queues", "clear", "events").output == "events: 1201 entries discarded\n")
            #expect(try await bench.store.state(7)["status"] == "delivered")
            #expect(try await bench.store.state(1200)["status"] == "discarded")
            #expect(try await bench.store.unaccountedEvents() == 0)
        }
    }

    @Test(arguments: [
        ["queues"], ["queues", "peek"], ["queues", "peek", "a:b"], ["queues", "pause", "x", "y"],
        ["queues", "list", "--count", "3"], ["queues", "look"],
    ])
    func `a command line that makes no sense is told so`(words: [String]) async throws {
        try await CommandBench.run { bench in
            let answer = try await bench.run(words)
            #expect(answer.code == 2 && answer.output.isEmpty && answer.errors.contains("queues"))
        }
    }
}

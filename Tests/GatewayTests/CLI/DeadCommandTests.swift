import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct DeadCommandTests {
    /// The bench's configuration with a mapping of its own: a rule named `pay` that asks no amount of a payment.
    private static func mapping(subject: String = "") -> String {
        CommandBench.members.replacing(#"provider: "stripe""#, with: #"provider: "stripe", mapping: "own""#)
            + """
            mappings: { own: { rules: [{
              name: "pay", match: ["payment_intent.*"], type: "payment.succeeded", \(subject)
              fields: { "payment.id": "data.object.id" },
            }] } }
            """
    }

    @Test func `dead letters are listed with the reason, shown with their attempts, and filtered`() async throws {
        try await CommandBench.run { bench in
            let id = try await bench.deliver(CommandBench.payment("1"))[0]
            try await bench.deliver("no JSON")
            try await bench.dispatch()
            try await bench.settle("crm", .dead)
            let lines = try await bench.run("dead", "list", "--json").lines()
            #expect(lines.map { $0["quarantined"] } == ["false", "true"])
            let names = [
                "id", "destination", "queue", "eventId", "type", "source", "tenant", "category", "reason", "httpStatus",
                "attempts", "deadAt", "quarantined",
            ]
            for line in lines { #expect(line.children(of: .root).compactMap { line.name(of: $0) } == names) }
            #expect(lines[0]["id"] == "crm/\(id)" && lines[0]["category"] == "provider_error")
            #expect(lines[1]["queue"] == "events" && lines[1]["source"] == "shop")
            let shown = try await bench.run("dead", "show", id, "--json").object()
            #expect(shown["attemptRecords.0.attempt"] == "1" && shown["event.id"] == id)
            #expect(try await bench.run("dead", "show", id).output.contains("\\u001b[31mfailed"))
            for (words, count) in [
                (["--destination", "crm"], 1), (["--destination", "log"], 0), (["--queue", "events"], 1),
                (["--category", "data_error"], 1), (["--source", "shop"], 2), (["--type", "payment.*"], 1),
                (["--limit", "1"], 1),
            ] {
                #expect(try await bench.run(["dead", "list", "--json"] + words).lines().count == count, "\(words)")
            }
        }
    }

    @Test func `retry and discard move dead letters of a lane, and the books balance`() async throws {
        try await CommandBench.run { bench in
            let ids = try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            try await bench.dispatch()
            try await bench.settle("crm", .dead)
            try await bench.settle("log", .done)
            #expect(try await bench.run("dead", "retry", "crm/\(ids[0])").output == "1 taken up again\n")
            #expect(try await bench.store.list(bench.store.keys.lane("crm")) == [ids[0]])
            try await bench.expectBalance()
            let discarded = try await bench.run("dead", "discard", "--all", "--destination", "crm", "--json").object()
            #expect(discarded["changed"] == "1" && discarded["refused"] == "[]")
            try await bench.expectBalance()
            let again = try await bench.run("dead", "retry", "crm/\(ids[1])", "01NOSUCHEVENT")
            #expect(again.code == 1 && again.output == "0 taken up again\n")
            #expect(again.errors.contains("crm/\(ids[1]): it is not on the dead list"))
            #expect(again.errors.contains("01NOSUCHEVENT"))
            #expect(try await bench.store.ledger("lane:crm:died:provider_error") == 2)
        }
    }

    @Test func `what a worker gave up goes back to its queue, paused or not`() async throws {
        try await CommandBench.run { bench in
            let keys = bench.store.keys
            let ids = try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"))
            for _ in 1...2 {
                _ = try await bench.store.connection.command(
                    ["LMOVE", .text(keys.queue("inbox")), .text(keys.dead("inbox")), "LEFT", "RIGHT"])
            }
            #expect(try await bench.run("dead", "retry", "queue:inbox/\(ids[0])").code == 0)
            #expect(try await bench.store.list(keys.queue("inbox")).count == 1)
            _ = try await bench.run("queues", "pause", "inbox")
            #expect(try await bench.run("dead", "retry", "--all", "--queue", "inbox").code == 0)
            #expect(try await bench.store.list(keys.queueAside("inbox")).count == 2)
            #expect(try await bench.store.list(keys.queue("inbox")) == [])
            try await bench.expectBalance()
        }
    }

    @Test func `a quarantined delivery stays with the reason of now, until a mapping fits it`() async throws {
        try await CommandBench.run { bench in
            let keys = bench.store.keys
            let id = try await bench.deliver(CommandBench.payment("1", hasAmount: false))[0]
            let refused = try await bench.run("dead", "retry", id)
            #expect(
                refused.code == 1 && refused.errors.contains("it stays quarantined")
                    && refused.errors.contains("amount"))
            try bench.configure(
                Self.mapping(subject: #"subject: { from: "data.object.missing", required: true },"#))
            let other = try await bench.run("dead", "retry", id)
            #expect(other.code == 1, "\(other)")
            let letter = try #require(try await bench.run("dead", "list", "--json").lines().first)
            #expect(letter["reason"]?.contains("\"pay\"") == true, "the reason is that of the mapping of now")
            try await bench.expectBalance()

            try bench.configure(Self.mapping())
            #expect(try await bench.run("dead", "retry", id).output == "1 taken up again\n")
            #expect(try await bench.store.list(keys.dead("events")) == [])
            for queue in ["events", "inbox"] {
                let event = try JSONDocument(
                    parsing: try #require(try await bench.store.list(keys.queue(queue)).first).utf8)
                #expect(event["id"] == id && event["type"] == "payment.succeeded" && event["data.payment.id"] == "pi_1")
                #expect(event["quarantined"] == nil && event["receivedat"] == "2026-11-21T08:41:01.000Z")
            }
            let shown = try await bench.run("events", "show", id, "--json").object()
            #expect(shown["status"] == "queued" && shown["metadata.reason"] == nil)
            #expect(
                try await bench.run("events", "show", id, "--raw").output == CommandBench.payment("1", hasAmount: false)
            )
            #expect(try await bench.store.ledger("source:shop:quarantined") == 0)
            #expect(try await bench.store.ledger("source:shop:queued") == 1)
            #expect(try await bench.store.expiry(keys.event(id)) > 0)
            #expect(try await bench.deliver(CommandBench.payment("1")) == [id], "it is known as its first delivery")
            try await bench.expectBalance()
        }
    }

    @Test func `a quarantined delivery whose event has come since is its duplicate`() async throws {
        try await CommandBench.run { bench in
            let id = try await bench.deliver(CommandBench.payment("1", hasAmount: false))[0]
            // The dedupe window has passed, and the provider has sent it once more, whole.
            _ = try await bench.store.connection.command(["DEL", .text("\(bench.store.keys.dedupePrefix("shop"))1")])
            let second = try await bench.deliver(CommandBench.payment("1"))[0]
            try bench.configure(Self.mapping())
            #expect(try await bench.run("dead", "retry", "--all").code == 0)
            #expect(try await bench.run("events", "list", "--json").lines().map { $0["id"] } == [second])
            #expect(try await bench.store.integer(["EXISTS", .text(bench.store.keys.event(id))]) == 0)
            #expect(try await bench.store.ledger("source:shop:duplicate") == 1)
            try await bench.expectBalance()
        }
    }

    @Test func `a quarantined delivery can be discarded`() async throws {
        try await CommandBench.run { bench in
            let id = try await bench.deliver("no JSON at all")[0]
            #expect(try await bench.run("dead", "retry", "--all").code == 1)
            #expect(try await bench.run("dead", "discard", "--all", "--source", "shop").output == "1 discarded\n")
            #expect(try await bench.store.ledger("source:shop:discarded") == 1)
            #expect(try await bench.run("events", "show", id, "--json").object()["status"] == "discarded")
            #expect(try await bench.store.expiry(bench.store.keys.event(id)) > 0)
            try await bench.expectBalance()
        }
    }

    @Test(arguments: [
        ["retry"], ["retry", "--all", "x"], ["discard", "x", "--source", "shop"], ["list", "--category", "netwrk"],
        ["list", "--cursor", "x"], ["list", "--from", "yesterday"],
    ])
    func `a command line that makes no sense changes nothing`(words: [String]) async throws {
        try await CommandBench.run { bench in
            try await bench.deliver("no JSON")
            let answer = try await bench.run(["dead"] + words)
            #expect(answer.code == 2 && answer.output.isEmpty)
            #expect(try await bench.store.list(bench.store.keys.dead("events")).count == 1)
        }
    }
}

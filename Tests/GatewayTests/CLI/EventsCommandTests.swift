import Testing
import Verifiers

@testable import WebhookGateway

@ControlPlane
struct EventsCommandTests {
    @Test func `list goes back in time page by page, and each event is told once`() async throws {
        try await CommandBench.run { bench in
            var ids: [String] = []
            for number in 1...5 {
                ids += try await bench.deliver(
                    CommandBench.payment("\(number)"), at: 1_795_250_461_000 + Int64(number / 2))
            }
            var told: [String] = []
            var cursor: [String] = []
            repeat {
                let page = try await bench.run(["events", "list", "--json", "--limit", "2"] + cursor)
                try #require(page.code == 0, "\(page.errors)")
                told += try page.lines().compactMap { $0["id"] }
                let next = page.errors.split(separator: " ").last.map { String($0.dropLast()) }
                cursor = next.map { ["--cursor", $0] } ?? []
            } while !cursor.isEmpty
            #expect(told == ids.reversed())
            let line = try #require(try await bench.run("events", "list", "--json", "--limit", "1").lines().first)
            let names = [
                "id", "receivedAt", "source", "type", "status", "tenant", "subject", "providerType", "providerId",
            ]
            #expect(line.children(of: .root).compactMap { line.name(of: $0) } == names)
            #expect(line["source"] == "shop" && line["type"] == "payment.succeeded" && line["providerId"] == "5")
        }
    }

    @Test func `filters restrict by source, type, status and time`() async throws {
        try await CommandBench.run { bench in
            let early = try await bench.deliver(CommandBench.payment("1"), at: 1_795_000_000_000)
            let late = try await bench.deliver(
                #"{"id":"evt_2","type":"customer.strange","created":1795250460,"data":{"object":{"id":"cus_1"}}}"#)
            let bad = try await bench.deliver("no JSON")
            func list(_ words: String...) async throws -> [String?] {
                try await bench.run(["events", "list", "--json"] + words).lines().map { $0["id"] }
            }
            #expect(try await list("--type", "payment.*") == early)
            #expect(try await list("--type", "stripe.customer.*") == late)
            #expect(try await list("--status", "quarantined") == bad)
            #expect(try await list("--status", "queued").count == 2)
            #expect(try await list("--to", "1795000000") == early)
            #expect(try await list("--from", "2026-11-20T00:00:00Z").count == 2)
            #expect(try await list("--source", "shop").count == 3)
            #expect(try await list("--source", "other") == [])
            let other = try await bench.run("events", "list", "--source", "shpo")
            #expect(other.code == 1 && other.errors.contains("did you mean shop?"))
            #expect(try await list("--q", "cus_1") == late)
            #expect(try await list("--destination", "crm") == [])
            #expect(try await bench.run("events", "list", "--status", "ded").errors.contains("did you mean dead?"))
        }
    }

    @Test func `the status follows the event's way`() async throws {
        try await CommandBench.run { bench in
            let id = try await bench.deliver(CommandBench.payment("1"))[0]
            func status() async throws -> String? {
                try await bench.run("events", "show", id, "--json").object()["status"]
            }
            #expect(try await status() == "queued")
            try await bench.dispatch()
            #expect(try await status() == "forwarding")
            try await bench.settle("crm", .done)
            try await bench.settle("log", .dead)
            #expect(try await status() == "partly")
            _ = try await bench.run("dead", "retry", id)
            #expect(try await status() == "forwarding")
            try await bench.settle("log", .done)
            #expect(try await status() == "delivered")
            try await bench.expectBalance()
        }
    }

    @Test func `show finds by either id, tells the whole story, and escapes what a terminal would obey`() async throws {
        try await CommandBench.run { bench in
            let id = try await bench.deliver(CommandBench.payment("evt_7"))[0]
            try await bench.dispatch()
            try await bench.settle("crm", .retry)
            let line = try await bench.run("events", "show", "evt_7", "--json").object()
            #expect(line["id"] == id && line["event.providerid"] == "evt_7" && line["metadata.source"] == "shop")
            #expect(line["destinations.0.destination"] == "crm" && line["destinations.0.status"] == "retrying")
            #expect(line["destinations.0.httpStatus"] == "503" && line["destinations.0.category"] == "provider_error")
            #expect(line["destinations.1.status"] == "waiting" && line["attempts.0.attempt"] == "1")
            #expect(line["bodyBytes"] == "\(CommandBench.payment("evt_7").utf8.count)")
            let shown = try await bench.run("events", "show", id)
            #expect(shown.output.contains("\\u001b[31mfailed") && !shown.output.contains("\u{1B}"))
            #expect(shown.output.contains("\"providerid\": \"evt_7\""))
            #expect(try await bench.run("events", "show", id, "--raw").output == CommandBench.payment("evt_7"))
            let missing = try await bench.run("events", "show", "evt_8")
            #expect(missing.code == 1 && missing.errors.contains("there is no event"))
        }
    }

    @Test func `a replay goes to one destination or to the queue, says so in the event, and enters the books`()
        async throws
    {
        try await CommandBench.run { bench in
            let id = try await bench.deliver(CommandBench.payment("1"))[0]
            try await bench.dispatch()
            let early = try await bench.run("events", "replay", id, "--to", "crm")
            #expect(early.code == 1 && early.errors.contains("still waits"))
            try await bench.settle("crm", .done)
            try await bench.settle("log", .dead)

            #expect(try await bench.run("events", "replay", id, "--to", "crm").code == 0)
            #expect(try await bench.run("events", "replay", id, "--to", "log").code == 0)
            #expect(try await bench.store.ledger("lane:crm:entered") == 2)
            #expect(try await bench.store.ledger("lane:log:entered") == 1, "a dead letter has entered before")
            try await bench.expectBalance()
            let sent = try JSONDocument(parsing: try #require(try await bench.settle("crm", .done).first).utf8)
            #expect(sent["id"] == id && sent["replay"]?.count == 26 && sent["data.amount.minor"] == "1999")
            try await bench.settle("log", .done)

            #expect(try await bench.run("events", "replay", "1").code == 0)
            #expect(try await bench.run("events", "replay", "1", "--queue", "inbox").code == 0)
            #expect(try await bench.store.ledger("queue:events:entered") == 2)
            #expect(try await bench.store.list(bench.store.keys.queue("inbox")).count == 2)
            try await bench.expectBalance()
            try await bench.dispatch()
            #expect(try await bench.settle("log", .done).count == 1)
            #expect(try await bench.settle("crm", .done).count == 1)
            #expect(try await bench.run("events", "show", id, "--json").object()["status"] == "delivered")
            try await bench.expectBalance()
            #expect(try await bench.run("events", "replay", id, "--to", "nowhere").code == 1)
        }
    }
}

import Glibc
import Testing

@testable import WebhookGateway

@ControlPlane
struct AuditCommandTests {
    @Test func `every term is told, and a mix of everything balances`() async throws {
        try await CommandBench.run { bench in
            try await bench.deliver(
                CommandBench.payment("1"), CommandBench.payment("2"), CommandBench.payment("1"), "no JSON")
            try await bench.dispatch()
            try await bench.settle("crm", .retry)
            try await bench.settle("log", .dead)
            let ids = try await bench.deliver(CommandBench.payment("3"))
            _ = try await bench.store.queueStore("other").claim()
            let audit = try await bench.run("audit", "--json").object()
            #expect(audit["balanced"] == "true" && audit["unaccounted"] == "0" && ids.count == 1)
            for (path, value) in [
                ("sources.0.source", "shop"), ("sources.0.accepted", "5"), ("sources.0.queued", "3"),
                ("sources.0.duplicate", "1"), ("sources.0.quarantined", "1"), ("sources.0.spooled", "0"),
                ("queues.0.queue", "events"), ("queues.0.entered", "3"), ("queues.0.done", "2"),
                ("queues.0.inFlight", "1"), ("queues.0.dead", "0"), ("queues.0.quarantined", "1"),
                ("queues.1.queue", "inbox"), ("queues.1.waiting", "3"), ("queues.1.doneByWorkersWord", "true"),
                ("lanes.0.destination", "crm"), ("lanes.0.delayed", "2"), ("lanes.1.dead", "2"),
            ] { #expect(audit[path] == value, "\(path)") }
            let table = try await bench.run("audit")
            #expect(table.code == 0 && table.output.contains("balanced: every accepted event is accounted for"))
        }
    }

    @Test func `whatever vanishes is missed, and its place is named`() async throws {
        try await CommandBench.run { bench in
            try await bench.deliver(CommandBench.payment("1"), CommandBench.payment("2"), "no JSON")
            try await bench.dispatch()
            let (keys, link) = (bench.store.keys, bench.store.connection)
            _ = try await link.command(["LPOP", .text(keys.lane("crm"))])
            let lane = try await bench.run("audit")
            #expect(lane.code == 1 && lane.output.contains("not balanced: lane crm: 1 missing"))
            _ = try await link.command(["DEL", .text(keys.dead("events"))])
            #expect(try await bench.run("audit").output.contains("queue events: 1 missing; lane crm: 1 missing"))
            _ = try await link.command(["HINCRBY", .text(keys.ledger), "source:shop:queued", 1])
            let all = try await bench.run("audit", "--json")
            #expect(try all.code == 1 && all.object()["unaccounted"] == "3")
        }
    }

    @Test func `what lies in the spool was accepted and is told`() async throws {
        try await CommandBench.run { bench in
            let known = try await bench.deliver(CommandBench.payment("1"))
            let status = SpoolStatus(maxBytes: 1 << 20)
            try #require(mkdir("\(bench.path)/data", 0o700) == 0)
            let folder = try SpoolFolder.create(in: "\(bench.path)/data/spool", named: "a", status: status)
            var ids = ULIDGenerator()
            let records = [try #require(ULID(known[0])), ids.next(milliseconds: 1), ids.next(milliseconds: 1)].map {
                id in
                SpoolRecord(
                    source: "shop", queues: ["events"], dedupeWindowSeconds: 60,
                    event: NewEvent(id: id, type: "t", key: "k", json: [], metadata: [], body: []))
            }
            try folder.append(records, segmentBytes: 1 << 20)
            let audit = try await bench.run("audit", "--json").object()
            #expect(audit["sources.0.spooled"] == "2", "the third has been drained")
            #expect(audit["sources.0.accepted"] == "3" && audit["balanced"] == "true")
        }
    }
}

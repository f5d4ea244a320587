import Testing

@testable import WebhookGateway

/// `destinations drain|move|discard` on the real executable, and what the other commands say of an orphan.
@ControlPlane
struct OrphanCommandTests {
    private nonisolated static let source = """
        sources: { shop: { provider: "stripe", secrets: ["whsec_test"] } },
        """
    /// The configuration after `crm` has left it.
    private nonisolated static let members = source + "destinations: { log: { type: \"console\" } },"

    private static func run(_ body: @ControlPlane (CommandBench) async throws -> Void) async throws {
        try await CommandBench.run(members) { bench in
            try await bench.store.dispatch(0..<3, to: ["crm"])
            try await body(bench)
        }
    }

    private static func orphan(in bench: CommandBench) async throws -> Int {
        try await bench.store.list(bench.store.keys.lane("crm")).count
    }

    @Test func `what waits is delivered by the file that still has the destination`() async throws {
        try await Self.run { bench in
            let old = """
                { redis: { url: "unix://\(bench.store.server.socketPath)" }, \(Self.source)
                  destinations: { crm: { type: "file", settings: { path: "\(bench.path)/out.jsonl" } } } }
                """
            _ = try HostFile.create("\(bench.path)/old.json5", Array(old.utf8))
            let answer = try await bench.run("destinations", "drain", "crm", "--from", "old.json5")
            #expect(answer.code == 0, "\(answer)")
            #expect(answer.output == "crm: 3 delivered, 0 dead\n")
            let lines = String(decoding: try HostFile.read("\(bench.path)/out.jsonl"), as: UTF8.self).split(
                separator: "\n")
            #expect(lines.map(String.init) == (0..<3).map { StoreFixture.json($0) })
            #expect(try await bench.store.unaccounted(lane: "crm") == 0)
            let again = try await bench.run("destinations", "drain", "crm", "--from", "old.json5")
            #expect(again.output == "crm: 0 delivered, 0 dead\n")
        }
    }

    @Test func `what waits goes to another destination, or is given up`() async throws {
        try await Self.run { bench in
            let moved = try await bench.run("destinations", "move", "crm", "--to", "log")
            #expect(moved.code == 0, "\(moved)")
            #expect(moved.output == "crm: 3 events moved to log\n")
            #expect(try await bench.store.list(bench.store.keys.lane("log")).count == 3)
            #expect(try await Self.orphan(in: bench) == 0)

            try await bench.store.dispatch(3..<5, to: ["crm"])
            let discarded = try await bench.run("destinations", "discard", "crm")
            #expect(discarded.output == "crm: 2 events discarded\n")
            #expect(try await Self.orphan(in: bench) == 0)
            for lane in ["crm", "log"] { #expect(try await bench.store.unaccounted(lane: lane) == 0) }
        }
    }

    @Test func `a destination of the configuration is none, and mistakes change nothing`() async throws {
        try await Self.run { bench in
            let named = try await bench.run("destinations", "discard", "log")
            #expect(named.code == 1)
            #expect(named.errors.contains("log is a destination of the configuration"))
            let nowhere = try await bench.run("destinations", "move", "crm", "--to", "lgo")
            #expect(nowhere.code == 1)
            #expect(nowhere.errors.contains("did you mean log?"))
            #expect(try await bench.run("destinations", "drain", "crm").code == 2)
            let without = try await bench.run("destinations", "drain", "crm", "--from", "gateway.json5")
            #expect(without.code == 2)
            #expect(without.errors.contains("gateway.json5 has no destination \"crm\" either"))
            #expect(try await Self.orphan(in: bench) == 3)
            let check = try await bench.run("check")
            #expect(check.errors.contains("destinations.crm: not there any more, but 3 events are owed to it"))
        }
    }
}

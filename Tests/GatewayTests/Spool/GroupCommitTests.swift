import Testing

@testable import WebhookGateway

/// Deliveries on their way to a server that syncs each write.
@ControlPlane
struct GroupCommitTests {
    @Test func `deliveries that come while a write is under way share the next one`() async throws {
        try await SpoolBench.run(.init(isDurable: true, isExamined: true)) { bench in
            #expect(bench.connection.syncsEachWrite)
            let before = try syncs(bench)
            bench.server.suspend()
            let events = [NewEvent].samples(0..<40)
            var answers = 0
            // The first one leaves alone, all others together once it has been answered.
            for (number, event) in events.enumerated() {
                bench.store.accept([event], of: bench.source) { if $0.isNew { answers += 1 } }
                if number == 0 { try await eventually("it has left") { bench.connection.pendingCount > 0 } }
            }
            bench.server.resume()
            try await eventually("all are stored") { answers == 40 }
            #expect(try syncs(bench) == before + 2)
            try bench.expectExactly(events)
        }
    }

    @Test func `what has not left when the connection is lost goes to the spool`() async throws {
        try await SpoolBench.run(.init(isDurable: true, isExamined: true)) { bench in
            bench.proxy.set(.holdAnswers)
            let events = [NewEvent].samples(0..<600)
            var spooled = 0
            for (number, event) in events.enumerated() {
                bench.store.accept([event], of: bench.source) { if $0.isSpooled { spooled += 1 } }
                if number == 0 { try await eventually("it has left") { bench.connection.pendingCount > 0 } }
            }
            bench.proxy.set(.cut)
            try await eventually("all are spooled") { spooled == 600 }
            bench.proxy.set(.pass)
            try await bench.isDrained()
            try bench.expectExactly(events)
        }
    }

    @Test func `a server that syncs seldom gets deliveries as they come`() async throws {
        let seldom = ["--appendfsync", "everysec"]
        try await SpoolBench.run(.init(isDurable: true, isExamined: true, serverArguments: seldom)) { bench in
            #expect(!bench.connection.syncsEachWrite)
            for result in await bench.acceptAll(.samples(0..<40)) { #expect(result.isNew) }
            let count = try syncs(bench)
            #expect(count == 0)
        }
    }

    /// How many transactions the server has executed.
    private func syncs(_ bench: SpoolBench) throws -> Int {
        let statistics = try bench.probe().command("INFO", "commandstats").string ?? ""
        let line = statistics.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_exec:calls=") }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
    }
}

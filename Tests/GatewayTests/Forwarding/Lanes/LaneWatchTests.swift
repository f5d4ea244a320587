import Testing

@testable import WebhookGateway

@ControlPlane
struct LaneWatchTests {
    @Test func `idle lanes ask for nothing; the one that another process feeds is woken, and rests again`() async throws
    {
        try await StoreFixture.run { store in
            let quiet = Log(level: .error)
            let link = StoreLink(store.server.settings, scripts: Forwarder.scripts, log: quiet)
            link.start()
            defer { link.stop() }
            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count, status: 200) }
            // More than one command asks for.
            let lanes = (0..<450).map { number in
                Lane(
                    DestinationConfiguration(name: "crm-\(number)"), destination: destination,
                    store: LaneStore(
                        "crm-\(number)", connection: link.connection, keys: store.keys, archiveSeconds: 600),
                    link: link, log: quiet, isWatched: true)
            }
            for lane in lanes { lane.start() }
            let watch = LaneWatch(link: link, keys: store.keys) { lanes }
            watch.start()
            @ControlPlane func claims() async throws -> Int {
                let text = try await store.connection.command(["INFO", "commandstats"]).string ?? ""
                let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_evalsha:calls=") }
                return line.flatMap { Int($0.dropFirst(22).prefix { $0 != "," }) } ?? 0
            }
            @ControlPlane func looks() async throws -> Int {
                let text = try await store.connection.command(["INFO", "commandstats"]).string ?? ""
                return text.contains("cmdstat_exists:") ? 1 : 0
            }
            try await eventually("a look") { try await looks() > 0 }
            #expect(try await claims() == 0)
            #expect(lanes.filter(\.isIdle).count == lanes.count)

            try await store.dispatch(0..<1, to: ["crm-431"])
            try await eventually("the event is delivered") { try await store.ledger("lane:crm-431:done") == 1 }
            #expect(lanes.filter { $0.counts.requests > 0 }.map(\.name) == ["crm-431"])
            try await eventually("it rests again") { lanes[431].isIdle }

            try await store.dispatch(1..<2, to: ["crm-431"])
            try await eventually("the next event is delivered") { try await store.ledger("lane:crm-431:done") == 2 }
            await watch.stop()
            for lane in lanes { await lane.stop(within: .seconds(1)) }
        }
    }

    @Test func `a lane that was never woken ends at once, and closes its destination`() async throws {
        try await StoreFixture.run { store in
            let quiet = Log(level: .error)
            let link = StoreLink(store.server.settings, scripts: Forwarder.scripts, log: quiet)
            defer { link.stop() }
            let destination = AnsweringDestination { AttemptResult(.delivered, count: $0.count) }
            let lane = Lane(
                DestinationConfiguration(name: "crm"), destination: destination,
                store: LaneStore("crm", connection: link.connection, keys: store.keys, archiveSeconds: 600),
                link: link, log: quiet, isWatched: true)
            lane.start()
            await lane.stop(within: .seconds(60))
            #expect(destination.isClosed)
            lane.wake()
            #expect(lane.counts == Lane.Counts())
        }
    }
}

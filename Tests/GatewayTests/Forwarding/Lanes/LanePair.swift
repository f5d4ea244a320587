@testable import WebhookGateway

/// Two lanes of one destination on one Redis, as two forwarders have them.
@ControlPlane
enum LanePair {
    static func run(
        _ store: StoreFixture, _ configuration: DestinationConfiguration, _ destination: AnsweringDestination,
        _ body: @ControlPlane ([Lane]) async throws -> Void
    ) async throws {
        let quiet = Log(level: .error)
        let link = StoreLink(store.server.settings, scripts: Forwarder.scripts, log: quiet)
        link.start()
        defer { link.stop() }
        var configuration = configuration
        configuration.batch.maxEvents = destination.limits.events
        let lanes = (0..<2).map { _ in
            Lane(
                configuration, destination: destination,
                store: LaneStore(
                    configuration.name, connection: link.connection, keys: store.keys,
                    archiveSeconds: StoreFixture.archiveSeconds, rules: LaneRules(configuration)), link: link,
                log: quiet
            )
        }
        try await body(lanes)
        for lane in lanes { await lane.stop(within: .seconds(5)) }
    }
}

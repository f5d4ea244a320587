/// `destinations drain`: delivers what waits for an orphan, by a configuration that still has it. No forwarder serves an
/// orphan's lane, so this one lane is run here until nothing waits in it any more.
@ControlPlane
struct LaneDrain {
    /// What came of it.
    struct Result: Sendable {
        var delivered: Int
        var dead: Int
    }

    private static let interval = Duration.milliseconds(200)
    private static let stopTime = Duration.seconds(20)

    private let store: LaneStore
    private let lane: Lane
    private let link: StoreLink

    /// - Parameter destination: as the older configuration has it.
    init(_ destination: DestinationConfiguration, in configuration: Configuration) throws {
        let keys = Keys(prefix: configuration.redis.prefix)
        let log = Log(configuration.log)
        link = StoreLink(try StoreSession.settings(configuration), scripts: LaneStore.scripts, log: log)
        store = LaneStore(
            destination.name, connection: link.connection, keys: keys, archiveSeconds: configuration.archive.ttlSeconds,
            rules: LaneRules(destination))
        let context = DestinationContext(destination, client: HTTPClient(version: Version.number))
        lane = Lane(destination, destination: try DestinationCatalog.make(context), store: store, link: link, log: log)
    }

    /// Delivers until `isEmpty` says that nothing waits; ended earlier, what is left stays an orphan's.
    func run(until isEmpty: @ControlPlane () async throws -> Bool) async throws -> Result {
        link.start()
        await link.untilReady()
        lane.start()
        do {
            while try await !isEmpty() {
                _ = try await store.reap()
                await Signal().wait(atMost: Self.interval)
            }
        } catch {
            await stop()
            throw error
        }
        await stop()
        return Result(delivered: lane.counts.delivered, dead: lane.counts.dead)
    }

    private func stop() async {
        await lane.stop(within: Self.stopTime)
        link.stop()
    }
}

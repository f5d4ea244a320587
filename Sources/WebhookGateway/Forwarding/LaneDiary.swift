/// What came of a destination's last requests.
struct LaneNews: Equatable, Sendable {
    /// When it last took an event, in Unix milliseconds.
    var deliveredAt: Int64?
    /// When a request last failed, in Unix milliseconds, and of what.
    var failedAt: Int64?
    var category: FailureCategory?
    var reason = ""
}

/// Keeps in the store when each destination last took an event and what it last failed of.
///
/// Lanes note it in memory, once a request; what is new is written once a second, all destinations in one write. The last
/// second of a process that is killed is lost: these are for people, the books are the ledger's.
@ControlPlane
final class LaneDiary {
    private static let interval = Duration.seconds(1)
    /// 400 days: a destination that another process has deleted may be written of once more.
    private static let lifeSeconds: Int64 = 34_560_000

    private let link: StoreLink
    private let keys: Keys
    private let lanes: () -> [Lane]
    /// By destination, as the store has it from here.
    private var written: [String: LaneNews] = [:]
    private let loop: StoreLoop

    /// - Parameter lanes: those that there are now.
    init(link: StoreLink, keys: Keys, lanes: @escaping () -> [Lane]) {
        self.link = link
        self.keys = keys
        self.lanes = lanes
        loop = StoreLoop(link)
    }

    func start() {
        loop.start { () async throws(RedisFailure) in
            await self.write()
            return Self.interval
        }
    }

    /// Writes what is new, if the store takes it, and ends.
    func stop() async {
        await loop.stop()
        await write()
    }

    private func write() async {
        var commands: [[RedisArgument]] = []
        var news: [String: LaneNews] = [:]
        for lane in lanes() where lane.news != LaneNews() && lane.news != written[lane.name] {
            let key = keys.laneLast(lane.name)
            commands.append(["HSET", .text(key)] + Self.fields(lane.news))
            commands.append(["EXPIRE", .text(key), .integer(Self.lifeSeconds)])
            news[lane.name] = lane.news
        }
        guard !commands.isEmpty else { return }
        // What does not get through is written with the next.
        guard (try? await link.connection.pipeline(commands)) != nil else { return }
        written.merge(news) { $1 }
    }

    private static func fields(_ news: LaneNews) -> [RedisArgument] {
        var fields: [RedisArgument] = []
        if let deliveredAt = news.deliveredAt { fields += ["delivered", .integer(deliveredAt)] }
        if let failedAt = news.failedAt {
            fields += [
                "failed", .integer(failedAt), "category", .text(news.category?.rawValue ?? ""), "reason",
                .text(news.reason),
            ]
        }
        return fields
    }
}

/// Looks after lanes that are idle, all of them together: one command asks for hundreds. Those that have got events, of
/// whomever, are woken.
@ControlPlane
final class LaneWatch {
    private static let interval = Duration.milliseconds(500)
    /// Thousands of lanes are looked at less often.
    private static let intervalPerLane = Duration.microseconds(100)
    /// Lanes that one command asks for; each is up to three keys.
    private static let lanesPerCall = 200

    private let link: StoreLink
    private let keys: Keys
    private let lanes: () -> [Lane]
    private let loop: StoreLoop

    /// - Parameter lanes: all there are.
    init(link: StoreLink, keys: Keys, lanes: @escaping () -> [Lane]) {
        self.link = link
        self.keys = keys
        self.lanes = lanes
        loop = StoreLoop(link)
    }

    func start() {
        loop.start { () async throws(RedisFailure) in
            let idle = self.lanes().filter(\.isIdle)
            try await self.round(idle)
            self.link.succeeded()
            return max(Self.interval, Self.intervalPerLane * idle.count)
        }
    }

    /// Looks at once: there are lanes that it has not looked at yet.
    func look() { loop.hurry() }

    func stop() async { await loop.stop() }

    private func round(_ idle: [Lane]) async throws(RedisFailure) {
        for start in stride(from: 0, to: idle.count, by: Self.lanesPerCall) {
            guard !loop.isStopping else { return }
            let part = idle[start..<min(start + Self.lanesPerCall, idle.count)]
            let found = try await link.connection.command(["EXISTS"] + part.flatMap { places(of: $0.name) }).integer
            guard found ?? 0 > 0 else { continue }
            let counts = try await link.connection.pipeline(part.map { ["EXISTS"] + places(of: $0.name) })
            for (lane, count) in zip(part, counts) where count.integer ?? 0 > 0 { lane.wake() }
        }
    }

    /// Where events of a lane wait for it.
    private func places(of name: String) -> [RedisArgument] {
        [.text(keys.lane(name)), .text(keys.laneDelayed(name)), .text(keys.laneParked(name))]
    }
}

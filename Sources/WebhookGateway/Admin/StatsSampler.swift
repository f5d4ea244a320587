/// Takes the minute counters' sample, shortly after each full minute.
@ControlPlane
final class StatsSampler {
    private static let delay: Int64 = 1000
    /// How often it looks whether the store is there, at the start.
    private static let look = Duration.milliseconds(200)

    private let services: AdminServices
    private var told: [String: UInt64] = [:]
    private var task: Task<Void, Never>?

    init(_ services: AdminServices) { self.services = services }

    func start() {
        task = Task { [weak self] in
            await self?.begin()
            while !Task.isCancelled {
                let now = Clock.unixMilliseconds()
                let next = (now / 60_000 + 1) * 60_000 + Self.delay
                try? await Task.sleep(for: .milliseconds(next - now))
                guard !Task.isCancelled, let self else { return }
                await self.sample()
            }
        }
    }

    func stop() { task?.cancel() }

    private func begin() async {
        while !services.connection.isReady {
            guard !Task.isCancelled else { return }
            try? await Task.sleep(for: Self.look)
        }
        // Without it one minute is missing in the charts.
        try? await services.stats.begin(now: Clock.unixMilliseconds())
    }

    private func sample() async {
        var refused: [String: Int] = [:]
        for (field, count) in await services.gateway?.refusals() ?? [:] {
            let growth = count - min(count, told[field] ?? 0)
            if growth > 0 { refused[field] = Int(growth) }
            told[field] = count
        }
        do throws(RedisFailure) {
            try await services.stats.sample(now: Clock.unixMilliseconds(), refused: refused)
        } catch {
            services.log.warning("a minute's counters are missing in the charts", ["reason": .text("\(error)")])
        }
    }
}

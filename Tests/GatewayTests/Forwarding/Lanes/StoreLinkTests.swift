import Testing

@testable import WebhookGateway

@ControlPlane
struct StoreLinkTests {
    /// What a loop of the forwarder looks at between its turns.
    @ControlPlane
    private final class Loop {
        var isStopping = false
        private(set) var turns = 0

        func run(on link: StoreLink) async {
            while !isStopping {
                await link.untilReady()
                turns += 1
                await link.recover(from: .unavailable("there is no Redis"))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a loop that has not heard of the end lets others run while the link drains`() async {
        let settings = RedisSettings(place: .unix(path: "/nonexistent/redis.sock"))
        let link = StoreLink(settings, scripts: [], log: Log(level: .error))
        link.start()
        let loop = Loop()
        let running = Task { @ControlPlane in await loop.run(on: link) }
        // The waiter goes on before whoever stops it has his turn.
        link.drain()
        let stopping = Task { @ControlPlane in loop.isStopping = true }
        await stopping.value
        await running.value
        #expect(loop.turns > 0)
        link.stop()
    }
}
